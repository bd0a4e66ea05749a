"""Keeps `session.json` in each session's folder true, behind everything else."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator, Callable

from cagelab_bridge.errors import BridgeError, FileVanished, Finding, Gravity, InternalError, JournalTrouble, WrongState
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import File, Session
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.records import second_record

MOMENT = 0.01  # seconds after a change in which nothing is read: the answer of the call that made it goes first
SHORTEST = 1.0  # seconds between two writings of a session's record
FILES_PER_SECOND = 333  # so that 10,000 files are written every 30 s, and 100,000 (87 MB) every five minutes
AGAIN = 30.0  # seconds until a record that could not be written is tried again
PAGE = 100  # files read from the journal between two turns of the event loop: 2 ms
LATEST = 50  # sessions looked at when the bridge starts: the last changes of a killed one may not be in their records
FLUSH_PATIENCE = 1.5  # seconds for what is pending when the bridge stops
log = logging.getLogger(__name__)


class RecordKeeper:
    """Hears of each commit and writes the records of the sessions it touched, one after the other.

    A disk that is full or read-only there never disturbs delivery: it is told once, and tried again.
    """

    def __init__(self, journal: Journal, runtime: Runtime, *, version: str, host: str) -> None:
        self._journal = journal
        self._runtime = runtime
        self._version = version
        self._host = host
        self._changed: dict[tuple[str, str], None] = {}
        self._due: dict[str, float] = {}
        self._written: dict[str, float] = {}
        self._sizes: dict[str, int] = {}
        self._digests: dict[str, bytes] = {}
        self._troubles: dict[str, BridgeError] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._unlisten: Callable[[], None] = lambda: None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen, and bring what may be behind up to date."""
        self._stopping = False
        self._unlisten = self._journal.listen(self._heard)
        for session in (*self._journal.sessions.due(), *self._journal.sessions.recent(limit=LATEST)):
            self._heard("session", session.id)
        self._task = asyncio.ensure_future(self._keep())

    async def stop(self) -> None:
        """Write what is pending, and end; the next start writes what a slow disk did not take in time."""
        task, self._task = self._task, None
        if task is None:
            return
        self._unlisten()
        self._stopping = True
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            await self._runtime.wait_for(task, FLUSH_PATIENCE)

    def notices(self) -> list[Finding]:
        """What the operator should know: how many records cannot be written, and why."""
        if not self._troubles:
            return []
        trouble = next(iter(self._troubles.values()))
        return [
            Finding(
                gravity=Gravity.WARNING,
                field="second_record",
                value=str(len(self._troubles)),
                message=f"The second record of {len(self._troubles)} session(s) cannot be written: {trouble.message}",
                hint=f"{trouble.hint} Delivery goes on meanwhile.",
            )
        ]

    def _heard(self, kind: str, identity: str) -> None:
        if kind in ("session", "transfer"):
            self._changed[kind, identity] = None
            self._wake.set()

    async def _keep(self) -> None:
        """Until told to stop: wait for the next record that is due, and write it."""
        while True:
            self._wake.clear()
            self._plan()
            now = self._runtime.monotonic()
            session_id = min(self._due, key=self._due.__getitem__, default="")
            if session_id and (self._stopping or self._due[session_id] <= now):
                del self._due[session_id]
                await self._attempt(session_id)
            elif self._stopping:
                return
            else:
                await self._nap(self._due[session_id] - now if session_id else None)
                await self._runtime.sleep(MOMENT)

    async def _nap(self, seconds: float | None) -> None:
        """Until something changes, at most so long."""
        if seconds is None:
            await self._wake.wait()
            return
        with contextlib.suppress(TimeoutError):
            await self._runtime.wait_for(self._wake.wait(), seconds)

    def _plan(self) -> None:
        """When the records of what changed are to be written."""
        changed, self._changed = self._changed, {}
        for kind, identity in changed:
            try:
                session_id = identity if kind == "session" else self._journal.transfers.get(identity).session_id
                if self._journal.backfills.has(session_id):
                    continue  # the folder of an old session is never written to
            except JournalTrouble:
                self._changed[kind, identity] = None  # looked up at the next change
                continue
            # Changes of the session itself are few, and its end is among them: they do not wait for its files.
            pause = SHORTEST if kind == "session" else self._pause(session_id)
            due = self._written.get(session_id, float("-inf")) + pause
            if session_id in self._troubles:
                due = self._written[session_id] + AGAIN
            self._due[session_id] = min(due, self._due.get(session_id, due))

    def _pause(self, session_id: str) -> float:
        return max(SHORTEST, self._sizes.get(session_id, 0) / FILES_PER_SECOND)

    async def _attempt(self, session_id: str) -> None:
        """Write one record; a mistake is noted, told once, and tried again."""
        try:
            session = await self._write(session_id)
        except FileVanished as error:
            # Its folder was moved away, as finished sessions are: there is nowhere to write to.
            log.debug("session %s: %s", session_id, error)
            self._forget(session_id)
        except BridgeError as error:
            self._failed(session_id, error)
        except Exception as problem:  # a mistake of ours here must not end the keeping of the others
            log.exception("the second record of session %s", session_id)
            self._failed(session_id, InternalError(f"The bridge made a mistake ({type(problem).__name__})."))
        else:
            if self._troubles.pop(session_id, None):
                log.info("the second record of session %s is written again", session_id)
            self._written[session_id] = self._runtime.monotonic()
            if session.completed:
                self._forget(session_id)

    def _failed(self, session_id: str, error: BridgeError) -> None:
        before = self._troubles.get(session_id)
        if before is None or before.message != error.message:
            log.warning("the second record of session %s waits: %s", session_id, error)
        self._troubles[session_id] = error
        now = self._runtime.monotonic()
        self._written[session_id] = now
        if not self._stopping:
            self._due[session_id] = now + AGAIN

    def _forget(self, session_id: str) -> None:
        """A session that rests needs no memory; its next change is written at once."""
        for memory in (self._written, self._sizes, self._digests, self._troubles):
            memory.pop(session_id, None)

    async def _write(self, session_id: str) -> Session:
        session = self._journal.sessions.get(session_id)
        transfers = self._journal.transfers.of_session(session_id)
        printer = second_record.Printer(session, bridge_version=self._version, host=self._host)
        data, count = bytearray(printer.begin()), 0
        # Read after their transfers: a transfer that says it was listed has all its files here.
        for transfer in transfers:
            data += printer.transfer(transfer)
            async for page in self._pages(transfer.id):
                data += await self._runtime.in_calm_thread(printer.files, page)
                count += len(page)
        data += printer.end()
        self._sizes[session_id] = count
        written = self._digests.get(session_id)
        self._digests[session_id] = await self._runtime.in_calm_thread(self._put, session, data, written)
        return session

    async def _pages(self, transfer_id: str) -> AsyncIterator[list[File]]:
        """The files of a transfer, a few at a time."""
        after = ""
        while page := self._journal.files.page(transfer_id, after=after, limit=PAGE):
            yield page
            if len(page) < PAGE:
                return
            after = page[-1].relative_path

    def _put(self, session: Session, data: bytearray, written: bytes | None) -> bytes:
        """Write the record, unless it is what was written last; its digest. Runs in a thread."""
        files = self._runtime.files
        digest = hashlib.sha256(data).digest()
        if digest == written:
            return digest
        path = f"{session.folder}/{second_record.NAME}"
        stat = files.stat(path)
        if stat is not None:
            if written is None and stat.size == len(data) and files.read(path, 0, stat.size) == data:
                return digest  # a start finds most records as they should be
            head = files.read(path, 0, second_record.HEAD)
            if second_record.owner(head) != session.id:
                whose = "the record of another session" if second_record.is_ours(head) else "not written by the bridge"
                raise WrongState(
                    f"{path} is {whose}, and is left alone.",
                    about="record",
                    hint="Rename that file, or recover that session (`cagelab-bridge recover`).",
                )
        files.write_atomic(path, data)
        return digest
