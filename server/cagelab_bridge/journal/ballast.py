"""Room set aside on the journal's disk, given up when that disk is full.

A full disk refuses even to open a journal in WAL mode (SQLite 3.40 says "disk I/O error"), and a bridge that cannot
write cannot note why it waits. So 16 MiB are taken at the start and given up when the disk has hardly any room left, or
refuses: enough for thousands of commits, in which the experiment goes on and the bridge tells what is wrong while
somebody makes room. Once there is room again they are taken anew.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from cagelab_bridge.errors import JournalTrouble

SIZE = 16 * 1024 * 1024  # bytes
NAME = "ballast"
TIGHT = 1024 * 1024  # bytes; a disk with less has no room for the journal's log and its index
log = logging.getLogger(__name__)


class Ballast:
    """A file of `size` bytes in `folder`; size 0: none is made, one that is there is still given up."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self._size = size
        self._path = folder / NAME
        self._made = self._path.exists()  # at some time: where never, there is nothing to look for
        self._name = str(self._path)  # looked for before and after each commit

    @property
    def missing(self) -> bool:
        """True when it should be there and is not."""
        return self._size > 0 and not os.path.exists(self._name)

    def take(self) -> None:
        """Make it where the disk has twice its room, so that it does not itself fill the disk. Raises nothing: the
        commit it follows is done, and whether there is one is in `missing`."""
        try:
            if self.missing and self._free() >= 2 * self._size:
                self._make()
        except OSError as problem:
            log.warning("no room can be set aside in %s: %s", self._folder, problem.strerror)

    def _make(self) -> None:
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size)
            self._made = True
        except OSError:
            self._path.unlink()  # half a ballast would look like a whole one
            raise
        finally:
            os.close(handle)

    def give_up(self, *, certain: bool) -> bool:
        """Make room; True when that changed something. Unless it is `certain` that the disk is full, only where it
        has hardly any room left: a disk that fails for another reason is not helped by that."""
        if not self._made or not os.path.exists(self._name) or not (certain or self._free() < TIGHT):
            return False
        self._path.unlink()
        return True

    def _free(self) -> int:
        found = os.statvfs(self._folder)
        return found.f_bavail * found.f_frsize


def warning(place: Path) -> JournalTrouble:
    """What to tell while the room set aside is not there."""
    return JournalTrouble(
        f"The disk that holds the journal ({place}) is full, or nearly: the room set aside for that is used up.",
        hint="Make room on that disk soon. What was accepted is safe, and the bridge goes on by itself.",
    )
