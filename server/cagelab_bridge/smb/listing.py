"""What lies below a prefix of a share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cagelab_bridge.errors import Refused
from cagelab_bridge.ports import StoredObject
from cagelab_bridge.smb.part_names import is_part

if TYPE_CHECKING:
    from cagelab_bridge.smb.share import Share

DEEPEST = 100  # folders in each other: more are a loop that the numbers of the folders do not tell


def list_objects(share: Share, prefix: str) -> tuple[StoredObject, ...]:
    """All files whose paths begin with `prefix`, by path, unfinished ones of ours excepted. Blocking. Raises Refused
    for folders that have no end.

    Keys of a bucket know upper and lower case, names of a share mostly do not: a file keeps the case it was made with.
    Samba follows links on its side by default: one that leads to a folder it lies in is not walked. One that leads
    elsewhere in the share is, like the folder itself: either may be the path that was registered.
    """
    found: list[StoredObject] = []
    top = prefix.rpartition("/")[0]
    pending: list[tuple[str, tuple[int, ...]]] = [(top, ())]
    while pending:
        place, above = pending.pop()
        if place.count("/") - top.count("/") > DEEPEST:
            raise _endless(share, place)
        folder = share.folder(place)
        if folder.identity and folder.identity in above:
            continue
        for entry in folder.entries:
            path = f"{place}/{entry.name}" if place else entry.name
            if entry.is_folder and not entry.is_link and f"{path}/".startswith(prefix):
                # The numbers are those of a volume: a disk mounted in the share may have the same ones again.
                pending.append((path, () if entry.is_door else (*above, folder.identity)))
            elif not entry.is_folder and path.startswith(prefix) and not is_part(entry.name):
                found.append(StoredObject(key=path, size=entry.size, etag=""))
    return tuple(sorted(found, key=lambda one: one.key))


def _endless(share: Share, place: str) -> Refused:
    return Refused(
        f"The folders of the share {share.name} lie in each other without end: {place[:80]}…",
        about="name",
        hint="Remove the link that leads back to a folder it lies in, on the file server.",
    )
