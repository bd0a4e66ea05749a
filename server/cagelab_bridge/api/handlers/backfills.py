"""Sessions that were recorded before there was a bridge."""

from __future__ import annotations

from cagelab_bridge._gen.cagelab.bridge.v1 import backfills_pb2
from cagelab_bridge.api import answers, convert
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.house import House
from cagelab_bridge.services.backfill.order import BackfillOrder, Outcome, Told

SERVICE = "/cagelab.bridge.v1.Backfills/"


class BackfillHandlers:
    """BackfillSession."""

    def __init__(self, house: House) -> None:
        self._house = house

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        return {SERVICE + "BackfillSession": self.backfill_session}

    async def backfill_session(
        self, request: backfills_pb2.BackfillSessionRequest, _: Caller
    ) -> backfills_pb2.BackfillSessionResponse:
        """Committed before it is answered; delivery follows."""
        told = await self._house.backfills.take(
            BackfillOrder(
                folder=request.folder,
                spec=convert.spec_from(request.spec),
                start_time=request.start_time,
                end_time=request.end_time,
                n_trials=request.n_trials if request.HasField("n_trials") else None,
                n_correct_trials=request.n_correct_trials if request.HasField("n_correct_trials") else None,
                repository=request.repository,
                check_only=request.check_only,
                account=request.account,
                alyx_url=request.alyx_url,
            )
        )
        return self._answer(told, in_journal=not (request.check_only and told.outcome is Outcome.ACCEPTED))

    def _answer(self, told: Told, *, in_journal: bool) -> backfills_pb2.BackfillSessionResponse:
        session = None
        if told.session is not None:
            known = in_journal and answers.session(self._house.journal, told.session)
            session = known or convert.session_message(told.session, [])
        return backfills_pb2.BackfillSessionResponse(
            outcome=f"BACKFILL_OUTCOME_{told.outcome}",
            session=session,
            existing=told.existing,
            added=told.added,
        )
