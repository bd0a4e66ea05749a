"""What is asked for an old session folder, and what became of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from cagelab_bridge.models import Session, Spec


class Outcome(StrEnum):
    """What became of a folder."""

    ACCEPTED = "ACCEPTED"  # just now
    ADDED = "ADDED"  # earlier; files that came or changed since, just now
    KNOWN = "KNOWN"  # earlier, with all that is there
    COPY = "COPY"  # the same session was accepted in another folder
    RECORDED = "RECORDED"  # a bridge recorded it, and delivers it


@dataclass(frozen=True, kw_only=True)
class BackfillOrder:
    """What BackfillSession was asked for. Times are naive, of the lab's zone; "" where they are not known."""

    folder: str
    spec: Spec
    start_time: str = ""
    end_time: str = ""
    n_trials: int | None = None
    n_correct_trials: int | None = None
    repository: str = ""
    check_only: bool = False
    account: str = ""
    alyx_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Told:
    """The answer. `session`: None for one that another bridge recorded; `existing`: id in Alyx of what would be
    completed; `added`: relative paths."""

    outcome: Outcome
    session: Session | None = None
    existing: str = ""
    added: tuple[str, ...] = ()


def session_id(subject: str, date: str, number: int, start_time: str) -> str:
    """The id of an old session, a UUID (version 8) that follows from what it is.

    So a copy of its folder, another bridge, and a bridge that lost its journal all find the record in Alyx by the same
    marker, and none makes a second one.
    """
    facts = f"{subject}\n{date}\n{number:03d}\n{start_time}"
    digits = hashlib.sha256(facts.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-8{digits[12:15]}-8{digits[15:18]}-{digits[18:30]}"
