"""Ending the sessions that nobody ends: their program died, began another one, or fell silent."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable
from dataclasses import dataclass

from cagelab_bridge.errors import BridgeError
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Run, Session, Transfer
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.sessions.spare_copy import SpareCopy
from cagelab_bridge.services.transfers import Transfers, UploadOrder

LOOK = 5.0  # seconds between looks, while a session is watched
GRACE = 4.0  # seconds a process must be gone: an EndSession it sent last may still be on its way
SILENCE = 600.0  # seconds without a heartbeat
PAUSE = 60.0  # a longer pause between two looks: this computer slept, and so did what wanted to be heard
NOTED = 60.0  # seconds between two heartbeats that are written down
START_PATIENCE = 0.5  # seconds StartSession waits for the session that was left; the next look does what is left
ANOTHER = "the program started another session without ending this one."
UNWATCHED = "Process {pid} is not to be seen on this computer: if the program goes away, the bridge cannot notice."
log = logging.getLogger(__name__)


def why_abandoned(session: Session, *, started: int | None, silent: float) -> str:
    """Why the bridge has to end an OPEN session itself, "" when it has not.

    `started`: when the process that has the client's number now began (None: there is none); `silent`: seconds since
    the last heartbeat.
    """
    if session.client_started:
        gone = started != session.client_started
        return f"the program that started it (process {session.client_pid}) went away." if gone else ""
    if session.heartbeat_at and silent > SILENCE:
        return f"no sign of life from the program that started it for {SILENCE / 60:.0f} minutes."
    return ""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What is committed for an abandoned session: its end, and the upload of its folder."""

    session: Session
    transfer: Transfer


