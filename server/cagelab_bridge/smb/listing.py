"""What lies below a prefix of a share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cagelab_bridge.ports import StoredObject
from cagelab_bridge.smb.part_names import is_part

if TYPE_CHECKING:
    from cagelab_bridge.smb.share import Share


def list_objects(share: Share, prefix: str) -> tuple[StoredObject, ...]:
    """All files whose paths begin with `prefix`, by path, unfinished ones of ours excepted. Blocking.

    Keys of a bucket know upper and lower case, names of a share mostly do not: a file keeps the case it was made with.
    """
    found: list[StoredObject] = []
    pending = [prefix.rpartition("/")[0]]
    while pending:
        folder = pending.pop()
        for entry in share.entries(folder):
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_folder and f"{path}/".startswith(prefix):
                pending.append(path)
            elif not entry.is_folder and path.startswith(prefix) and not is_part(entry.name):
                found.append(StoredObject(key=path, size=entry.size, etag=""))
    return tuple(sorted(found, key=lambda one: one.key))
