"""SQLite's and the system's refusals as ours: what is wrong with the journal, and what to do about it."""

from __future__ import annotations

import errno
import sqlite3
from enum import Enum
from pathlib import Path

from cagelab_bridge.errors import JournalTrouble


class Cause(Enum):
    """Why the journal cannot be used; the value is the hint."""

    FULL = "Make room on that disk; the bridge then goes on by itself."
    FAILED = (
        "Make room on that disk if it is full; else look into the computer's log (`journalctl -k`): it may be failing. "
        "The bridge opens and checks the journal anew, and goes on by itself once that succeeds."
    )
    REFUSED = (
        "Give this account the right to write there, or choose another state folder (--state, CAGELAB_BRIDGE_STATE). "
        "A disk that became read-only by itself is failing: tell the person who looks after this computer."
    )
    DAMAGED = "Set it aside (do not delete it), run `cagelab-bridge recover <data root>`, and start the bridge anew."
    OTHER = "Look into the bridge's log, and tell the person who runs it."


SQLITE = {
    sqlite3.SQLITE_FULL: Cause.FULL,
    sqlite3.SQLITE_IOERR: Cause.FAILED,
    sqlite3.SQLITE_READONLY: Cause.REFUSED,
    sqlite3.SQLITE_PERM: Cause.REFUSED,
    sqlite3.SQLITE_CANTOPEN: Cause.REFUSED,
    sqlite3.SQLITE_CORRUPT: Cause.DAMAGED,
    sqlite3.SQLITE_NOTADB: Cause.DAMAGED,
}
SYSTEM = {
    errno.ENOSPC: Cause.FULL,
    errno.EDQUOT: Cause.FULL,
    errno.EFBIG: Cause.FAILED,
    errno.EIO: Cause.FAILED,
    errno.EROFS: Cause.REFUSED,
    errno.EACCES: Cause.REFUSED,
    errno.EPERM: Cause.REFUSED,
    errno.ENOTDIR: Cause.REFUSED,
    errno.EEXIST: Cause.REFUSED,
}


def cause_of(problem: BaseException | None) -> Cause | None:
    """Why: of an error of SQLite or the system, or of the JournalTrouble made from it; None for anything else."""
    if isinstance(problem, JournalTrouble):
        return cause_of(problem.__cause__)
    if isinstance(problem, sqlite3.Error):
        # Extended codes carry the plain one in their low byte.
        return SQLITE.get(getattr(problem, "sqlite_errorcode", 0) & 0xFF, Cause.OTHER)
    if isinstance(problem, OSError):
        return SYSTEM.get(problem.errno or 0, Cause.OTHER)
    return None


class told:  # noqa: N801  # used as a phrase: `with told(path):`
    """Turn refusals into JournalTrouble about `place`. A class, for it stands around every statement, and contextlib's
    way takes as long as SQLite's."""

    __slots__ = ("_place",)

    def __init__(self, place: Path) -> None:
        self._place = place

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> None:
        if not isinstance(problem, sqlite3.Error | OSError) or isinstance(problem, sqlite3.IntegrityError):
            return  # the last: a rule of the schema, a mistake of ours, not of the disk
        cause = cause_of(problem)
        assert cause is not None  # both kinds have one
        raise JournalTrouble(f"The journal in {self._place} cannot be used: {problem}.", hint=cause.value) from problem
