"""One thing an audit finds: what kind, how grave, and who can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from cagelab_bridge.errors import Gravity


class Kind(StrEnum):
    """What may be wrong with a session."""

    DOUBLE = "double"
    JSON_TEXT = "json-text"
    NEVER_CLOSED = "never-closed"
    CLOSING_UNDONE = "closing-undone"
    COMPLETE_MISSING = "complete-missing"
    CORRECT_LOST = "correct-trials-lost"
    HIDDEN = "hidden"
    NOT_ALF = "not-alf"
    UNDER_WAY = "under-way"
    STORE_NOT_ASKED = "store-not-asked"
    NO_FILE_RECORD = "no-file-record"
    NOT_STORED = "registered-not-stored"
    MARKED_MISSING = "marked-but-missing"
    PROVEN_MISSING = "pass-but-missing"
    NOT_MARKED = "stored-not-marked"
    HASH_KIND = "hash-kind"
    NO_HASH = "no-hash"
    SIZE = "size-mismatch"
    CONTENT = "content-mismatch"
    NOT_REGISTERED = "stored-not-registered"
    DISK_ONLY = "on-disk-only"
    DISK_DIFFERS = "disk-differs"
    SECRET = "secret-in-object"  # noqa: S105 - the word for a finding


class Mend(Enum):
    """Who can mend it."""

    NONE = "none"  # a person
    SAFE = "safe"  # the bridge, from what is certain
    ASK = "ask"  # the bridge, once somebody agreed


@dataclass(frozen=True, kw_only=True)
class Found:
    """A finding; `what`: a path below the session folder, a key, a field, "" for the session."""

    kind: Kind
    gravity: Gravity
    message: str
    hint: str
    what: str = ""
    mend: Mend = Mend.NONE
    dataset_id: str = ""
    repaired: bool = False
    outcome: str = ""

    @property
    def id(self) -> str:
        """The same from one audit to the next."""
        return f"{self.kind}:{self.what}"
