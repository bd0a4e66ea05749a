"""Accepting old session folders for delivery, once each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey, AlyxState, File, Run, Session, Spec
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.backfill import old_folder
from cagelab_bridge.services.backfill.known_names import KnownNames
from cagelab_bridge.services.backfill.order import BackfillOrder, Outcome, Told, session_id
from cagelab_bridge.services.backfill.recorded import by_a_bridge
from cagelab_bridge.services.delivery import adoption
from cagelab_bridge.services.documents import decoded
from cagelab_bridge.services.lab_time import LabTime, checked_time
from cagelab_bridge.services.sessions import folders
from cagelab_bridge.services.sessions.folders import Folder
from cagelab_bridge.services.sessions.turns import Turns
from cagelab_bridge.services.transfers import Transfers, UploadOrder

NARRATIVE = "Back-filled by cagelab-bridge from the files of an earlier recording."
MIDNIGHT = "T00:00:00.000000"  # the start where only the day is known


class Backfills:
    """Turns folders into sessions that have ended. The rest is delivery's."""

    def __init__(
        self,
        journal: Journal,
        accounts: Accounts,
        choices: Choices,
        transfers: Transfers,
        runtime: Runtime,
        clock: LabTime,
        wake: Callable[[str], None],
        *,
        lab: str,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._names = KnownNames(choices, clock)
        self._transfers = transfers
        self._runtime = runtime
        self._clock = clock
        self._wake = wake
        self._lab = lab
        self._turns = Turns()

    async def take(self, order: BackfillOrder) -> Told:
        """Accept the folder, or say why there is nothing to accept. Never writes there, never waits for delivery.

        Alyx is asked whether a bridge recorded it. Raises InvalidInput, UnknownNames (the subject), NotLoggedIn,
        FileUnreadable, JournalTrouble, Unreachable and its kin.
        """
        folder = folders.parse(order.folder)
        async with self._turns.take("BackfillSession", folder.path):
            return await self._take(folder, order)

    async def _take(self, folder: Folder, order: BackfillOrder) -> Told:
        if not await self._runtime.in_thread(self._runtime.files.is_folder, folder.path):
            raise InvalidInput(f"The folder {folder.path} does not exist.", about="folder")
        known = self._journal.sessions.in_folder(folder.path)
        if known is not None:
            return await self._again(known, order)
        if await self._runtime.in_thread(old_folder.record_of, self._runtime.files, folder.path):
            return Told(outcome=Outcome.RECORDED)
        key = self._accounts.for_session(order.alyx_url, order.account)
        session = await self._session(key, folder, order)
        twin = self._twin(session)
        if twin is not None:
            return twin
        if key is not None and await by_a_bridge(await self._accounts.awake(key), session):
            return Told(outcome=Outcome.RECORDED)
        if order.check_only:
            return Told(outcome=Outcome.ACCEPTED, session=session, existing=await self._existing(key, session))
        # Asked again: the same session in another folder may have been accepted while Alyx was asked for names.
        return self._twin(session) or self._accept(session, order)

    def _twin(self, session: Session) -> Told | None:
        """What to say when the journal has the same session in another folder.

        By the rule for Alyx' records, which may not have it yet: a copy that lost the files with the time in their
        names does not tell when it began.
        """
        for other in self._journal.sessions.on_day(session.date):
            if other.id == session.id or _is_same(session, other):
                copied = self._journal.backfills.has(other.id)
                return Told(outcome=Outcome.COPY if copied else Outcome.RECORDED, session=other)
        return None

    def _accept(self, session: Session, order: BackfillOrder) -> Told:
        transfer = self._transfers.accepted(session, UploadOrder(repository=order.repository))
        with self._journal.transaction("backfill"):
            self._journal.sessions.insert(dataclasses.replace(session, run=Run.OPEN))
            self._journal.sessions.ended(session)
            self._journal.backfills.insert(session.id)
            self._journal.transfers.insert(transfer)
        self._wake(session.id)
        return Told(outcome=Outcome.ACCEPTED, session=self._journal.sessions.get(session.id))

    async def _session(self, key: AccountKey | None, folder: Folder, order: BackfillOrder) -> Session:
        """The session that the folder and the order tell of."""
        start, end = _span(folder, order)
        labs = (order.spec.lab, folder.lab, self._lab)
        spec, warnings = await self._names.completed(key, _described(folder, order.spec), labs)
        return Session(
            id=session_id(spec.subject, folder.date, folder.number, start),
            spec=spec,
            account=key,
            date=folder.date,
            number=folder.number,
            folder=folder.path,
            run=Run.ENDED,
            alyx=AlyxState.PENDING,
            accepted_at=self._clock.stamp(),
            start_time=start,
            end_time=end,
            n_trials=order.n_trials,
            n_correct_trials=order.n_correct_trials,
            warnings=warnings,
            adopts=adoption.SAME_START if order.start_time else adoption.SAME_NUMBER,
        )

    async def _existing(self, key: AccountKey | None, session: Session) -> str:
        """Alyx's id of the record that would be completed; "" when a new one would be made."""
        if key is None:
            return ""
        taken = self._journal.sessions.records_of_others(session)
        record = await adoption.found(await self._accounts.awake(key), session, taken)
        return "" if record is None else str(record["id"])

    async def _again(self, session: Session, order: BackfillOrder) -> Told:
        """A folder that the journal knows: files that came since are taken too."""
        if not self._journal.backfills.has(session.id):
            return Told(outcome=Outcome.RECORDED, session=session)
        transfers = self._journal.transfers.of_session(session.id)
        if not all(transfer.listed or transfer.cancelled for transfer in transfers):
            return Told(outcome=Outcome.KNOWN, session=session)
        there = await self._runtime.in_calm_thread(old_folder.held, self._runtime.files, session.folder)
        accepted = {file.relative_path: file for transfer in transfers for file in self._files(transfer.id)}
        added = tuple(old_folder.news(there, accepted))
        if added and not order.check_only:
            self._transfers.upload("", session.id, UploadOrder(paths=added, repository=order.repository))
        outcome = Outcome.ADDED if added else Outcome.KNOWN
        return Told(outcome=outcome, session=self._journal.sessions.get(session.id), added=added)

    def _files(self, transfer_id: str) -> list[File]:
        found: list[File] = []
        while page := self._journal.files.page(transfer_id, after=found[-1].relative_path if found else ""):
            found += page
        return found


def _described(folder: Folder, spec: Spec) -> Spec:
    if spec.subject and spec.subject.casefold() != folder.subject.casefold():
        raise InvalidInput(f"The folder belongs to {folder.subject}, not to {spec.subject}.", about="subject")
    decoded(spec.json)
    return dataclasses.replace(spec, subject=folder.subject, narrative=spec.narrative or NARRATIVE)


def _is_same(session: Session, other: Session) -> bool:
    if other.run is Run.RESERVED or other.number != session.number:
        return False
    corrected = [old for change in other.amendments if change.field == "subject" for old in change.old_values]
    if session.spec.subject not in (other.spec.subject, *corrected):
        return False
    return adoption.began_then(session, other.start_time) or adoption.began_then(other, session.start_time)


def _span(folder: Folder, order: BackfillOrder) -> tuple[str, str]:
    """Start and end. Raises InvalidInput for a start on another day, an end before it, negative counts."""
    start = checked_time(order.start_time) if order.start_time else folder.date + MIDNIGHT
    end = checked_time(order.end_time) if order.end_time else start
    if start[:10] != folder.date:
        # register-file finds a session by subject, number and the date of its start.
        raise InvalidInput(f"The start {start} is not on the day of the folder, {folder.date}.", about="start_time")
    if end < start:
        raise InvalidInput(f"The end {end} lies before the start {start}.", about="end_time")
    for about, count in (("n_trials", order.n_trials), ("n_correct_trials", order.n_correct_trials)):
        if count is not None and count < 0:
            raise InvalidInput(f"{about} is {count}: trials are not negative.", about=about)
    return start, end
