"""Watch: everything unfinished, then each change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2
from cagelab_bridge.api import answers
from cagelab_bridge.api.convert import session_message
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Session

UNFINISHED = 1000  # of each kind, to begin with


class Watching:
    """Turns the journal's changes into messages. A slow reader gets the newest state of each thing, never a backlog."""

    def __init__(self, journal: Journal, session_id: str, owner: str = "") -> None:
        """`owner`: certificate of the paired program that watches its own sessions; "": all are shown."""
        self._journal = journal
        self._session_id = session_id
        self._owner = owner
        self._changed: dict[tuple[str, str], None] = {}
        self._news = asyncio.Event()

    async def messages(self) -> AsyncIterator[status_pb2.WatchResponse]:
        """Endless; ends when the reader goes away. Raises NotFound for an unknown session."""
        if self._session_id:
            self._journal.sessions.get(self._session_id, self._owner)
        stop = self._journal.listen(self._note)
        try:
            self._begin()
            while True:
                for kind, identity in list(self._changed):
                    del self._changed[kind, identity]
                    message = self._message(kind, identity)
                    if message is not None:
                        yield message
                self._news.clear()
                if not self._changed:
                    await self._news.wait()
        finally:
            stop()

    def _begin(self) -> None:
        if self._session_id:
            self._note("session", self._session_id)
        else:
            for session in reversed(self._unfinished()):
                self._note("session", session.id)
        found = self._journal.transfers.recent(
            session_id=self._session_id,
            only_unfinished=not self._session_id,
            limit=UNFINISHED,
            owner=self._owner,
        )
        if not self._session_id and not self._owner:
            found += self._journal.downloads.recent(only_unfinished=True, limit=UNFINISHED)
        for transfer in reversed(found):
            self._note("transfer", transfer.id)

    def _unfinished(self) -> list[Session]:
        return self._journal.sessions.recent(only_unfinished=True, limit=UNFINISHED, owner=self._owner)

    def _may_see(self, session: Session) -> bool:
        return self._owner in ("", session.owner)

    def _note(self, kind: str, identity: str) -> None:
        if kind in ("session", "transfer"):
            self._changed[kind, identity] = None
            self._news.set()

    def _message(self, kind: str, identity: str) -> status_pb2.WatchResponse | None:
        if kind == "session":
            if self._session_id not in ("", identity):
                return None
            session = self._journal.sessions.get(identity)
            if not self._may_see(session):
                return None
            ids = [transfer.id for transfer in self._journal.transfers.of_session(identity)]
            return status_pb2.WatchResponse(session=session_message(session, ids))
        transfer = self._journal.downloads.find(identity) or self._journal.transfers.get(identity)
        if self._session_id not in ("", transfer.session_id):
            return None
        if self._owner and not (transfer.session_id and self._may_see(self._journal.sessions.get(transfer.session_id))):
            return None
        return status_pb2.WatchResponse(transfer=answers.transfer(self._journal, transfer))
