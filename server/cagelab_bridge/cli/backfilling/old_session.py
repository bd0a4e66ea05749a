"""One old session as its folder tells it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cagelab_bridge.cli.backfilling import details
from cagelab_bridge.cli.backfilling.details import Details
from cagelab_bridge.cli.backfilling.mat_reader import MatReader
from cagelab_bridge.cli.backfilling.tree import Place
from cagelab_bridge.services.records import second_record

# CageLab and opticka name files <kind>.<yyyy-mm-dd-HH-MM-SS>_<NNN>_<subject>.<extension>.
STAMP = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)(?!\d)")
LONGEST = timedelta(hours=24)  # of a session: a file that changed later was copied, or worked on
YOUNG = timedelta(hours=1)  # since the last change: it may still be recorded


@dataclass(frozen=True, kw_only=True)
class OldSession:
    """What is handed to the bridge; times are naive, in the lab's zone. `end` is never before the start; where the
    start is not known ("" and only the day is), both are."""

    place: Place
    start: str
    end: str
    files: int
    size: int  # bytes
    details: Details
    young: bool
    said: tuple[str, ...]


def read(place: Place, zone: ZoneInfo, now: datetime, reader: MatReader) -> OldSession:
    """Look at every file; open those that tell of the session. Raises OSError for a folder that cannot be listed.

    `zone`: the lab's; `now`: in any zone; `reader` for MAT files.
    """
    found = {path: path.stat() for path in files(Path(place.folder))}
    said: list[str] = []
    changes = sorted(datetime.fromtimestamp(stat.st_mtime_ns / 1e9, zone) for stat in found.values())
    start, end = _span(place, list(found), [moment.replace(tzinfo=None) for moment in changes], said)
    told = details.read(found, reader)
    return OldSession(
        place=place,
        start=start,
        end=end,
        files=len(found),
        size=sum(stat.st_size for stat in found.values()),
        details=told,
        young=bool(changes) and timedelta(0) <= now - changes[-1] < YOUNG,
        said=(*said, *told.said),
    )


def files(folder: Path) -> Iterator[Path]:
    """Those of a session, as the bridge will list them: neither hidden files, nor links, nor its own record."""

    def refuse(problem: OSError) -> None:
        raise problem

    for where, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(where, name)
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            if path == folder / second_record.NAME and _is_record(path):
                continue
            yield path


def _is_record(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return second_record.is_ours(file.read(second_record.HEAD))
    except OSError:
        return False


def _span(place: Place, files: list[Path], changes: list[datetime], said: list[str]) -> tuple[str, str]:
    """The start from the names of the files, the end from their last change."""
    stamps = sorted(moment for path in files for moment in _stamps(path.name))
    of_day = [moment for moment in stamps if moment.date().isoformat() == place.date]
    if stamps and not of_day:
        said.append(f"The files' names tell of another day ({stamps[0].date()}).")
    if files and not of_day:
        said.append("The time of the start is not known.")
    begin = of_day[0] if of_day else datetime.fromisoformat(place.date)
    within = [moment for moment in changes if begin <= moment <= begin + LONGEST]
    late = sum(moment > begin + LONGEST for moment in changes)
    if late:
        said.append(f"{late} of {len(changes)} file(s) changed on a later day: that is not taken for the end.")
    end = max((*within[-1:], *of_day[-1:]), default=begin)
    return (_text(begin) if of_day else ""), _text(end)


def _stamps(name: str) -> Iterator[datetime]:
    for parts in STAMP.findall(name):
        try:
            yield datetime.fromisoformat("{}-{}-{}T{}:{}:{}".format(*parts))
        except ValueError:
            continue


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
