"""What disk, Alyx and store say of one session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.models import Session
from cagelab_bridge.ports import FileStat, Json, Place, StoredObject
from cagelab_bridge.services.documents import decoded


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One file record of a dataset, and the object it means. `place` is None where its repository was not asked."""

    record: Json
    repository: str
    place: Place | None = None
    stored: StoredObject | None = None


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One dataset of the session."""

    id: str
    record: Json
    path: str  # collection and name
    entries: tuple[Entry, ...]

    @property
    def held(self) -> Entry | None:
        """The entry whose object is there; one that is marked so first."""
        there = [entry for entry in self.entries if entry.stored is not None]
        return min(there, key=lambda entry: not entry.record["exists"], default=None)

    @property
    def marked(self) -> bool:
        """Whether Alyx says that some repository has it."""
        return any(entry.record["exists"] for entry in self.entries)

    @property
    def digest(self) -> str:
        """The hash in Alyx, lower case."""
        return str(self.record.get("hash") or "").lower()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything the checks look at. `own`: as this bridge's journal knows the session."""

    alyx_id: str
    record: Json
    datasets: tuple[Dataset, ...]
    doubles: tuple[str, ...]  # ids of the sessions with the same subject, date and number
    repositories: dict[str, Json]
    strays: tuple[Place, ...]  # objects in its folder that belong to no dataset
    unasked: dict[str, str]  # repository → why its store was not asked
    own: Session | None = None
    under_way: frozenset[str] = frozenset()  # paths this bridge has still to deliver
    given_up: frozenset[str] = frozenset()  # paths that somebody dismissed
    reclaimed: dict[str, str] = field(default_factory=dict)  # path → when this computer deleted its copy
    folder: str = ""  # on this computer; "" where there is none
    disk: dict[str, FileStat] = field(default_factory=dict)  # by path below the folder
    age: float = 0.0  # seconds since its start

    @property
    def date(self) -> str:
        """Of its start."""
        return str(self.record["start_time"])[:10]

    @property
    def mark(self) -> Json:
        """json.cagelab, also of a json that is stored as text; {} where there is none."""
        document = self.record.get("json")
        if isinstance(document, str):
            document = document_of(document)
        mark = document.get("cagelab") if isinstance(document, dict) else None
        return mark if isinstance(mark, dict) else {}

    def dataset(self, identity: str) -> Dataset | None:
        """By its id."""
        return next((one for one in self.datasets if one.id == identity), None)


def document_of(value: Any) -> Json | None:
    """The object that stands in `json` as text; None where it is none."""
    try:
        return decoded(value) if isinstance(value, str) and value.strip() else None
    except InvalidInput:
        return None


def named(datasets: Iterable[Dataset], path: str) -> list[Dataset]:
    """Those of that path, whatever their revision."""
    return [one for one in datasets if one.path == path]
