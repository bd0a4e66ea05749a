"""Telling Alyx about files: each has one dataset there, whatever happens on the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cagelab_bridge.errors import BridgeError, Executed, NotYet, Refused, RemoteError, ServerFailed
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AlyxState, File, FileState, Session
from cagelab_bridge.ports import Alyx, Json, Place, StoreDoor
from cagelab_bridge.services import repository_address
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.delivery import dataset_names, registration
from cagelab_bridge.services.delivery.day_traffic import DayTraffic
from cagelab_bridge.services.delivery.quarantine import Quarantine
from cagelab_bridge.services.delivery.session_datasets import Plan, SessionDatasets, file_record, identity
from cagelab_bridge.services.delivery.together import Together

TOGETHER = 10  # files of one register-file; Alyx 3.6.1 takes 33 ms for one, 1.2 s for a hundred


class Unread(NotYet):
    """Only who knows the file's hashes can tell whether it is what Alyx has under its name."""


@dataclass(frozen=True, kw_only=True)
class _Visit:
    """What one turn at Alyx is about."""

    alyx: Alyx
    session: Session
    repository: str
    datasets: SessionDatasets


class Registrar:
    """One register-file at a time and session: two at once leave two datasets for a name (Alyx 3.6.1). Files that wait
    for it go together, unless the answer about one was lost: a call for several ends at the first bad one."""

    def __init__(
        self,
        journal: Journal,
        accounts: Accounts,
        choices: Choices,
        stores: StoreDoor,
        quarantine: Quarantine,
        days: DayTraffic,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._choices = choices
        self._stores = stores
        self._quarantine = quarantine
        self._days = days
        self._turns: defaultdict[str, Together[File]] = defaultdict(lambda: Together(TOGETHER))
        self._datasets: dict[str, SessionDatasets] = {}

    def forget(self, session_id: str) -> None:
        """Nothing of that session is under way any more."""
        self._datasets.pop(session_id, None)
        self._turns.pop(session_id, None)

    def look_again(self, session_id: str) -> None:
        """What is known of the session's datasets may be wrong."""
        if session_id in self._datasets:
            self._datasets[session_id].forget()

    async def connected(self, file: File) -> tuple[Alyx, SessionDatasets]:
        """The connection for a file's session, and the datasets of that. Raises NotYet, NotLoggedIn, RemoteError."""
        session = self._session(file)
        alyx = await self._alyx(session)
        return alyx, await self._known(alyx, session)

    async def register(self, file: File) -> None:
        """HASHED → REGISTERED, or STORED where Alyx held the dataset already, whose object may be there: look before
        sending. Raises Unread where its hashes are needed first, Refused, NotYet, RemoteError …"""
        if dataset_names.bad_collection(file.relative_path):
            raise Refused(
                f"The sub-folder of {file.relative_path} has a character that Alyx drops.",
                about="collection",
                hint="Use letters, digits, dot, dash, underscore in names of sub-folders, and upload it from there.",
            )
        repository = self._journal.transfers.get(file.transfer_id).repository
        kind = (repository, file.id if file.intent else "")
        await self._turns[file.session_id].join(file, file.size, kind, lambda files: self._together(files, repository))

    # -- one turn ------------------------------------------------------------------------------------------------------

    async def _together(self, files: Sequence[File], repository: str) -> list[BridgeError | None]:
        """What went wrong with each."""
        files = [self._journal.files.get(file.id) for file in files]
        session = self._session(files[0], to_register=True)
        alyx = await self._alyx(session)
        if any(file.intent for file in files):
            # What a lost answer left in Alyx shows only to a fresh look.
            self.look_again(session.id)
        visit = _Visit(alyx=alyx, session=session, repository=repository, datasets=await self._known(alyx, session))
        problems: dict[str, BridgeError | None] = {}
        new: list[tuple[File, Plan]] = []
        for file in files:
            try:
                plan = await self._planned(visit, file)
            except BridgeError as problem:
                problems[file.id] = problem
            else:
                if plan is not None:
                    new.append((file, plan))
        problems |= await self._registered(visit, new)
        return [problems.get(file.id) for file in files]

    async def _planned(self, visit: _Visit, file: File) -> Plan | None:
        """How to register it; None when Alyx held it already, and that is noted."""
        self._demand_hashed(file)
        if not file.md5 and (file.intent or visit.datasets.holds(file.relative_path)):
            raise Unread(seconds=0.0)
        await visit.datasets.heal(visit.alyx, file.relative_path)
        plan = visit.datasets.plan(file.relative_path, file.md5, visit.repository, visit.session.date, sha1=file.sha1)
        if plan.adopt is not None:
            if problem := (await self._adopt(visit, [(file, plan, plan.adopt)], known=True)).get(file.id):
                raise problem
            return None
        if file.intent:
            self._quarantine.check(file.id)
        return plan

    async def _registered(self, visit: _Visit, new: Sequence[tuple[File, Plan]]) -> dict[str, BridgeError | None]:
        """Register them in one call, and where Alyx refuses that, each alone: so each is told its own mistake."""
        if not new:
            return {}
        gone: dict[str, BridgeError | None] = {}
        try:
            async with self._days.registering(visit.session):
                gone, new = self._still_hashed(new)
                records = await self._post(visit, new) if new else []
                entries = [(file, plan, record) for (file, plan), record in zip(new, records, strict=True)]
                return gone | await self._adopt(visit, entries, known=False)
        except BridgeError as problem:
            about_one = isinstance(problem, RemoteError) and not problem.retryable and problem.about != "session"
            if len(new) == 1 or not about_one:
                return gone | {file.id: problem for file, _ in new}
        problems = gone
        for file, _ in new:
            problems |= await self._alone(visit, self._journal.files.get(file.id))
        return problems

    def _still_hashed(
        self, new: Sequence[tuple[File, Plan]]
    ) -> tuple[dict[str, BridgeError | None], list[tuple[File, Plan]]]:
        """Those that were dismissed or cancelled while the others' last words were waited for, and the rest."""
        gone: dict[str, BridgeError | None] = {}
        for file, _ in new:
            try:
                self._demand_hashed(file)
            except NotYet as problem:
                gone[file.id] = problem
        return gone, [(file, plan) for file, plan in new if file.id not in gone]

    async def _alone(self, visit: _Visit, file: File) -> dict[str, BridgeError | None]:
        try:
            await self._known(visit.alyx, visit.session)
            plan = await self._planned(visit, file)
        except BridgeError as problem:
            return {file.id: problem}
        return await self._registered(visit, [(file, plan)]) if plan else {}

    async def _post(self, visit: _Visit, new: Sequence[tuple[File, Plan]]) -> list[Json]:
        # Asked again at the last moment: from the intent on, a correction waits until this call is certainly over.
        session = self._session(new[0][0], to_register=True)
        with self._journal.transaction("file_intend"):
            for file, plan in new:
                self._journal.files.intend(file, plan.revision)
        for file, _ in new:
            self._quarantine.begin(file.id)
        try:
            answer = await visit.alyx.create("register-file", registration.body(session, new, visit.repository))
        except RemoteError as error:
            if error.executed is Executed.NO:
                self._not_executed(new)
            # Alyx may have left datasets behind, even with an error: ask again before the next attempt.
            visit.datasets.forget()
            if error.about == "session" and self._journal.sessions.amending(session.date):
                # Alyx hangs a day's sessions on one of them; while that one's subject is corrected, it finds none.
                raise NotYet("Another session of that day is being corrected.", seconds=30.0) from error
            raise
        records: list[Json] = answer if isinstance(answer, list) else [answer]
        for file, _ in new:
            self._quarantine.end(file.id)
        if any(record["session"] != session.alyx_id for record in records):
            # Alyx finds a session by subject, day and number, and takes the lowest id where two have the same.
            visit.datasets.forget()
            self._not_executed(new)
            raise Refused(
                f"Alyx attached files to another session with the number {session.alyx_number}.",
                about="session",
                hint="Give one of the two another number in Alyx's admin page, then `cagelab-bridge retry`.",
            )
        if [_name(record) for record in records] != [dataset_names.split(file.relative_path) for file, _ in new]:
            visit.datasets.forget()
            raise ServerFailed("Alyx answered with other files than it was sent.")
        for (file, plan), record in zip(new, records, strict=True):
            visit.datasets.note(identity(record), record | {"hash": file.md5, "qc": plan.qc, "json": None})
        return records

    def _not_executed(self, new: Sequence[tuple[File, Plan]]) -> None:
        with self._journal.transaction("file_not_executed"):
            for file, _ in new:
                self._journal.files.not_executed(file)
        for file, _ in new:
            self._quarantine.end(file.id)

    async def _adopt(
        self, visit: _Visit, entries: Sequence[tuple[File, Plan, Json]], *, known: bool
    ) -> dict[str, BridgeError | None]:
        """Note where the objects go; what is in the way of which. `known`: Alyx held the dataset already."""
        problems: dict[str, BridgeError | None] = {}
        found = []
        for file, plan, record in entries:
            try:
                found.append((file, plan, record, *await self._placed(visit, file, record)))
            except BridgeError as problem:
                problems[file.id] = problem
        with self._journal.transaction("registered"):
            for file, plan, record, record_id, place in found:
                try:
                    self._demand_hashed(file)
                except NotYet as problem:
                    problems[file.id] = problem
                    continue
                self._journal.files.registered(
                    file,
                    revision=plan.revision,
                    dataset_id=identity(record),
                    record_id=record_id,
                    endpoint=place.endpoint,
                    bucket=place.bucket,
                    key=place.key,
                )
                if known:
                    self._journal.files.moved(replace(file, state=FileState.REGISTERED), FileState.STORED)
        return problems

    async def _placed(self, visit: _Visit, file: File, record: Json) -> tuple[str, Place]:
        """The file record's id, and where its object goes."""
        entry = file_record(record, visit.repository, registration.folder(visit.session))
        if entry is None:
            raise ServerFailed(f"Alyx registered {file.relative_path} in another repository than {visit.repository}.")
        place = await self._place(visit.session, visit.repository, entry["relative_path"], identity(record))
        return str(entry["id"]), place

    async def _place(self, session: Session, repository: str, relative_path: str, dataset_id: str) -> Place:
        assert session.account is not None  # a started session has one
        known = self._choices.known(session.account, "repositories")
        if repository not in known.records:
            known = await self._choices.read(session.account, "repositories")
        record = known.records.get(repository)
        if record is None:
            raise Refused(f"Alyx has no data repository {repository}.", about="repository")
        return self._stores.locate(repository_address.address(record), relative_path, dataset_id)

    # -- looking -------------------------------------------------------------------------------------------------------

    def _demand_hashed(self, file: File) -> None:
        """Somebody may have dismissed it while it waited."""
        if self._journal.files.get(file.id).state is not FileState.HASHED:
            raise NotYet("The file was dismissed meanwhile.", seconds=0.0)

    def _session(self, file: File, *, to_register: bool = False) -> Session:
        session = self._journal.sessions.get(file.session_id)
        if session.alyx not in (AlyxState.OPEN, AlyxState.CLOSED):
            # Delivery looks again as soon as it is; the time is for a bridge that was woken for nothing.
            raise NotYet("The session is not registered in Alyx yet.", seconds=60.0)
        if to_register and session.amended:
            # register-file finds a session by its subject: under the new one there is none yet, under the old one soon
            # somebody else's.
            raise NotYet("Alyx was not told the session's corrected names yet.", seconds=60.0)
        return session

    async def _alyx(self, session: Session) -> Alyx:
        assert session.account is not None  # a started session has one
        return await self._accounts.awake(session.account, session.id)

    async def _known(self, alyx: Alyx, session: Session) -> SessionDatasets:
        datasets = self._datasets.setdefault(session.id, SessionDatasets(session.alyx_id))
        await datasets.load(alyx)
        return datasets


def _name(record: Json) -> tuple[str, str]:
    return record["collection"] or "", record["name"]
