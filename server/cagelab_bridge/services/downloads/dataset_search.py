"""Finding the datasets that somebody wants, and where their bytes lie."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable, Sequence
from fnmatch import fnmatchcase
from urllib.parse import quote

from cagelab_bridge.errors import InvalidInput, RecordMissing
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey, File, FileState, Transfer
from cagelab_bridge.ports import Alyx, Json, Place, Runtime, StoreDoor
from cagelab_bridge.services import repository_address
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.delivery.session_datasets import identity
from cagelab_bridge.services.downloads.downloads import Wanted

AT_ONCE = 4  # sessions whose datasets are asked for at a time
SESSIONS = 10_000  # of one download
DATASETS = 100_000  # of one session
EARLIEST, LATEST = "1900-01-01", "9999-12-31"


class DatasetSearch:
    """Turns what is wanted into files."""

    def __init__(
        self, journal: Journal, accounts: Accounts, choices: Choices, stores: StoreDoor, runtime: Runtime
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._choices = choices
        self._stores = stores
        self._runtime = runtime

    async def find(self, download: Transfer) -> list[File]:
        """The files of a download, in the order of their paths. Raises InvalidInput when nothing fits, RemoteError."""
        assert download.account is not None  # a download has one
        alyx = await self._accounts.awake(download.account)
        wanted = Wanted.read(download.order)
        sessions = await self._sessions(alyx, wanted)
        records = await self._datasets(alyx, wanted, sessions)
        shares = await self._shares(alyx.key, (record for record, _ in records))
        files: dict[str, File] = {}
        for record, lab in records:
            if _fits(record, wanted):
                file = self._file(download, record, lab, shares)
                files[file.relative_path] = file
        if not files:
            raise InvalidInput(
                f"Alyx has no dataset that fits ({len(sessions)} sessions were looked at).",
                about="download",
                hint="Loosen the conditions; `cagelab-bridge query 'datasets?…'` shows what there is.",
            )
        return [files[path] for path in sorted(files)]

    async def place(self, alyx: Alyx, file: File) -> Place:
        """Where the bytes of a dataset lie now. Raises RecordMissing when no store has them."""
        record = await alyx.read(f"datasets/{file.dataset_id}")
        shares = await self._shares(alyx.key, (record,))
        stored = _stored(record, shares)
        if stored is None:
            raise RecordMissing(
                f"{file.relative_path} is registered in Alyx, but no store has it yet.",
                about="dataset",
                hint="Wait until its upload is done (`cagelab-bridge status` on its rig), then `cagelab-bridge retry`.",
            )
        return self._located(stored, file.dataset_id, shares)

    async def _shares(self, key: AccountKey, records: Iterable[Json]) -> dict[str, str]:
        """The repositories on shares, with their addresses. Alyx is asked again where a dataset names another one."""
        names = {entry["data_repository"] for record in records for entry in record.get("file_records") or ()}
        known = self._choices.known(key, "repositories").records
        if not names <= known.keys():
            known = (await self._choices.read(key, "repositories")).records
        return {name: found for name in names if (found := repository_address.share(known.get(name) or {}))}

    async def _sessions(self, alyx: Alyx, wanted: Wanted) -> list[Json]:
        if wanted.session_ids:
            return [await alyx.read(f"sessions/{self._alyx_id(name)}") for name in wanted.session_ids]
        if wanted.dataset_ids and not wanted.subject and not wanted.first_date and not wanted.last_date:
            return []
        conditions = {"subject": wanted.subject, "lab": wanted.lab, "task_protocol": wanted.task_protocol}
        if wanted.first_date or wanted.last_date:
            conditions["date_range"] = f"{wanted.first_date or EARLIEST},{wanted.last_date or LATEST}"
        query = "&".join(f"{name}={quote(value, safe=',')}" for name, value in conditions.items() if value)
        return await alyx.read_list(f"sessions?{query}", limit=SESSIONS)

    def _alyx_id(self, name: str) -> str:
        """Alyx's id of a session that may be named by ours. Raises InvalidInput while Alyx does not have it."""
        session = self._journal.sessions.find(name)
        if session is None:
            return name
        if not session.alyx_id:
            raise InvalidInput(
                f"Session {name} is not in Alyx yet.", about="session", hint="Its files lie in its folder here."
            )
        return session.alyx_id

    async def _datasets(self, alyx: Alyx, wanted: Wanted, sessions: Sequence[Json]) -> list[tuple[Json, str]]:
        """Dataset records, each with its lab."""
        found: list[tuple[Json, str]] = []
        for name in wanted.dataset_ids:
            record = await alyx.read(f"datasets/{name}")
            session = record.get("session")
            lab = str((await alyx.read(f"sessions/{session[-36:]}")).get("lab") or "") if session else ""
            found.append((record, lab))
        pending = list(sessions)

        async def worker() -> None:
            while pending:
                session = pending.pop()
                records = await alyx.read_list(f"datasets?session={_session_id(session)}", limit=DATASETS)
                found.extend((record, str(session.get("lab") or "")) for record in records)

        workers = [asyncio.ensure_future(worker()) for _ in range(min(AT_ONCE, len(pending)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for task in workers:
                task.cancel()
        return found

    def _file(self, download: Transfer, record: Json, lab: str, shares: dict[str, str]) -> File:
        stored = _stored(record, shares)
        entries = record.get("file_records") or [{}]
        path = str((stored or entries[0]).get("relative_path") or record["name"])
        relative = f"{lab}/Subjects/{path}" if lab else path
        nowhere = Place(endpoint="", bucket="", key="")
        place = self._located(stored, identity(record), shares) if stored else nowhere
        size = record.get("file_size")
        return File(
            id=self._runtime.new_id(),
            transfer_id=download.id,
            session_id="",
            path=f"{download.folder}/{relative}",
            relative_path=relative,
            state=FileState.ACCEPTED,
            size=-1 if size is None else int(size),
            md5=str(record.get("hash") or ""),
            dataset_id=identity(record),
            endpoint=place.endpoint,
            bucket=place.bucket,
            key=place.key,
        )

    def _located(self, entry: Json, dataset_id: str, shares: dict[str, str]) -> Place:
        """The object of a file record: its own data_url without the path is its repository's."""
        whole, path = str(entry["data_url"]), str(entry["relative_path"])
        if entry["data_repository"] in shares:
            return self._stores.locate(shares[entry["data_repository"]], path, dataset_id)
        start = whole.rfind(path.rpartition("/")[0] + "/" if "/" in path else whole.rpartition("/")[2])
        return self._stores.locate(whole[:start], path, dataset_id)


def _session_id(session: Json) -> str:
    return str(session.get("id") or str(session["url"]).rstrip("/")[-36:])


def _stored(record: Json, shares: Container[str]) -> Json | None:
    """The file record whose bytes are there."""
    entries: Iterable[Json] = record.get("file_records") or ()
    there = (entry for entry in entries if entry.get("exists"))
    return next((entry for entry in there if entry.get("data_url") or entry["data_repository"] in shares), None)


def _fits(record: Json, wanted: Wanted) -> bool:
    """Whether a dataset is among those that are wanted."""
    if not wanted.all_revisions and record.get("default_dataset") is False:
        return False
    name, collection = str(record["name"]), str(record.get("collection") or "")
    kind = str(record.get("dataset_type") or "")
    return (
        (not wanted.dataset_types or kind.lower() in {text.lower() for text in wanted.dataset_types})
        and (not wanted.names or any(fnmatchcase(name, pattern) for pattern in wanted.names))
        and (not wanted.collections or any(fnmatchcase(collection, pattern) for pattern in wanted.collections))
    )
