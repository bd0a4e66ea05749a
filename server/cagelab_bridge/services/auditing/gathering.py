"""Asks disk, Alyx and store about one session."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Any

from cagelab_bridge.errors import FileTrouble, InvalidInput, NoCredentials, Refused
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import SETTLED, FileState, Run, Session
from cagelab_bridge.ports import Alyx, FileStat, Json, Place, Runtime, StoredObject, StoreDoor
from cagelab_bridge.services import repository_address
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.accounts.credentials import Credentials
from cagelab_bridge.services.auditing.facts import Dataset, Entry, Facts
from cagelab_bridge.services.auditing.known_objects import ID_LENGTH, is_a_datasets
from cagelab_bridge.services.delivery.session_datasets import identity
from cagelab_bridge.services.delivery.session_record import day_query
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.reclaiming import manifest
from cagelab_bridge.services.records import second_record

EXAMPLE_ID = "00000000-0000-4000-8000-000000000000"
MANY = 1_000_000


class Gathering:
    """Reads everything, changes nothing."""

    def __init__(
        self,
        journal: Journal,
        choices: Choices,
        credentials: Credentials,
        stores: StoreDoor,
        runtime: Runtime,
        clock: LabTime,
        root: str,
    ) -> None:
        self._journal = journal
        self._choices = choices
        self._credentials = credentials
        self._stores = stores
        self._runtime = runtime
        self._clock = clock
        self._root = root

    async def facts(self, alyx: Alyx, name: str) -> Facts:
        """All of a session that is named by Alyx's id or by ours. Raises InvalidInput while Alyx does not have it,
        RecordMissing, Unreachable …"""
        record = await alyx.read(f"sessions/{self._alyx_id(name)}")
        alyx_id = str(record["url"]).rstrip("/")[-ID_LENGTH:]
        own = self._own(record, alyx_id)
        repositories = (await self._choices.read(alyx.key, "repositories")).records
        rows = await alyx.read_list(f"datasets?session={alyx_id}", limit=MANY)
        folder = _folder(record)
        doubles = await self._doubles(alyx, record, alyx_id)
        names = {entry["data_repository"] for row in rows for entry in row["file_records"]}
        names |= set(self._labs_repositories(alyx, record))
        places = {folder, *("/".join(entry["relative_path"].split("/")[:3]) for entry in _entries(rows))} - {""}
        objects, unasked = await self._objects(sorted(names), places, repositories)
        datasets = tuple(self._dataset(row, repositories, objects, unasked) for row in rows)
        first = min((*doubles, alyx_id)) == alyx_id  # Alyx takes that one for the folder's, and so do we
        home, disk = await self._runtime.in_thread(self._disk, record, own) if first or own else ("", {})
        if own is None and home and self._journal.sessions.in_folder(home) is not None:
            home, disk = "", {}  # another session's
        return Facts(
            alyx_id=alyx_id,
            record=record,
            datasets=datasets,
            doubles=doubles,
            repositories=repositories,
            strays=await self._strays(alyx, folder, datasets, objects) if first else (),
            unasked=unasked,
            own=own,
            under_way=self._under_way(own, disk),
            given_up=self._given_up(own),
            reclaimed=self._journal.reclaims.deleted(own.id) if own else {},
            folder=home,
            disk=disk,
            age=self._clock.moment(self._clock.stamp()) - self._clock.moment(str(record["start_time"])),
        )

    def _alyx_id(self, name: str) -> str:
        session = self._journal.sessions.find(name)
        if session is not None and not session.alyx_id:
            hint = "`cagelab-bridge status` says why."
            raise InvalidInput(f"Session {name} is not in Alyx yet.", about="session", hint=hint)
        return session.alyx_id if session is not None else name

    def _own(self, record: Json, alyx_id: str) -> Session | None:
        """By Alyx's id: the mark in its json may be what was lost."""
        date = str(record["start_time"])[:10]
        known = self._journal.sessions.recent(first_date=date, last_date=date, limit=MANY)
        return next((session for session in known if session.alyx_id == alyx_id), None)

    async def _doubles(self, alyx: Alyx, record: Json, alyx_id: str) -> tuple[str, ...]:
        if record["number"] is None:
            return ()
        day = await alyx.read_list(day_query(record["subject"], str(record["start_time"])[:10]))
        same = (one for one in day if (one["subject"], one["number"]) == (record["subject"], record["number"]))
        return tuple(one["id"] for one in same if one["id"] != alyx_id)

    def _labs_repositories(self, alyx: Alyx, record: Json) -> list[str]:
        lab = self._choices.known(alyx.key, "labs").records.get(record.get("lab") or "") or {}
        return list(lab.get("repositories") or [])

    async def _objects(
        self, names: Iterable[str], folders: set[str], repositories: dict[str, Json]
    ) -> tuple[dict[str, dict[Place, StoredObject]], dict[str, str]]:
        """What lies in those folders, by folder and place; why a repository's store could not be asked."""
        found: dict[str, dict[Place, StoredObject]] = {folder: {} for folder in folders}
        unasked: dict[str, str] = {}
        for name in names:
            data_url = repository_address.address(repositories.get(name) or {})
            try:
                for folder in sorted(folders):
                    found[folder] |= await self._listed(data_url, folder)
            except (NoCredentials, InvalidInput, Refused) as error:
                unasked[name] = error.message
        return found, unasked

    async def _listed(self, data_url: str, folder: str) -> dict[Place, StoredObject]:
        place = self._stores.locate(data_url, f"{folder}/x.y", EXAMPLE_ID)
        store = await self._credentials.store(place.endpoint)
        with self._credentials.pace.watch(place.endpoint):
            objects = await store.list_objects(place.bucket, place.key.rpartition("/")[0] + "/")
        return {Place(endpoint=place.endpoint, bucket=place.bucket, key=one.key): one for one in objects}

    def _dataset(
        self,
        row: Json,
        repositories: dict[str, Json],
        objects: dict[str, dict[Place, StoredObject]],
        unasked: dict[str, str],
    ) -> Dataset:
        held = {place: one for folder in objects.values() for place, one in folder.items()}
        entries = []
        for record in row["file_records"]:
            name = record["data_repository"]
            place = None
            if name not in unasked:
                data_url = repository_address.address(repositories.get(name) or {})
                place = self._stores.locate(data_url, record["relative_path"], identity(row))
            entries.append(
                Entry(record=record, repository=name, place=place, stored=held.get(place) if place else None)
            )
        path = posixpath.join(row.get("collection") or "", str(row["name"]))
        return Dataset(id=identity(row), record=row, path=path, entries=tuple(entries))

    async def _strays(
        self,
        alyx: Alyx,
        folder: str,
        datasets: Iterable[Dataset],
        objects: dict[str, dict[Place, StoredObject]],
    ) -> tuple[Place, ...]:
        """Objects in the session's own folder that are no dataset's. A dataset of another session may lie there: of a
        double, or of one whose subject was corrected. Its id, which its name holds, tells."""
        known = {entry.place for dataset in datasets for entry in dataset.entries}
        loose = [place for place in objects.get(folder, {}) if place not in known]
        return tuple([place for place in loose if not await is_a_datasets(alyx, place.key)])

    def _disk(self, record: Json, own: Session | None) -> tuple[str, dict[str, FileStat]]:
        """The session's folder on this computer and what is in it. Runs in a thread."""
        files, lab = self._runtime.files, record.get("lab") or ""
        guesses = [f"{self._root}/{lab}/{name}/{_folder(record)}" for name in ("Subjects", "subjects")]
        home = next((path for path in ([own.folder] if own else guesses) if files.is_folder(path)), "")
        found: dict[str, FileStat] = {}
        for path in files.walk(home) if home else ():
            relative = posixpath.relpath(path, home)
            stat = files.stat(path)
            if stat is None or any(part.startswith(".") for part in relative.split("/")):
                continue
            if relative not in (second_record.NAME, manifest.NAME) or not self._is_ours(path):
                found[relative] = stat
        return home, found

    def _is_ours(self, path: str) -> bool:
        try:
            head = self._runtime.files.read(path, 0, max(second_record.HEAD, manifest.HEAD))
            return second_record.is_ours(head) or bool(manifest.owner(head))
        except FileTrouble:
            return False  # it is compared as any other

    def _under_way(self, own: Session | None, disk: Iterable[str]) -> frozenset[str]:
        if own is None:
            return frozenset()
        unfinished = self._journal.transfers.recent(session_id=own.id, only_unfinished=True, limit=MANY)
        if own.run in (Run.RESERVED, Run.OPEN) or not all(transfer.listed for transfer in unfinished):
            return frozenset(disk)  # it writes them, or nobody knows yet which are meant
        rows = (file for transfer in unfinished for file in self._journal.files.page(transfer.id, limit=MANY))
        return frozenset(file.relative_path for file in rows if file.state not in SETTLED)

    def _given_up(self, own: Session | None) -> frozenset[str]:
        if own is None:
            return frozenset()
        transfers = self._journal.transfers.of_session(own.id)
        rows = [file for transfer in transfers for file in self._journal.files.page(transfer.id, limit=MANY)]
        delivered = {file.relative_path for file in rows if file.state is FileState.DONE}
        return frozenset({file.relative_path for file in rows if file.state is FileState.DISMISSED} - delivered)


def _folder(record: Json) -> str:
    """subject/date/number as register-file writes it; "" for a session without number."""
    if record["number"] is None:
        return ""
    return f"{record['subject']}/{str(record['start_time'])[:10]}/{record['number']:03d}"


def _entries(rows: Iterable[Json]) -> list[dict[str, Any]]:
    return [entry for row in rows for entry in row["file_records"]]
