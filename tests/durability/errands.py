"""A simulated client that makes the calls the random schedules leave out."""

from __future__ import annotations

from cagelab_bridge.api.house import House
from cagelab_bridge.models import FileState, Run
from cagelab_bridge.services.sessions.sessions import EndOrder, StartOrder
from cagelab_bridge.services.transfers import UploadOrder
from tests.durability.lives import ADMIN, Tale
from tests.simulation.world import Untrue

WEIGHT = 20.125
GOOD, BAD = "events.table.1.tsv", "nothing.known.1.xyz"  # Alyx has no dataset type for the second


class Errands(Tale):
    """Reserve, start there, upload, retry, dismiss, cancel, submit, end."""

    async def live(self) -> None:
        """All of it, in one life of the bridge."""
        house = await self.enter()
        session_id = await self._begin(house)
        transfer = house.transfers.upload("up", session_id, UploadOrder())
        await self.until(lambda: self._blocked(house, transfer.id))
        house.transfers.retry(transfer.id)
        await self.until(lambda: self._blocked(house, transfer.id))
        house.transfers.dismiss(house.journal.files.page(transfer.id)[-1].id, "of no use")
        again = house.transfers.upload("again", session_id, UploadOrder(paths=(BAD,)))
        if not again.cancelled:
            house.transfers.cancel(again.id, "by mistake")
        weighing = await house.queries.create(
            ADMIN, "weighing", "weighings", f'{{"subject": "TestSubject", "weight": {WEIGHT}}}'
        )
        house.sessions.end(EndOrder(request_id="end", session_id=session_id))
        await self.until(lambda: house.journal.sessions.get(session_id).completed)
        await self.until(lambda: house.journal.submissions.get(weighing.id).delivered)

    async def _begin(self, house: House) -> str:
        reserved = await house.sessions.reserve("reserve", subject="TestSubject", lab="", date="", root="")
        session = await house.sessions.start(StartOrder(request_id="start", spec=reserved.spec, session_id=reserved.id))
        if session.run is Run.OPEN:
            for name in (GOOD, BAD):
                self.write(f"{session.folder}/{name}")
        return session.id

    @staticmethod
    def _blocked(house: House, transfer_id: str) -> bool:
        states = [(file.state, file.trouble.blocked) for file in house.journal.files.page(transfer_id)]
        ends = (
            [(FileState.DONE, False), (FileState.HASHED, True)],
            [(FileState.DONE, False), (FileState.DISMISSED, False)],
        )
        return states in ends

    def require(self) -> None:
        """Everything is there once."""
        state = self.world.core.state
        weighings = [row for row in state.rows("weighing") if row["weight"] == WEIGHT]
        sessions = list(state.rows("session"))
        if (len(sessions), len(weighings), self.datasets()) != (1, 1, [(GOOD, "PASS")]):
            raise Untrue(f"{len(sessions)} sessions, {len(weighings)} weighings, {self.datasets()}")
