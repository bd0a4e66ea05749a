"""What a simulated client wants recorded."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

STEM = "2026-11-20-09-00-00"
RAW = f"opticka.raw.{STEM}.mat"


@dataclass
class Plan:
    """What the client wants recorded, and how far it is. Lives in the client: the bridge's crashes do not touch it."""

    key: str
    names: list[str]
    sizes: list[int]
    session_id: str = ""
    ended: bool = False
    abandoned: bool = False  # its program died, or forgot it
    forgotten: bool = False  # the latter
    session_folder: str = ""
    subject: str = "TestSubject"
    corrections: int = 0
    correcting: bool = False  # the last correction was not answered yet
    answers: list[str] = field(default_factory=list)
    starting: bool = False  # StartSession was sent, and not answered yet
    rebuilt: bool = False  # the journal was lost since its start
    dismissing: set[str] = field(default_factory=set)  # files that somebody asked to give up
    dismissed: set[str] = field(default_factory=set)  # and was told that they are
    spare: bytes = b""  # what its program had saved beside the session when it went away


def plans(source: random.Random) -> list[Plan]:
    """Mostly one session of one file, sometimes more, some large enough for parts."""
    made = []
    for number in range(source.choice((1, 1, 1, 1, 1, 1, 1, 1, 1, 2))):
        names = ["opticka.raw.{}.mat", "events.table.{}.tsv", "alf/mock.table.{}.npy"]
        kinds = names[: source.choice((1, 1, 1, 1, 1, 1, 2, 3))]
        sizes = [source.choice((0, 1, 900, 5000, 13000)) for _ in kinds]
        made.append(Plan(key=f"client-{number}", names=[kind.format(STEM) for kind in kinds], sizes=sizes))
    return made
