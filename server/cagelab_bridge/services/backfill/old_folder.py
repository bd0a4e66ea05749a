"""What an old session folder holds, compared with what of it was accepted. Blocks: run it in a thread."""

from __future__ import annotations

from collections.abc import Mapping

from cagelab_bridge.errors import FileTrouble
from cagelab_bridge.models import SETTLED, File
from cagelab_bridge.path_below import PathBelow
from cagelab_bridge.ports import Files, FileStat
from cagelab_bridge.services.records import second_record


def record_of(files: Files, folder: str) -> str:
    """The id of the session that a bridge's `session.json` in the folder tells of; "" where there is none."""
    path = PathBelow(folder, second_record.NAME)
    try:
        if files.stat(path) is None:
            return ""
        return second_record.owner(files.read(path, 0, second_record.HEAD))
    except FileTrouble:
        return ""  # delivery says what is wrong with it


def held(files: Files, folder: str) -> dict[str, FileStat]:
    """Its files by relative path. Hidden ones belong to editors, file managers and network shares. Raises
    FileUnreadable for a folder that cannot be listed."""
    found = {}
    for path in files.walk(folder):
        relative = path[len(folder.rstrip("/")) + 1 :]
        if any(part.startswith(".") for part in relative.split("/")):
            continue
        stat = files.stat(path)
        if stat is not None:
            found[relative] = stat
    return found


def news(there: Mapping[str, FileStat], accepted: Mapping[str, File]) -> list[str]:
    """Relative paths that were never accepted, or changed since they were delivered (or given up)."""
    return sorted(path for path, stat in there.items() if _is_news(stat, accepted.get(path)))


def _is_news(stat: FileStat, row: File | None) -> bool:
    if row is None:
        return True
    # What is still on its way is read again by its delivery; one that was refused at the listing has no size.
    return row.state in SETTLED and row.size >= 0 and (stat.size, stat.mtime_ns) != (row.size, row.mtime_ns)
