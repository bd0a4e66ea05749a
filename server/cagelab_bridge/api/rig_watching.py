"""Watch, for rigs: how they stand, what is unfinished on them, then each change."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2
from cagelab_bridge.api import rig_messages
from cagelab_bridge.api.house import House
from cagelab_bridge.journal.mirror import Reflection
from cagelab_bridge.models import Peer
from cagelab_bridge.ports.rigs import Kind
from cagelab_bridge.services.rigs.rigs import Rigs

UNFINISHED = 1000  # of each kind and rig, to begin with
RIG = "rig"
Key = tuple[str, str, str]  # fingerprint, kind, id


class RigWatching:
    """Turns what rigs tell into messages. A slow reader gets the newest state of each thing, never a backlog."""

    def __init__(
        self,
        house: House,
        rigs: Rigs,
        peers: Sequence[Peer],
        session_id: str,
        here: AsyncIterator[status_pb2.WatchResponse] | None,
    ) -> None:
        """`session_id`: "" for all; `here`: what happens on this computer, where that is wanted too."""
        self._house = house
        self._rigs = rigs
        self._peers = {peer.fingerprint: peer for peer in peers}
        self._session_id = session_id
        self._here = here
        self._changed: dict[Key, Reflection | None] = {}
        self._news = asyncio.Event()

    async def messages(self) -> AsyncIterator[status_pb2.WatchResponse]:
        """Endless; ends when the reader goes away."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._rigs.mirror.listen(self._told))
            stack.callback(self._rigs.listen(self._moved))
            self._begin()
            own = self._next_here()
            try:
                while True:
                    for key in list(self._changed):
                        message = self._message(key, self._changed.pop(key))
                        if message is not None:
                            yield message
                    if own is not None and own.done():
                        yield own.result()
                        own = self._next_here()
                    self._news.clear()
                    if not self._changed:
                        await self._wait(own)
            finally:
                if own is not None:
                    own.cancel()
                    await asyncio.gather(own, return_exceptions=True)

    def _next_here(self) -> asyncio.Future[status_pb2.WatchResponse] | None:
        return None if self._here is None else asyncio.ensure_future(anext(self._here))

    async def _wait(self, own: asyncio.Future[status_pb2.WatchResponse] | None) -> None:
        """For news of the rigs, or of this computer."""
        news = asyncio.ensure_future(self._news.wait())
        try:
            waiting: list[asyncio.Future[Any]] = [news] if own is None else [news, own]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()

    def _begin(self) -> None:
        self._rigs.mirror.flush()
        table = self._house.journal.mirror
        for fingerprint in self._peers:
            self._moved(fingerprint)
            sessions = table.sessions(fingerprint, only_unfinished=not self._session_id, limit=UNFINISHED)
            transfers = table.transfers(
                fingerprint, session_id=self._session_id, only_unfinished=not self._session_id, limit=UNFINISHED
            )
            for told in (*reversed(sessions), *reversed(transfers)):
                self._told(told)

    def _told(self, told: Reflection) -> None:
        if told.peer in self._peers:
            self._changed[told.peer, told.kind, told.id] = told
            self._news.set()

    def _moved(self, fingerprint: str) -> None:
        if fingerprint in self._peers and not self._session_id:
            self._changed[fingerprint, RIG, ""] = None
            self._news.set()

    def _message(self, key: Key, told: Reflection | None) -> status_pb2.WatchResponse | None:
        fingerprint, kind, identity = key
        if told is None:
            view = self._rigs.seen(fingerprint)
            return status_pb2.WatchResponse(rig=rig_messages.rig_message(view, self._house.clock)) if view else None
        name = self._peers[fingerprint].name
        if kind == Kind.SESSION:
            wanted = self._session_id in ("", identity)
            return status_pb2.WatchResponse(session=rig_messages.session_from(told, name)) if wanted else None
        transfer = rig_messages.transfer_from(told.message, name, told.seen_at)
        wanted = self._session_id in ("", transfer.session_id)
        return status_pb2.WatchResponse(transfer=transfer) if wanted else None
