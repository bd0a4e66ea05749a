"""What became of the sessions on the rigs: kept as the rigs tell it, so that it is there while they are off."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable

from cagelab_bridge.errors import BridgeError
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.journal.mirror import Reflection
from cagelab_bridge.ports import Runtime
from cagelab_bridge.ports.rigs import Kind, Told
from cagelab_bridge.services.lab_time import LabTime

PAUSE = 1.0  # seconds between two writings: an upload tells of itself many times a second
KEPT = 5000  # sessions, and transfers, of each rig
TRIM_AFTER = 1000  # things told by a rig
MOST_PENDING = 2000  # of all rigs
LONGEST_ID = 100  # characters; a UUID has 36
LONGEST_MESSAGE = 256 * 1024  # characters; a session with all it may hold has some thousand
Listener = Callable[[Reflection], None]
log = logging.getLogger(__name__)


class Mirror:
    """Keeps the newest word of each rig about each of its sessions and transfers; writes it down a moment later."""

    def __init__(self, journal: Journal, runtime: Runtime, clock: LabTime) -> None:
        self._journal = journal
        self._runtime = runtime
        self._clock = clock
        self._pending: dict[tuple[str, str, str], Reflection] = {}
        self._news = asyncio.Event()
        self._told: Counter[str] = Counter()  # by rig, since what it told was trimmed
        self._listeners: list[Listener] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Write until stopped."""
        self._task = asyncio.ensure_future(self._write())

    async def stop(self) -> None:
        """Write what is pending, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        with contextlib.suppress(BridgeError):
            self.flush()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each thing a rig tells. Returns the function that stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def note(self, peer: str, told: Told) -> None:
        """A rig (its fingerprint) told of something. What is no sensible message of it is dropped."""
        if not told.id or len(told.id) > LONGEST_ID or len(told.message) > LONGEST_MESSAGE:
            log.debug("a rig told of a %s that cannot be one", told.kind)  # as often as it likes: no line for each
            return
        seen = Reflection(peer=peer, kind=told.kind, id=told.id, message=told.message, seen_at=self._clock.stamp())
        self._pending[peer, told.kind, told.id] = seen
        self._told[peer] += 1
        self._news.set()
        if len(self._pending) > MOST_PENDING:
            self._written()
        for listener in list(self._listeners):
            listener(seen)

    def flush(self) -> None:
        """Write what is pending, now. Raises JournalTrouble; it stays pending then."""
        if self._pending:
            self._journal.mirror.put(self._pending.values())
            self._pending.clear()

    def trim(self, peer: str) -> None:
        """Forget what is oldest of a rig that told of very much."""
        self.flush()
        del self._told[peer]
        for kind in Kind:
            self._journal.mirror.trim(peer, kind, KEPT)

    def tellers(self, session_id: str) -> list[str]:
        """The rigs (fingerprints) that told of that session, the first one first."""
        known = self._journal.mirror.tellers(Kind.SESSION, session_id)
        pending = [peer for peer, kind, identity in self._pending if (kind, identity) == (Kind.SESSION, session_id)]
        return list(dict.fromkeys((*known, *pending)))

    async def _write(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            self._written()
            await self._runtime.sleep(PAUSE)

    def _written(self) -> None:
        try:
            self.flush()
            for peer in [peer for peer, count in self._told.items() if count >= TRIM_AFTER]:
                self.trim(peer)
        except BridgeError as error:  # the journal cannot be written: tried again with the next news
            log.error("what the rigs tell waits to be written: %s", error)  # noqa: TRY400  # the sentence says it all
            if len(self._pending) > MOST_PENDING:
                self._pending.clear()  # the rigs have it, and tell it again when they connect
