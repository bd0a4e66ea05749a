"""One row for each folder, in a CSV file and on the screen."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import IO

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from cagelab_bridge.cli.output import clean, size
from cagelab_bridge.errors import InvalidInput


class Word(StrEnum):
    """What became of a folder, or would."""

    CREATED = "created"  # a new session in Alyx
    COMPLETED = "completed"  # a session that another program had made in Alyx
    ADDED = "added"  # delivered earlier; files that came since are delivered too
    KNOWN = "known"  # delivered earlier
    UNDER_WAY = "under way"  # accepted; the bridge goes on
    BLOCKED = "blocked"  # accepted; somebody must act
    COPY = "copy"  # of a session in another folder
    RECORDED = "recorded"  # by a bridge, which delivers it
    EMPTY = "empty"
    YOUNG = "young"  # it may still be recorded
    REFUSED = "refused"
    LEFT_OUT = "left out"  # no session folder


WELL = {Word.CREATED, Word.COMPLETED, Word.ADDED, Word.KNOWN, Word.COPY, Word.RECORDED, Word.EMPTY}
STUCK = {Word.BLOCKED, Word.UNDER_WAY}
KNOWN_ALREADY = {Word.KNOWN, Word.RECORDED}


@dataclass(kw_only=True)
class Row:
    """One folder; times are naive, in the lab's zone."""

    folder: str
    outcome: Word
    why: str = ""
    lab: str = ""
    subject: str = ""
    date: str = ""
    number: str = ""
    start: str = ""
    end: str = ""
    experimenters: str = ""
    trials: str = ""
    correct: str = ""
    files: int = 0
    bytes: int = 0
    delivered: int = 0
    session_id: str = ""
    url: str = ""

    def take(self, session: session_pb2.Session) -> None:
        """What the bridge knows of it, with the warnings."""
        self.lab = session.lab or self.lab
        self.experimenters = ", ".join(session.experimenters) or self.experimenters
        self.session_id, self.url = session.session_id, session.url
        said = list(session.warnings)
        if session.alyx_number not in (0, session.number):
            said.append(f"Alyx has it under the number {session.alyx_number}: its own was taken.")
        self.why = joined(self.why, *(one for one in said if one not in self.why))


TITLES = ("Subject", "Date", ">No.", "Lab", "Start", "End", ">Trials", ">Files", ">Size", "Outcome", "Note")
COLUMNS = [field.name for field in fields(Row)]


class Report:
    """The CSV file, written row by row, so that what is there after an interruption is whole. None: no file."""

    def __init__(self, path: Path | None, root: Path) -> None:
        """Raises InvalidInput for a place below `root`, or a file that is no report."""
        self.rows: list[Row] = []
        self._file: IO[str] | None = None
        if path is None:
            return
        place = Path(os.path.realpath(path))
        if place.is_relative_to(root):
            raise InvalidInput(
                f"The report {path} would lie in {root}, where nothing is ever written.",
                about="report",
                hint="Name a file elsewhere: --report FILE.",
            )
        self._file = _opened(place)
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)

    def keep(self, row: Row) -> None:
        """Add a row."""
        self.rows.append(row)
        if self._file is not None:
            self._writer.writerow([clean(value) for value in asdict(row).values()])
            self._file.flush()

    def __enter__(self) -> Report:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def _opened(path: Path) -> IO[str]:
    try:
        if path.exists():
            with path.open(encoding="utf-8", errors="replace", newline="") as file:
                if next(csv.reader(file), COLUMNS) != COLUMNS:
                    raise InvalidInput(
                        f"{path} is not a report of a back-fill.", about="report", hint="Name another file."
                    )
        return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as problem:
        raise InvalidInput(
            f"The report {path} cannot be written: {problem.strerror}.", about="report", hint="Name another file."
        ) from problem


def shown(row: Row) -> tuple[object, ...]:
    """A row for people; a folder that is no session's stands in the note."""
    note = row.why if row.subject else f"{row.folder}: {row.why}"
    return (
        row.subject,
        row.date,
        row.number,
        row.lab,
        row.start[11:19],
        row.end[11:19] if row.end[:10] == row.date else row.end[:16],
        row.trials,
        row.files or "",
        size(row.bytes) if row.files else "",
        row.outcome,
        note,
    )


def summary(rows: Iterable[Row]) -> str:
    """How many of each."""
    counts = Counter(row.outcome for row in rows)
    return ", ".join(f"{counts[word]} {word}" for word in Word if counts[word]) or "no folder with files"


def joined(*texts: str) -> str:
    """The sentences that say something, one behind the other."""
    return " ".join(text.strip() for text in texts if text.strip())