class Abandonment:
    """Watches the programs of OPEN sessions; whom to watch is in the journal, so a restart changes nothing."""

    def __init__(
        self,
        journal: Journal,
        transfers: Transfers,
        runtime: Runtime,
        clock: LabTime,
        spare: SpareCopy,
        wake: Callable[[str], None],
    ) -> None:
        self._journal = journal
        self._transfers = transfers
        self._runtime = runtime
        self._clock = clock
        self._spare = spare
        self._wake = wake
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stop_listening: Callable[[], None] = lambda: None
        self._heard: dict[str, float] = {}  # monotonic seconds of heartbeats
        self._written: dict[str, float] = {}  # and of those in the journal
        self._gone: dict[str, float] = {}  # monotonic seconds at which a session was first found abandoned
        self._left: set[str] = set()  # sessions whose program went on to another one
        self._ending: dict[str, asyncio.Task[Ending]] = {}
        self._began = self._looked = 0.0

    # -- the program ---------------------------------------------------------------------------------------------------

    def identify(self, pid: int) -> tuple[int, tuple[str, ...]]:
        """When the client's process began (0: it cannot be watched), and a warning if that was wanted."""
        if not pid:
            return 0, ()
        try:
            started = self._runtime.process_started(pid)
        except BridgeError:
            log.exception("a session starts without being watched")
            started = None
        return (0, (UNWATCHED.format(pid=pid),)) if started is None else (started, ())

    def heartbeat(self, session_id: str, owner: str = "") -> Session:
        """The program of a session is alive; only of interest where its process cannot be watched. Raises NotFound."""
        session = self._journal.sessions.get(session_id, owner)
        if session.run is not Run.OPEN or session.client_started:
            return session
        now = self._runtime.monotonic()
        self._heard[session_id] = now
        if session_id not in self._written or now - self._written[session_id] >= NOTED:
            self._journal.sessions.heartbeat(session_id, self._clock.stamp())
            self._written[session_id] = now
            self._news.set()
        return self._journal.sessions.get(session_id)

    # -- looking -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Watch until stopped."""
        self._stop_listening = self._journal.listen(self._hear)
        self._task = asyncio.ensure_future(self._watch())

    async def stop(self) -> None:
        """Stop where it stands; the journal knows what is OPEN."""
        self._stop_listening()
        tasks = [task for task in (self._task, *self._ending.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _hear(self, kind: str, _identity: str) -> None:
        if kind == "session":
            self._news.set()

    async def _watch(self) -> None:
        self._begin()
        while True:
            self._news.clear()
            try:
                if self._journal.sessions.watched():
                    await self._runtime.sleep(LOOK)
                    await self.look()
                else:
                    await self._news.wait()
                    self._begin()
            except BridgeError as error:  # the journal cannot be used just now: the next look finds the same
                log.error("abandoned sessions wait: %s", error)  # noqa: TRY400  # the sentence says it all
                await self._runtime.sleep(LOOK)
            except Exception:
                log.exception("looking after open sessions failed")
                await self._runtime.sleep(LOOK)

    def _begin(self) -> None:
        """Silence counts from now: nobody could be heard before."""
        self._began = self._looked = self._runtime.monotonic()
        self._heard.clear()

    async def look(self) -> None:
        """End what is abandoned."""
        now = self._runtime.monotonic()
        if now - self._looked > PAUSE:
            self._begin()
        self._looked = now
        sessions = self._journal.sessions.watched()
        found = {session.id: why for session in sessions if (why := self._why(session, now))}
        self._gone = {identity: self._gone.get(identity, now) for identity in found}
        for session in sessions:
            if session.id in found and now - self._gone[session.id] >= GRACE:
                self.commit(await asyncio.shield(self._prepared(session, found[session.id])))
                self._wake(session.id)

    def _why(self, session: Session, now: float) -> str:
        if session.id in self._left:
            return ANOTHER
        started = self._runtime.process_started(session.client_pid) if session.client_started else None
        return why_abandoned(session, started=started, silent=now - self._heard.get(session.id, self._began))

    # -- ending --------------------------------------------------------------------------------------------------------

    async def left_by(self, pid: int, started: int) -> list[Ending]:
        """The OPEN sessions of a process that is about to start another one, to be committed with that one. What takes
        longer than a moment is left to the next look."""
        left = self._journal.sessions.open_of(pid, started) if started else []
        if not left:
            return []
        self._left |= {session.id for session in left}
        tasks = [self._prepared(session, ANOTHER) for session in left]
        try:
            return list(await self._runtime.wait_for(asyncio.shield(asyncio.gather(*tasks)), START_PATIENCE))
        except TimeoutError:
            return []

    def _prepared(self, session: Session, why: str) -> asyncio.Task[Ending]:
        """Found out once, whoever asks."""
        if session.id not in self._ending:
            task = asyncio.ensure_future(self._prepare(session, why))
            self._ending[session.id] = task
            task.add_done_callback(lambda _: self._ending.pop(session.id, None))
        return self._ending[session.id]

    async def _prepare(self, session: Session, why: str) -> Ending:
        remains = await self._spare.collect(session)
        changed = self._clock.naive_at(remains.last_change_ns) if remains.last_change_ns else ""
        narrative = f"Ended by the bridge: {why} {remains.said}".strip()
        ended = dataclasses.replace(
            session,
            run=Run.ABANDONED,
            # Neither after now (a file from a clock that was wrong) nor before the start (an older folder).
            end_time=max(session.start_time, min(changed, self._clock.naive())),
            qc="WARNING",
            end_narrative=narrative,
        )
        return Ending(session=ended, transfer=self._transfers.accepted(session, UploadOrder()))

    def commit(self, ending: Ending) -> None:
        """End the session and accept the upload of its folder, unless somebody ended it meanwhile."""
        session = ending.session
        self._left.discard(session.id)
        if self._journal.sessions.get(session.id).run is not Run.OPEN:
            return
        with self._journal.transaction("abandon"):
            self._journal.sessions.ended(session)
            self._journal.transfers.insert(ending.transfer)
        log.warning("session %s: %s", session.id, session.end_narrative)
