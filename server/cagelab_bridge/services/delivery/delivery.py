"""The loop that carries the journal's open entries to Alyx and the store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from cagelab_bridge import __version__
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import SETTLED, AlyxState, FileState, Trouble
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.accounts.pace import Pace
from cagelab_bridge.services.delivery.discards import Discards
from cagelab_bridge.services.delivery.file_delivery import FileDelivery
from cagelab_bridge.services.delivery.listing import Listing
from cagelab_bridge.services.delivery.rounds import Rounds
from cagelab_bridge.services.delivery.session_delivery import SessionDelivery
from cagelab_bridge.services.delivery.side_by_side import carried
from cagelab_bridge.services.delivery.submission_delivery import SubmissionDelivery
from cagelab_bridge.services.lab_time import LabTime

AT_ONCE = 16  # files of one transfer under way
MOMENT = 0.01  # seconds until delivery begins: the answer of the call that accepted it goes first
REQUESTS_KEPT = 90  # days a request_id is remembered
SUBMISSIONS = "submissions"
DISCARDS = "discards"
log = logging.getLogger(__name__)


class Delivery:
    """One task per session record, transfer and for the submissions; each looks at states, never at history.

    So a start after a crash is the normal start: whatever the journal says is open is carried on.
    """

    def __init__(
        self,
        journal: Journal,
        runtime: Runtime,
        clock: LabTime,
        sessions: SessionDelivery,
        listing: Listing,
        files: FileDelivery,
        submissions: SubmissionDelivery,
        discards: Discards,
        servers: Sequence[Pace],
        others: Callable[[], None] = lambda: None,
    ) -> None:
        """`servers`: how each may be asked; `others`: looks at all work that is not in here."""
        self._journal = journal
        self._runtime = runtime
        self._clock = clock
        self._sessions = sessions
        self._listing = listing
        self._files = files
        self._submissions = submissions
        self._discards = discards
        self._servers = servers
        self._others = others
        self._rounds = Rounds(runtime, clock)
        self._running = False

    def start(self) -> None:
        """Carry on whatever is open. What was blocked gets another chance."""
        self._running = True
        if self._journal.lives.begin(self._runtime.boot_id(), __version__, self._clock.stamp()):
            log.warning("the computer went down while work was open: files are read again before they are sent")
        self._journal.requests.forget(self._clock.days_ago(REQUESTS_KEPT))
        with self._journal.transaction("start delivery"):
            self._journal.files.unblock()
            self._journal.transfers.unblock()
            self._journal.sessions.unblock()
            self._journal.submissions.unblock()
        self.wake_all()

    def wake_all(self) -> None:
        """Look at everything now: credentials came, the network is back, or somebody asked."""
        for pace in (self._rounds.pace, *self._servers):
            pace.reset()
        self.wake()
        self._rouse_discards()  # of sessions that have nothing else left
        for session in self._journal.sessions.due():
            self.wake(session.id)
        self._others()

    def lent(self, session_id: str, *, usable: bool) -> None:
        """What is lent to a session ("": to any) changed; not `usable`: only why nothing is, so that nothing can be
        done but to say it, for each session that waits."""
        if session_id:
            self.wake(session_id)
            self.wake()  # submissions may use any
        elif usable:
            self.wake()
            for session in self._journal.sessions.due():
                self.wake(session.id)
        elif self._running:
            for session in self._journal.sessions.due():
                if session.trouble.waiting:
                    self._rouse_session(session.id)

    def wake(self, session_id: str = "") -> None:
        """Look at a session and its transfers now; without id, at the submissions."""
        if not self._running:
            return
        if not session_id:
            self._rounds.rouse(SUBMISSIONS, self._carry_submissions)
            return
        # Only who starts a session waits for the delivery itself, unless Alyx is left alone just now. All else comes
        # after the answer of the call that gave the work: the more transfers there are, the longer takes the look.
        session = self._journal.sessions.get(session_id)
        if session.alyx is AlyxState.PENDING and not session.trouble.reason:
            self._rouse_session(session_id)
            self._rounds.rouse(f"files of {session_id}", lambda: self._rouse_files(session_id), after=MOMENT)
        else:
            self._rounds.rouse(f"work of {session_id}", lambda: self._rouse_work(session_id), after=MOMENT)

    async def _rouse_work(self, session_id: str) -> None:
        self._rouse_session(session_id)
        await self._rouse_files(session_id)

    async def _rouse_files(self, session_id: str) -> None:
        self._rouse_transfers(session_id)
        self._rouse_discards()

    def _rouse_session(self, session_id: str) -> None:
        self._rounds.rouse(f"session {session_id}", lambda: self._carry_session(session_id))

    def _rouse_discards(self) -> None:
        if self._journal.files.discards(limit=1):
            self._rounds.rouse(DISCARDS, self._discards.carry)

    def _rouse_transfers(self, session_id: str) -> None:
        for transfer in self._journal.transfers.recent(session_id=session_id, only_unfinished=True, limit=10_000):
            self._rouse_transfer(transfer.id)

    def _rouse_transfer(self, transfer_id: str) -> None:
        self._rounds.rouse(f"transfer {transfer_id}", lambda: self._carry_transfer(transfer_id))

    async def stop(self) -> None:
        """Stop where it stands; the journal knows how to go on."""
        self._running = False
        await self._rounds.stop()
        self._journal.lives.end(self._clock.stamp())

    @property
    def idle(self) -> bool:
        """True when nothing is under way and nothing waits for its time."""
        return self._rounds.idle

    # -- steps -------------------------------------------------------------------------------------------------------

    async def _carry_session(self, session_id: str) -> float | None:
        sessions = self._journal.sessions
        before = sessions.get(session_id)
        if before.trouble.blocked:
            return None
        pause = await self._rounds.attempt(
            f"session {session_id}",
            self._sessions.carry(session_id),
            lambda trouble: sessions.trouble(session_id, trouble),
            lambda: sessions.get(session_id).trouble,
        )
        session = sessions.get(session_id)
        if session.completed:
            self._files.forget(session_id)
        elif (session.alyx, session.amended) != (before.alyx, before.amended):
            self._rouse_transfers(session_id)  # they waited for the record
        if session.trouble.blocked and session.amendments != before.amendments:
            # What was refused were the names before the correction.
            sessions.trouble(session_id, Trouble())
            return 0.0
        return pause

    async def _carry_transfer(self, transfer_id: str) -> float | None:
        transfers = self._journal.transfers
        transfer = transfers.get(transfer_id)
        if transfer.trouble.blocked or transfer.cancelled:
            return None
        if not transfer.listed:
            pause = await self._rounds.attempt(
                f"transfer {transfer_id}",
                self._listing.carry(transfer_id),
                lambda trouble: transfers.trouble(transfer_id, trouble),
                lambda: transfers.get(transfer_id).trouble,
            )
            if not transfers.get(transfer_id).listed:
                return pause
        pauses = await carried(
            lambda after: self._journal.files.unsettled(transfer_id, after=after),
            lambda file: self._carry_file(file.id),
            AT_ONCE,
        )
        sums = transfers.sums(transfer_id)
        if sums.done + sums.dismissed == sums.total:
            self._rounds.rouse(f"session {transfer.session_id}", lambda: self._carry_session(transfer.session_id))
        return min(pauses, default=None)

    async def _carry_file(self, file_id: str) -> float | None:
        files = self._journal.files
        if files.get(file_id).state in SETTLED:
            return None

        def note(trouble: Trouble) -> None:
            # One that was dismissed under way keeps the reason of that.
            if (file := files.get(file_id)).state not in SETTLED:
                files.trouble(file, trouble)

        pause = await self._rounds.attempt(
            f"file {file_id}", self._files.carry(file_id), note, lambda: files.get(file_id).trouble
        )
        if files.get(file_id).state is FileState.DISMISSED:
            self._rouse_discards()
        return pause

    async def _carry_submissions(self) -> float | None:
        submissions = self._journal.submissions
        pauses: list[float] = []
        for submission in submissions.due():
            if submission.trouble.blocked:
                continue
            identity = submission.id
            pause = await self._rounds.attempt(
                f"submission {identity}",
                self._submissions.carry(submission),
                lambda trouble, identity=identity: submissions.trouble(identity, trouble),  # type: ignore[misc]  # binds this round's id
                lambda identity=identity: submissions.get(identity).trouble,  # type: ignore[misc]  # binds this round's id
            )
            if pause is not None:
                pauses.append(pause)
        return min(pauses, default=None)
