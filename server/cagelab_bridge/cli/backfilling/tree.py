"""Finds session folders below a folder, in every layout that ends in <subject>/<YYYY-MM-DD>/<NNN>.

alyxUploader of opticka knows two: <lab>/subjects/<subject>/<day>/<number> and <subject>/<day>/<number>. It takes any
digits in a folder's name for a number, and leaves out in silence what it does not know; here whatever holds files and
is no session folder is told.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
NUMBER = re.compile(r"\d{1,3}")  # Alyx's path pattern reads three digits
SUBJECTS = "subjects"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A session folder, absolute, and what its path says; the lab is "" where the path does not name one."""

    folder: str
    subject: str
    date: str
    number: int
    lab: str = ""


@dataclass(frozen=True, kw_only=True)
class Oddity:
    """A folder with files that belong to no session, and why."""

    folder: str
    why: str


def walk(root: str) -> Iterator[Place | Oddity]:
    """Every session folder below `root`, which may be one itself, in the order of the paths. Links are not followed;
    hidden folders belong to other programs."""
    place = place_of(root)
    if place is not None:
        yield place
        return
    try:
        with os.scandir(root) as found:
            entries = sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda one: one.name)
    except OSError as problem:
        yield Oddity(folder=root, why=f"It cannot be read: {problem.strerror}.")
        return
    files = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    if files:
        yield Oddity(folder=root, why=_why(root, files))
    for entry in entries:
        if entry.is_symlink():
            if entry.is_dir():
                yield Oddity(folder=entry.path, why="It is a link: name the folder itself.")
        elif entry.is_dir():
            yield from walk(entry.path)


def place_of(folder: str) -> Place | None:
    """What the end of the path says; None for a folder of something else."""
    parts = folder.rstrip("/").split("/")
    if len(parts) < 4 or not is_day(parts[-2]) or not NUMBER.fullmatch(parts[-1]) or not int(parts[-1]):
        return None
    below_lab = len(parts) > 5 and parts[-4].casefold() == SUBJECTS
    return Place(
        folder=folder,
        subject=parts[-3],
        date=parts[-2],
        number=int(parts[-1]),
        lab=parts[-5] if below_lab else "",
    )


def is_day(text: str) -> bool:
    """True for a day that exists, as YYYY-MM-DD."""
    try:
        return bool(DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _why(folder: str, files: list[str]) -> str:
    held = f"It holds {files[0]}" + (f" and {len(files) - 1} more" if len(files) > 1 else "")
    *_, above, name = folder.rstrip("/").split("/")
    if is_day(above):
        return f"{held}, and its name is no session number from 001 to 999."
    if NUMBER.fullmatch(name):
        return f"{held}, and the folder above it is no day (YYYY-MM-DD)."
    return f"{held}, and is no session folder …/<subject>/<YYYY-MM-DD>/<NNN>."
