"""Mends what an audit found: looks again first, and writes only what is still wrong."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from cagelab_bridge.errors import WrongContent, WrongState
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Session
from cagelab_bridge.ports import Alyx, Json, Runtime, StoreDoor
from cagelab_bridge.services.auditing.facts import Dataset, Facts
from cagelab_bridge.services.auditing.found import Found, Kind
from cagelab_bridge.services.auditing.reading import Reading, agrees
from cagelab_bridge.services.auditing.record_checks import SETTLED_AFTER, correct_count
from cagelab_bridge.services.delivery.day_traffic import DayTraffic
from cagelab_bridge.services.delivery.quarantine import Quarantine
from cagelab_bridge.services.delivery.session_record import COMPLETE, with_line
from cagelab_bridge.services.documents import document_of
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.transfers import Transfers, UploadOrder

CLOSED_BY = "Closed by an audit: its end is the last change that is known."
UPLOADED = frozenset({Kind.DISK_ONLY, Kind.DISK_DIFFERS})
AGAIN = "Audit it again in a minute."
ALREADY = "It is as it should be already."


class Repairs:
    """One repair at a time."""

    def __init__(
        self,
        journal: Journal,
        transfers: Transfers,
        stores: StoreDoor,
        quarantine: Quarantine,
        days: DayTraffic,
        runtime: Runtime,
        clock: LabTime,
        reading: Reading,
        wake: Callable[[str], None],
    ) -> None:
        self._journal = journal
        self._transfers = transfers
        self._stores = stores
        self._quarantine = quarantine
        self._days = days
        self._runtime = runtime
        self._clock = clock
        self._reading = reading
        self._wake = wake

    async def mend(self, alyx: Alyx, facts: Facts, found: Found) -> str:
        """What was done, in a sentence. Raises WrongContent, WrongState where it cannot be done, RemoteError …"""
        dataset = facts.dataset(found.dataset_id)
        if found.kind in UPLOADED:
            return self._upload(facts, found.what)
        if found.kind is Kind.CLOSING_UNDONE:
            return self._say_again(facts)
        if dataset is None:
            return await self._session(alyx, facts, found.kind)
        if found.kind in (Kind.HASH_KIND, Kind.NO_HASH, Kind.NOT_MARKED):
            return await self._from_object(alyx, dataset, found.kind)
        return await self._deliver_again(facts, dataset)

    def _say_again(self, facts: Facts) -> str:
        """Delivery looks at the session again: it says the last word when no register-file can undo it."""
        own = _own(facts)
        self._journal.sessions.completed(own.id, told=False)
        self._wake(own.id)
        return "This bridge says the end of the session again."

    async def _session(self, alyx: Alyx, facts: Facts, kind: Kind) -> str:
        """As a last word is said: alone, or a register-file of that day, of this session or another, undoes it."""
        _demand_at_rest(facts)
        subject = str(facts.record["subject"])
        async with self._days.alone_on((subject, facts.date)):
            for file_id in self._journal.files.registering_on(subject, facts.date):
                self._quarantine.check(file_id)
            record = await alyx.read(f"sessions/{facts.alyx_id}")
            if facts.own is not None and self._journal.sessions.get(facts.own.id).intent:
                raise WrongState("Delivery writes to that session just now.", about="session", hint=AGAIN)
            body, done = self._change(facts, record, kind)
            if not body:
                return ALREADY
            await alyx.change(f"sessions/{facts.alyx_id}", body)
            return done

    def _change(self, facts: Facts, record: Json, kind: Kind) -> tuple[Json, str]:
        """What to PATCH, {} for nothing; `record`: as it is now."""
        present = record.get("json")
        if kind is Kind.JSON_TEXT:
            document = document_of(present)
            return ({"json": document} if document is not None else {}), "The json is an object now."
        if kind is Kind.CORRECT_LOST and record.get("n_correct_trials") is None:
            count = correct_count(facts)
            return {"n_correct_trials": count}, f"n_correct_trials is {count} now."
        if kind is Kind.NEVER_CLOSED and not record.get("end_time"):
            end = self._last_change(facts)
            narrative = with_line(record.get("narrative") or "", CLOSED_BY)
            return {"end_time": end, "narrative": narrative}, f"The session ended at {end}."
        if kind is Kind.COMPLETE_MISSING and isinstance(present, dict):
            mark = _object(present.get("cagelab"), "The json.cagelab of the session")
            return {"json": present | {"cagelab": mark | {"state": COMPLETE}}}, f"Its state is {COMPLETE} now."
        return {}, ""

    def _last_change(self, facts: Facts) -> str:
        """Of its files on the disk, else of its datasets in Alyx, else its start."""
        if facts.disk:
            return self._clock.naive_at(max(stat.mtime_ns for stat in facts.disk.values()))
        moments = [str(one.record.get("created_datetime") or "") for one in facts.datasets]
        return max([*moments, str(facts.record["start_time"])])

    async def _from_object(self, alyx: Alyx, dataset: Dataset, kind: Kind) -> str:
        held = dataset.held
        contents = await self._reading.contents(dataset)
        if kind is not Kind.NO_HASH and not agrees(dataset, contents):
            raise WrongContent(f"The object of {dataset.path} is not what was registered.")
        if kind is Kind.NOT_MARKED:
            assert held is not None  # its object was read
            await alyx.change(f"files/{held.record['id']}", {"exists": True})
            return "It is what was registered, and is marked as stored now."
        known = await alyx.read(f"datasets/{dataset.id}")
        if str(known.get("hash") or "").lower() != dataset.digest:
            return ALREADY
        facts = _object(known.get("json"), f"The json of {dataset.path}") | {"sha1": contents.sha1}
        await alyx.change(f"datasets/{dataset.id}", {"hash": contents.md5, "json": facts})
        return f"Its hash is the MD5 {contents.md5} now."

    async def _deliver_again(self, facts: Facts, dataset: Dataset) -> str:
        own = _own(facts)
        path = posixpath.join(own.folder, dataset.path)
        hashes = await self._runtime.in_thread(self._stores.measure, path)
        if dataset.digest and dataset.digest not in (hashes.md5, hashes.sha1):
            raise WrongContent(f"{path} is not the file that was registered.")
        return self._upload(facts, dataset.path)

    def _upload(self, facts: Facts, path: str) -> str:
        own = _own(facts)
        order = UploadOrder(paths=(posixpath.join(own.folder, path),))
        transfer = self._transfers.upload(f"audit {self._runtime.new_id()}", own.id, order)
        return f"Delivery has it: upload {transfer.id}."


def _object(value: object, what: str) -> Json:
    """What a json field holds, {} for nothing; Alyx 3.6.1 keeps also texts, which an older program wrote. Raises
    WrongState for anything but an object: nothing of it may be lost."""
    found = value if isinstance(value, dict) else document_of(value)
    if found is None and value not in (None, "", [], {}):
        raise WrongState(
            f"{what} is no JSON object: nothing can be put into it.",
            about="json",
            hint="Make it an object in Alyx's admin page, then audit it again.",
        )
    return found or {}


def _demand_at_rest(facts: Facts) -> None:
    """Not while another bridge may write to the session: one of the two would undo the other."""
    elsewhere = facts.own is None and bool(facts.mark.get("bridge_session"))
    if elsewhere and facts.mark.get("state") != COMPLETE and facts.age <= SETTLED_AFTER:
        raise WrongState(
            "Another bridge recorded that session, and may still deliver it.",
            about="session",
            hint="Audit it on that computer, or a day after its start.",
        )


def _own(facts: Facts) -> Session:
    if facts.own is None:
        raise WrongState(
            "This bridge did not record that session: it has no files of it to deliver.",
            about="session",
            hint="Audit it on the computer that recorded it.",
        )
    return facts.own
