"""The `rig` filter of sessions and transfers: on a control PC, what its rigs told of theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, status_pb2, transfer_pb2
from cagelab_bridge.api import rig_messages
from cagelab_bridge.api.dispatch import Caller, Handler, StreamHandler, UnaryHandler
from cagelab_bridge.api.fields import limit_from
from cagelab_bridge.api.house import House, rigs_of
from cagelab_bridge.api.rig_watching import RigWatching
from cagelab_bridge.errors import NotFound, PeerTrouble
from cagelab_bridge.models import Peer
from cagelab_bridge.ports.rigs import FilesWanted, Kind
from cagelab_bridge.services.lab_time import checked_day

SERVICE = "/cagelab.bridge.v1.Bridge/"
ALL = "*"  # of all rigs, and of this computer


class MirroredHandlers:
    """Answers ListSessions, ListTransfers, GetSession, GetTransfer and Watch for rigs; asks those of this computer for
    everything else."""

    def __init__(self, house: House, here: Mapping[str, Handler]) -> None:
        """`here`: the handlers of this computer's own."""
        self._house = house
        self._here = here

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        return {
            SERVICE + "ListSessions": self.list_sessions,
            SERVICE + "GetSession": self.get_session,
            SERVICE + "ListTransfers": self.list_transfers,
            SERVICE + "GetTransfer": self.get_transfer,
            SERVICE + "Watch": self.watch,
        }

    async def list_sessions(
        self, request: session_pb2.ListSessionsRequest, caller: Caller
    ) -> session_pb2.ListSessionsResponse:
        """Newest first."""
        if not request.rig:
            return cast("session_pb2.ListSessionsResponse", await self._own("ListSessions", request, caller))
        limit, mirror = limit_from(request.limit), rigs_of(self._house).mirror
        mirror.flush()
        found: list[session_pb2.Session] = []
        for peer in self._peers(request.rig):
            reflections = self._house.journal.mirror.sessions(
                peer.fingerprint,
                subject=request.subject,
                first_date=checked_day(request.first_date) if request.first_date else "",
                last_date=checked_day(request.last_date) if request.last_date else "",
                only_unfinished=request.only_unfinished,
                limit=limit,
            )
            found += [rig_messages.session_from(told, peer.name) for told in reflections]
        if request.rig == ALL:
            request.rig = ""
            found += (await self._own("ListSessions", request, caller)).sessions
        found.sort(key=lambda session: (session.date, session.start_time), reverse=True)
        return session_pb2.ListSessionsResponse(sessions=found[:limit])

    async def get_session(
        self, request: session_pb2.GetSessionRequest, caller: Caller
    ) -> session_pb2.GetSessionResponse:
        """One session."""
        if not request.rig:
            return cast("session_pb2.GetSessionResponse", await self._own("GetSession", request, caller))
        rigs_of(self._house).mirror.flush()
        for peer in self._peers(request.rig):
            told = self._house.journal.mirror.get(peer.fingerprint, Kind.SESSION, request.session_id)
            if told is not None:
                return session_pb2.GetSessionResponse(session=rig_messages.session_from(told, peer.name))
        if request.rig != ALL:
            raise NotFound(f"{request.rig} told of no session {request.session_id}.", about="session")
        request.rig = ""
        return cast("session_pb2.GetSessionResponse", await self._own("GetSession", request, caller))

    async def list_transfers(
        self, request: transfer_pb2.ListTransfersRequest, caller: Caller
    ) -> transfer_pb2.ListTransfersResponse:
        """Newest first, without files."""
        if not request.rig:
            return cast("transfer_pb2.ListTransfersResponse", await self._own("ListTransfers", request, caller))
        limit, mirror = limit_from(request.limit), rigs_of(self._house).mirror
        mirror.flush()
        found: list[transfer_pb2.Transfer] = []
        for peer in self._peers(request.rig):
            reflections = self._house.journal.mirror.transfers(
                peer.fingerprint,
                session_id=request.session_id,
                only_unfinished=request.only_unfinished,
                limit=limit,
            )
            found += [rig_messages.transfer_from(told.message, peer.name, told.seen_at) for told in reflections]
        if request.rig == ALL:
            request.rig = ""
            found += (await self._own("ListTransfers", request, caller)).transfers
        found.sort(key=lambda transfer: transfer.accepted_at, reverse=True)
        return transfer_pb2.ListTransfersResponse(transfers=found[:limit])

    async def get_transfer(
        self, request: transfer_pb2.GetTransferRequest, caller: Caller
    ) -> transfer_pb2.GetTransferResponse:
        """With its files while the rig is there; as last told while it is away."""
        if not request.rig:
            return cast("transfer_pb2.GetTransferResponse", await self._own("GetTransfer", request, caller))
        rigs_of(self._house).mirror.flush()
        for peer in self._peers(request.rig):
            told = self._house.journal.mirror.get(peer.fingerprint, Kind.TRANSFER, request.transfer_id)
            if told is not None:
                return await self._transfer(request, peer, told.message, told.seen_at)
        if request.rig != ALL:
            raise NotFound(f"{request.rig} told of no transfer {request.transfer_id}.", about="transfer")
        request.rig = ""
        return cast("transfer_pb2.GetTransferResponse", await self._own("GetTransfer", request, caller))

    async def _transfer(
        self, request: transfer_pb2.GetTransferRequest, peer: Peer, text: str, seen_at: str
    ) -> transfer_pb2.GetTransferResponse:
        wanted = FilesWanted(
            only_blocked=request.only_blocked,
            summary_only=request.summary_only,
            page_size=request.page_size,
            page_token=request.page_token,
        )
        token = ""
        try:
            text, token = await rigs_of(self._house).transfer(peer.name, request.transfer_id, wanted)
            seen_at = self._house.clock.stamp()
        except PeerTrouble:
            if request.page_token:
                raise
        message = rig_messages.transfer_from(text, peer.name, seen_at)
        return transfer_pb2.GetTransferResponse(transfer=message, next_page_token=token)

    def watch(self, request: status_pb2.WatchRequest, caller: Caller) -> AsyncIterator[status_pb2.WatchResponse]:
        """Everything unfinished, then each change."""
        own = cast("StreamHandler", self._here[SERVICE + "Watch"])
        if not request.rig:
            return cast("AsyncIterator[status_pb2.WatchResponse]", own(request, caller))
        peers = self._peers(request.rig)
        here = None
        if request.rig == ALL and not request.session_id:
            here = cast("AsyncIterator[status_pb2.WatchResponse]", own(status_pb2.WatchRequest(), caller))
        return RigWatching(self._house, rigs_of(self._house), peers, request.session_id, here).messages()

    def _peers(self, rig: str) -> list[Peer]:
        """The rigs that are meant. Raises PeerUnknown, WrongState."""
        rigs = rigs_of(self._house)
        return [view.peer for view in rigs.views()] if rig == ALL else [rigs.view(rig).peer]

    async def _own(self, method: str, request: Any, caller: Caller) -> Any:
        return await cast("UnaryHandler", self._here[SERVICE + method])(request, caller)
