"""A tree of old sessions as labs have it: both layouts, and everything that may be wrong with one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from tests.unit.cli import old_files
from tests.unit.cli.old_files import SESSION, age, write

SUBJECTS = ("TestSubject", "Algernon", "COGP-003")
A_DAY = 10  # sessions of one subject
TORN, NO_START, ODD_FILE, MATS = 11, 12, 13, range(14, 20)  # indexes of sessions that are special


@dataclass(frozen=True, kw_only=True)
class Old:
    """One session; files by relative path."""

    folder: Path
    subject: str
    date: str
    number: int
    start: str  # naive; "" where the files do not tell it
    end: str
    trials: int | None
    correct: int | None
    files: dict[str, bytes]

    @property
    def key(self) -> tuple[str, str, int]:
        """As Alyx tells sessions apart."""
        return self.subject, self.date, self.number


@dataclass(kw_only=True)
class OldTree:
    """`sessions`: those that belong into Alyx; `others`: outcome of each other folder."""

    root: Path
    sessions: list[Old] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)

    def other(self, folder: str, outcome: str, *names: str) -> Path:
        """A folder that is no session."""
        place = self.root / folder
        place.mkdir(parents=True, exist_ok=True)
        for name in names:
            write(place / name, b"left behind", changed="2020-01-01T00:00:00")
        self.others[str(place)] = outcome
        return place


def grown(root: Path, first: date, count: int) -> OldTree:
    """`count` sessions from that day on, half of them in each layout, and the broken ones."""
    tree = OldTree(root=root)
    for index in range(count):
        subject = SUBJECTS[index % len(SUBJECTS)]
        turn = index // len(SUBJECTS)
        day = (first + timedelta(days=turn // A_DAY)).isoformat()
        tree.sessions.append(_session(root, index, subject, day, turn % A_DAY + 1))
    _broken(tree, first.isoformat())
    return tree


def _session(root: Path, index: int, subject: str, day: str, number: int) -> Old:
    above = root / "CogLab" / "subjects" if index % 2 else root
    folder = above / subject / day / f"{number:03d}"
    start, end = f"{day}T{8 + number:02d}:20:30", f"{day}T{8 + number:02d}:45:00"
    stem = f"{start.replace('T', '-').replace(':', '-')}_{number:03d}_{subject}"
    trials: int | None = 100 + index
    correct: int | None = index
    if index == NO_START:
        write(folder / "mock.table.tsv", b"no stamp")
        start, trials, correct = "", None, None
    elif index in MATS:
        written = old_files.newer_mat if index % 2 else old_files.older_mat
        written(folder / f"opticka.raw.{stem}.mat", SESSION | {"subjectName": subject}, 100 + index)
        correct = None
    else:
        old_files.events(folder / f"events.table.{stem}.tsv", 100 + index, index)
        if not index % 4:
            old_files.details(folder / f"opticka.details.{stem}.json", session=SESSION | {"subjectName": subject})
    if index == TORN:
        old_files.newer_mat(folder / f"opticka.raw.{stem}.mat", SESSION, 1)
        torn = folder / f"opticka.raw.{stem}.mat"
        torn.write_bytes(torn.read_bytes()[:-64])
    if index == ODD_FILE:
        write(folder / f"notes.{stem}.docx", b"of no dataset type")
    return _kept(folder, subject, day, number, start, end, trials, correct)


def _kept(
    folder: Path,
    subject: str,
    day: str,
    number: int,
    start: str,
    end: str,
    trials: int | None,
    correct: int | None,
) -> Old:
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")}
    for name in files:
        age(folder / name, end)
    return Old(
        folder=folder,
        subject=subject,
        date=day,
        number=number,
        start=start,
        end=end,
        trials=trials,
        correct=correct,
        files=files,
    )


def _broken(tree: OldTree, day: str) -> None:
    tree.other("TestSubject/001", "left out", "a.mat", "b.mat")
    tree.other("TestSubject/2025-02-30/001", "left out", "a.mat")
    tree.other(f"TestSubject/{day}/1234", "left out", "a.mat")
    tree.other(f"Algernon/{day}/notes_003", "left out", "notes.txt")
    tree.other(f"CogLab/subjects/TestSubject/{day}/900", "empty")
    tree.other(f"Nobody/{day}/001", "refused", f"mock.table.{day}-10-00-00.tsv")
    young = tree.other(f"CogLab/subjects/Algernon/{day}/901", "young")
    (young / f"mock.table.{day}-10-00-00.tsv").write_bytes(b"just now")
    for index, more in ((0, b""), (2, b"only here")):
        original = tree.sessions[index]
        copy = tree.root / "copies" / original.subject / original.date / f"{original.number:03d}"
        shutil.copytree(original.folder, copy)
        if more:
            write(copy / "mock.table.more.tsv", more, changed=original.end)
        tree.others[str(copy)] = "copy"
