"""Reserving, starting and ending sessions: committed first, delivered behind."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from cagelab_bridge.errors import InvalidInput, WrongState
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import QC_NAMES, AccountKey, AlyxState, Run, Session, Spec
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.delivery.day_numbers import DayNumbers
from cagelab_bridge.services.documents import decoded, digest
from cagelab_bridge.services.lab_time import LabTime, checked_day, checked_time
from cagelab_bridge.services.lending.leases import Leases
from cagelab_bridge.services.sessions import beginning, folders
from cagelab_bridge.services.sessions.abandonment import Abandonment, Ending
from cagelab_bridge.services.sessions.folders import Folder, Folders
from cagelab_bridge.services.sessions.names import PATIENCE as NAMES_PATIENCE
from cagelab_bridge.services.sessions.names import UNASKED, Names, Verdict, demand, sentences
from cagelab_bridge.services.sessions.turns import Turns
from cagelab_bridge.services.transfers import Transfers, UploadOrder
from cagelab_bridge.services.troubles import trouble_of

START_PATIENCE = 2.0  # seconds StartSession waits for Alyx, everything included
UNNUMBERED = "Alyx could not be asked which numbers it has; if this one is taken there, the record gets the next."


@dataclass(frozen=True, kw_only=True)
class StartOrder:
    """What StartSession was asked for."""

    request_id: str = ""
    spec: Spec
    session_id: str = ""
    folder: str = ""
    account: str = ""
    alyx_url: str = ""
    client_pid: int = 0
    owner: str = ""  # certificate of the paired program that asks; "": a program of this computer
    start_time: str = ""  # naive, of the lab's zone; "": now
    alyx_id: str = ""  # of a session that another program made in Alyx


@dataclass(frozen=True, kw_only=True)
class EndOrder:
    """What EndSession was asked for. `upload`: None for nothing."""

    request_id: str = ""
    session_id: str
    qc: str = ""
    narrative: str = ""
    n_trials: int | None = None
    n_correct_trials: int | None = None
    json: str = ""
    end_time: str = ""
    upload: UploadOrder | None = None
    owner: str = ""  # see StartOrder


class Sessions:
    """The life of sessions on this computer."""

    def __init__(
        self,
        journal: Journal,
        accounts: Accounts,
        choices: Choices,
        leases: Leases,
        transfers: Transfers,
        abandonment: Abandonment,
        runtime: Runtime,
        clock: LabTime,
        wake: Callable[[str], None],
        numbers: DayNumbers,
        *,
        root: str,
        lab: str,
        host: str,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._choices = choices
        self._leases = leases
        self._names = Names(choices)
        self._transfers = transfers
        self._abandonment = abandonment
        self._runtime = runtime
        self._clock = clock
        self._wake = wake
        self._folders = Folders(journal, accounts, numbers, runtime, root)
        self._turns = Turns()
        self._lab = lab
        self._host = host

    async def reserve(
        self, request_id: str, *, subject: str, lab: str, date: str, root: str, owner: str = ""
    ) -> Session:
        """Set a number aside and make its folder. Raises InvalidInput, UnknownNames, AlreadyExists, JournalTrouble."""
        async with self._turns.take("ReserveFolder", request_id):
            return await self._reserve(request_id, subject=subject, lab=lab, date=date, root=root, owner=owner)

    async def _reserve(self, request_id: str, *, subject: str, lab: str, date: str, root: str, owner: str) -> Session:
        content = digest(subject, lab, date, root)
        made = self._journal.requests.outcome("ReserveFolder", request_id, content)
        if made:
            return self._journal.sessions.get(made)
        key = self._known_account()
        spec = await self._completed(key, Spec(subject=subject, lab=lab))
        verdict = await self._checked_names(key, spec) if key else Verdict(findings=(), live=False)
        folder, live = await self._folders.reserve(
            key,
            lab=spec.lab,
            subject=spec.subject,
            date=checked_day(date) if date else self._clock.naive()[:10],
            root=root,
        )
        session = self._reservation(key, spec, folder, owner)
        session = dataclasses.replace(session, warnings=_warnings(verdict, live=live))
        with self._journal.transaction("reserve"):
            self._journal.sessions.insert(session)
            self._journal.requests.remember("ReserveFolder", request_id, content, session.id, session.accepted_at)
        return session

    async def _checked_names(self, key: AccountKey | None, spec: Spec) -> Verdict:
        """Names that exist, as far as can be told within a moment; a rig may not know yet whose Alyx to ask."""
        if key is not None:
            return await demand(self._names, self._runtime, key, spec)
        return Verdict(findings=(UNASKED,), live=False)

    def _reservation(self, key: AccountKey | None, spec: Spec, folder: Folder, owner: str) -> Session:
        return Session(
            id=self._runtime.new_id(),
            spec=spec,
            account=key,
            date=folder.date,
            number=folder.number,
            folder=folder.path,
            run=Run.RESERVED,
            alyx=AlyxState.LOCAL,
            accepted_at=self._clock.stamp(),
            owner=owner,
        )

    def _known_account(self) -> AccountKey | None:
        """The only account, if one was ever proved: a folder can be reserved before any login."""
        if self._leases.active:
            return self._accounts.for_session()
        known = [key for key, logged_out in self._journal.accounts.list() if not logged_out]
        return known[0] if known else None

    async def start(self, order: StartOrder) -> Session:
        """Start a session: commit, then wait a moment for Alyx.

        Raises NotLoggedIn, InvalidInput, UnknownNames (all wrong names at once), WrongState, AlreadyExists; for one
        that Alyx is said to have, RecordMissing and what keeps Alyx from answering.
        """
        began = self._runtime.monotonic()
        async with self._turns.take("StartSession", order.request_id):
            started = await self._start(order)
        return await self._settled(started.id, START_PATIENCE - (self._runtime.monotonic() - began))

    async def _start(self, order: StartOrder) -> Session:
        content = digest(dataclasses.replace(order, client_pid=0))
        made = self._journal.requests.outcome("StartSession", order.request_id, content)
        if made:
            return self._journal.sessions.get(made)
        told = beginning.checked_start(order.start_time, self._clock)
        key = self._accounts.for_session(order.alyx_url, order.account)
        client_started, unwatched = self._abandonment.identify(order.client_pid)
        reserved, folder = self._place(order)
        place = reserved or folder
        adopts = beginning.adopts_of(order.alyx_id, told, self._clock, folder=folder, reserved=reserved is not None)
        spec = await self._completed(key, _merged(order.spec, reserved, folder))
        verdict = await self._checked_names(key, spec)
        live = key is not None
        day = place.date if place else (told or self._clock.naive())[:10]
        start = beginning.start_on(day, told, self._clock)
        if place is None:
            folder, live = await self._folders.reserve(key, lab=spec.lab, subject=spec.subject, date=day)
        session = self._reservation(key, spec, folder, order.owner) if folder else reserved
        assert session is not None  # _place gives one, or none and a folder was reserved
        started = dataclasses.replace(
            session,
            spec=spec,
            account=key,
            run=Run.OPEN,
            alyx=AlyxState.PENDING,
            start_time=start,
            adopts=adopts,
            client_pid=order.client_pid,
            client_started=client_started,
            warnings=tuple(dict.fromkeys((*session.warnings, *_warnings(verdict, live=live), *unwatched))),
        )
        await beginning.demand_record(self._accounts, self._runtime, self._journal, key, started)
        left = await self._abandonment.left_by(order.client_pid, client_started)
        self._commit_start(started, left, order.request_id, content, new=reserved is None)
        for identity in (*(ending.session.id for ending in left), started.id):
            self._wake(identity)
        return started

    def _commit_start(self, session: Session, left: list[Ending], request_id: str, content: str, *, new: bool) -> None:
        now = self._clock.stamp()
        with self._journal.transaction("start"):
            for ending in left:
                self._abandonment.commit(ending)
            if new:
                self._journal.sessions.insert(session)
            else:
                self._journal.sessions.start(session)
            resting = self._accounts.resting(session)
            if resting is not None:  # what delivery will find: nobody waits until it has, in a commit of its own
                self._journal.sessions.trouble(session.id, trouble_of(resting, since=now))
            self._journal.requests.remember("StartSession", request_id, content, session.id, now)

    def _place(self, order: StartOrder) -> tuple[Session | None, Folder | None]:
        """The reservation or existing folder the session goes to; neither: a new one is to be reserved."""
        if order.session_id:
            session = self._journal.sessions.get(order.session_id, order.owner)
        elif order.folder:
            folder = folders.parse(order.folder)
            if not self._runtime.files.is_folder(folder.path):
                raise InvalidInput(
                    f"The folder {folder.path} does not exist.",
                    about="folder",
                    hint="Make it, or leave `folder` empty: the bridge reserves one.",
                )
            known = self._journal.sessions.in_folder(folder.path)
            if known is None:
                return None, folder
            session = known
        else:
            return None, None
        if session.run is not Run.RESERVED:
            raise WrongState(
                f"Session {session.id} in {session.folder} was started already.",
                about="session",
                hint="Reserve a new folder for a new session.",
            )
        return session, None

    async def _completed(self, key: AccountKey | None, spec: Spec) -> Spec:
        """The spec with its defaults. Raises InvalidInput when the subject or the lab cannot be told."""
        if not spec.subject:
            raise InvalidInput("A session needs a subject.", about="subject", hint="Name one that Alyx has.")
        decoded(spec.json)
        lab = spec.lab or self._lab or (await self._subjects_lab(key, spec) if key else "")
        if not lab:
            raise InvalidInput(
                f"The lab of {spec.subject} is not known.",
                about="lab",
                hint="Name the lab, or set it under [lab] in bridge.toml.",
            )
        experimenters = spec.experimenters or ((key.username,) if key else ())
        return dataclasses.replace(spec, lab=lab, experimenters=experimenters, rig=spec.rig or self._host)

    async def _subjects_lab(self, key: AccountKey, spec: Spec) -> str:
        known = self._choices.known(key, "subjects")
        if spec.subject not in known.records:
            try:
                await self._runtime.wait_for(self._choices.read_or_known(key, "subjects"), NAMES_PATIENCE)
            except TimeoutError:
                return ""
            known = self._choices.known(key, "subjects")
        if known.read_at and spec.subject not in known.records:
            # Say all wrong names at once rather than that the lab is missing.
            await demand(self._names, self._runtime, key, spec)
        return str((known.records.get(spec.subject) or {}).get("lab") or "")

    async def _settled(self, session_id: str, patience: float) -> Session:
        """The session once Alyx took it or said why not, or as it is when patience ends."""
        settled = asyncio.Event()

        def look(kind: str, identity: str) -> None:
            if (kind, identity) == ("session", session_id):
                session = self._journal.sessions.get(session_id)
                if session.alyx is not AlyxState.PENDING or self._has_answer(session):
                    settled.set()

        stop = self._journal.listen(look)
        look("session", session_id)
        try:
            await self._runtime.wait_for(settled.wait(), max(0.0, patience))
        except TimeoutError:
            pass  # PENDING is an answer: delivery goes on behind it
        finally:
            stop()
        return self._journal.sessions.get(session_id)

    def _has_answer(self, session: Session) -> bool:
        """True when it is known why the session is not in Alyx; a control PC that was asked answers in a moment."""
        hopeful = session.trouble.waiting and self._leases.expected(session.id)
        return bool(session.trouble.reason) and not hopeful

    def end(self, order: EndOrder) -> tuple[Session, str]:
        """End a session, and accept what is to be uploaded; (session, transfer id or ""). Never waits for Alyx.

        Raises NotFound, WrongState, InvalidInput, AlreadyExists.
        """
        content = digest(order)
        made = self._journal.requests.outcome("EndSession", order.request_id, content)
        if made:
            session_id, _, transfer_id = made.partition(" ")
            return self._journal.sessions.get(session_id), transfer_id
        session = self._journal.sessions.get(order.session_id, order.owner)
        if session.run is not Run.OPEN:
            raise WrongState(
                f"Session {session.id} is {session.run}: it cannot be ended.",
                about="session",
                hint="Upload more of its files with UploadFiles.",
            )
        transfer = self._transfers.accepted(session, order.upload) if order.upload else None
        with self._journal.transaction("end"):
            self._journal.sessions.ended(self._ended(session, order))
            if transfer:
                self._journal.transfers.insert(transfer)
            outcome = f"{session.id} {transfer.id if transfer else ''}"
            self._journal.requests.remember("EndSession", order.request_id, content, outcome, self._clock.stamp())
        self._wake(session.id)
        return self._journal.sessions.get(session.id), transfer.id if transfer else ""

    def _ended(self, session: Session, order: EndOrder) -> Session:
        if order.qc and order.qc not in QC_NAMES:
            raise InvalidInput(f"{order.qc!r} is no QC.", about="qc", hint=f"Use one of {', '.join(QC_NAMES)}.")
        for about, count in (("n_trials", order.n_trials), ("n_correct_trials", order.n_correct_trials)):
            if count is not None and count < 0:
                raise InvalidInput(f"{about} is {count}: trials are not negative.", about=about)
        decoded(order.json)
        end_time = checked_time(order.end_time) if order.end_time else self._clock.naive()
        if end_time < session.start_time:
            if order.end_time:
                raise InvalidInput(f"The end {end_time} lies before the start {session.start_time}.", about="end_time")
            end_time = session.start_time  # a clock that was set back, or an older folder
        return dataclasses.replace(
            session,
            run=Run.ENDED,
            end_time=end_time,
            qc=order.qc or "NOT_SET",
            end_narrative=order.narrative,
            n_trials=order.n_trials,
            n_correct_trials=order.n_correct_trials,
            end_json=order.json,
        )


def _merged(spec: Spec, reserved: Session | None, folder: Folder | None) -> Spec:
    """What was asked, completed by what the reservation or the folder's path says. Raises InvalidInput on a clash."""
    subject = reserved.spec.subject if reserved else folder.subject if folder else ""
    lab = reserved.spec.lab if reserved else folder.lab if folder else ""
    if subject and spec.subject and spec.subject != subject:
        raise InvalidInput(
            f"The folder belongs to {subject}, not to {spec.subject}.",
            about="subject",
            hint="Reserve a folder for the right subject.",
        )
    return dataclasses.replace(spec, subject=spec.subject or subject, lab=spec.lab or lab)


def _warnings(verdict: Verdict, *, live: bool) -> tuple[str, ...]:
    return sentences(verdict) + (() if live else (UNNUMBERED,))
