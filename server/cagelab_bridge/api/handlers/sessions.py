"""Sessions, from the folder to the end."""

from __future__ import annotations

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from cagelab_bridge.api import answers, convert
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.fields import limit_from
from cagelab_bridge.api.house import House
from cagelab_bridge.api.owners import owner_of, paths_of, refuse_place, request_id_of
from cagelab_bridge.services.lab_time import checked_day
from cagelab_bridge.services.sessions.amendments import AmendOrder
from cagelab_bridge.services.sessions.sessions import EndOrder, StartOrder
from cagelab_bridge.services.transfers import UploadOrder

SERVICE = "/cagelab.bridge.v1.Bridge/"


class SessionHandlers:
    """ReserveFolder, StartSession, EndSession, AmendSession, GetSession, ListSessions."""

    def __init__(self, house: House) -> None:
        self._house = house

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        return {
            SERVICE + "ReserveFolder": self.reserve_folder,
            SERVICE + "StartSession": self.start_session,
            SERVICE + "EndSession": self.end_session,
            SERVICE + "AmendSession": self.amend_session,
            SERVICE + "GetSession": self.get_session,
            SERVICE + "ListSessions": self.list_sessions,
        }

    async def reserve_folder(
        self, request: session_pb2.ReserveFolderRequest, caller: Caller
    ) -> session_pb2.ReserveFolderResponse:
        """A number and its folder."""
        refuse_place(caller, request.root)
        session = await self._house.sessions.reserve(
            request_id_of(caller, request.request_id),
            subject=request.subject,
            lab=request.lab,
            date=request.date,
            root=request.root,
            owner=owner_of(caller),
        )
        return session_pb2.ReserveFolderResponse(
            session_id=session.id,
            folder=session.folder,
            date=session.date,
            number=session.number,
            lab=session.spec.lab,
            warnings=session.warnings,
        )

    async def start_session(
        self, request: session_pb2.StartSessionRequest, caller: Caller
    ) -> session_pb2.StartSessionResponse:
        """Committed before it is answered. The process of a program on another computer cannot be watched: its
        heartbeat is."""
        refuse_place(caller, request.folder)
        owner = owner_of(caller)
        session = await self._house.sessions.start(
            StartOrder(
                request_id=request_id_of(caller, request.request_id),
                spec=convert.spec_from(request.spec),
                session_id=request.session_id,
                folder=request.folder,
                account=request.account,
                alyx_url=request.alyx_url,
                client_pid=0 if owner else request.client_pid,
                owner=owner,
                start_time=request.start_time,
                alyx_id=request.alyx_id,
            )
        )
        return session_pb2.StartSessionResponse(session=answers.session(self._house.journal, session))

    async def end_session(
        self, request: session_pb2.EndSessionRequest, caller: Caller
    ) -> session_pb2.EndSessionResponse:
        """Committed before it is answered; Alyx hears of it behind."""
        wanted = request.upload_folder or request.upload_paths
        paths = () if request.upload_folder else paths_of(caller, request.upload_paths)
        session, transfer_id = self._house.sessions.end(
            EndOrder(
                request_id=request_id_of(caller, request.request_id),
                session_id=request.session_id,
                qc=request.qc,
                narrative=request.narrative,
                n_trials=request.n_trials if request.HasField("n_trials") else None,
                n_correct_trials=request.n_correct_trials if request.HasField("n_correct_trials") else None,
                json=request.json,
                end_time=request.end_time,
                upload=UploadOrder(paths=paths, repository=request.repository) if wanted else None,
                owner=owner_of(caller),
            )
        )
        return session_pb2.EndSessionResponse(
            session=answers.session(self._house.journal, session), transfer_id=transfer_id
        )

    async def amend_session(
        self, request: session_pb2.AmendSessionRequest, caller: Caller
    ) -> session_pb2.AmendSessionResponse:
        """Committed before it is answered; Alyx hears of it behind."""
        session = await self._house.amendments.amend(
            AmendOrder(
                request_id=request_id_of(caller, request.request_id),
                session_id=request.session_id,
                subject=request.subject,
                projects=tuple(request.projects),
                experimenters=tuple(request.experimenters),
                reason=request.reason,
            )
        )
        return session_pb2.AmendSessionResponse(session=answers.session(self._house.journal, session))

    async def get_session(
        self, request: session_pb2.GetSessionRequest, caller: Caller
    ) -> session_pb2.GetSessionResponse:
        """One session; a remote program says with it that it is alive."""
        look = self._house.abandonment.heartbeat if request.heartbeat else self._house.journal.sessions.get
        session = look(request.session_id, owner_of(caller))
        return session_pb2.GetSessionResponse(session=answers.session(self._house.journal, session))

    async def list_sessions(
        self, request: session_pb2.ListSessionsRequest, caller: Caller
    ) -> session_pb2.ListSessionsResponse:
        """Newest first."""
        found = self._house.journal.sessions.recent(
            subject=request.subject,
            first_date=checked_day(request.first_date) if request.first_date else "",
            last_date=checked_day(request.last_date) if request.last_date else "",
            only_unfinished=request.only_unfinished,
            limit=limit_from(request.limit),
            owner=owner_of(caller),
        )
        return session_pb2.ListSessionsResponse(
            sessions=[answers.session(self._house.journal, session) for session in found]
        )
