"""The datasets Alyx holds for one session, and what a file to be registered means among them."""

from __future__ import annotations

import itertools
import posixpath
import string
from dataclasses import dataclass

from cagelab_bridge.ports import Alyx, Json
from cagelab_bridge.services.delivery import dataset_names


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a file goes to Alyx: under which revision ("" none), and the dataset to adopt instead of registering."""

    revision: str
    adopt: Json | None = None
    qc: str = "NOT_SET"


class SessionDatasets:
    """Read once per session, kept true by what is registered; read anew after an answer was lost."""

    def __init__(self, alyx_id: str) -> None:
        self._alyx_id = alyx_id
        self._records: dict[str, Json] | None = None

    async def load(self, alyx: Alyx) -> None:
        """Ask Alyx, unless it is known. The connection is not kept: the next login makes another."""
        if self._records is None:
            found = await alyx.read_list(f"datasets?session={self._alyx_id}", limit=1_000_000)
            self._records = {identity(record): record for record in found}

    def forget(self) -> None:
        """What is known may be wrong: an answer was lost."""
        self._records = None

    def note(self, dataset_id: str, record: Json) -> None:
        """Remember a dataset that was just registered or changed."""
        if self._records is not None:
            self._records[dataset_id] = record

    def facts(self, dataset_id: str) -> Json:
        """The dataset's json, {} when it has none or is not known."""
        record = (self._records or {}).get(dataset_id) or {}
        return dict(record.get("json") or {})

    def digest(self, dataset_id: str) -> str:
        """The dataset's hash in Alyx, lower case; "" when it has none or is not known."""
        return _digest((self._records or {}).get(dataset_id) or {})

    async def heal(self, alyx: Alyx, relative_path: str) -> None:
        """Remove empty twins: two register-file calls at once leave two datasets, after which Alyx 3.6.1 answers 500
        to every call for that name. The one without file records holds nothing."""
        for record in self._named(relative_path):
            twins = [other for other in self._named(relative_path) if other["revision"] == record["revision"]]
            if len(twins) > 1 and not record["file_records"]:
                await alyx.remove(f"datasets/{identity(record)}")
                assert self._records is not None  # _named gave a record
                del self._records[identity(record)]

    def holds(self, relative_path: str) -> bool:
        """Whether Alyx has a dataset of that name already."""
        return bool(self._named(relative_path))

    def plan(self, relative_path: str, md5: str, repository: str, today: str, *, sha1: str = "") -> Plan:
        """Adopt the same content, replace content that was never PASS, give other content a new ALF revision.

        `sha1`: of the same content, which programs before the bridge sent for a hash.

        Alyx 3.6.1 keeps dataset id and object key when a name is registered with another hash: without a revision the
        new bytes would replace an object that was called PASS.
        """
        records = self._named(relative_path)
        for record in records:
            if _digest(record) in (md5, sha1 or md5):
                there = file_record(record, repository) is not None
                return Plan(revision=record["revision"], adopt=record if there else None, qc=record["qc"])
        fixed = [record for record in records if record["qc"] == "PASS" or _stored(record)]
        loose = [record for record in records if record not in fixed]
        if loose:
            return Plan(revision=loose[0]["revision"])
        return Plan(revision=_free_revision(today, {record["revision"] for record in records}) if fixed else "")

    def _named(self, relative_path: str) -> list[Json]:
        collection, name = dataset_names.split(relative_path)
        records = (self._records or {}).values()
        return [record for record in records if (record["collection"] or "", record["name"]) == (collection, name)]


def identity(record: Json) -> str:
    """A dataset's id: lists answer an address, register-file an id."""
    return str(record.get("id") or posixpath.basename(record["url"]))


def file_record(record: Json, repository: str, folder: str = "") -> Json | None:
    """A dataset's file record in that repository.

    There may be two when the session's subject was corrected: what is stored counts most, then the one in the session's
    `folder` (subject/date/number), because a dataset that is registered again gets a record there.
    """
    entries = [entry for entry in record["file_records"] if entry["data_repository"] == repository]
    entries.sort(key=lambda entry: (not entry["exists"], not entry["relative_path"].startswith(f"{folder}/")))
    return entries[0] if entries else None


def _digest(record: Json) -> str:
    return str(record.get("hash") or "").lower()


def _stored(record: Json) -> bool:
    return any(entry["exists"] for entry in record["file_records"])


def _free_revision(today: str, taken: set[str]) -> str:
    """The day, then a … z, za … zz, zza … behind it: a later revision sorts behind the earlier ones."""
    names = (today + "z" * count + letter for count in itertools.count() for letter in string.ascii_lowercase)
    return next(name for name in itertools.chain([today], names) if name not in taken)
