"""How a delivered file stands towards leaving this computer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cagelab_bridge.models import File, Reclaim


class Stand(Enum):
    """Whether a file may leave this computer."""

    STAYS = "stays"  # it must not
    READY = "ready"
    RECLAIMED = "reclaimed"  # this bridge deleted it
    ABSENT = "absent"  # it is not there, and this bridge did not delete it


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One file, and why it stays; `reclaim`: its verifications, None while there is no second."""

    file: File
    stand: Stand
    reclaim: Reclaim | None = None
    reason: str = ""
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A part of a session's files in the order of their paths; `reason`: why none of them may go. `token`: where the
    next part begins, "" for the end."""

    files: tuple[Standing, ...] = ()
    token: str = ""
    reason: str = ""
    hint: str = ""
