"""What makes a file survive a power cut, and never take the place of another."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def force(path: Path) -> None:
    """fsync a file or a folder: what it holds, or which names stand in it, is on the disk then. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def name_finally(unfinished: Path, place: Path) -> None:
    """Give a file its name without ever replacing another; some file systems know no links.

    The old name may stay: remove it afterwards. Raises FileExistsError when the name is taken, OSError.
    """
    try:
        os.link(unfinished, place)
    except FileExistsError:
        raise
    except OSError as problem:
        if os.path.lexists(place):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place)) from problem
        unfinished.rename(place)
