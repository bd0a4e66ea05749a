"""Opens files and folders by their paths, without being led astray: how a `PathBelow` is kept below its folder."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from cagelab_bridge.errors import FileUnreadable, FileVanished
from cagelab_bridge.path_below import PathBelow

LINKED = frozenset({errno.ELOOP, errno.ENOTDIR})  # what opening without links says to one
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
PLACE = getattr(os, "O_PATH", 0)  # Linux: a folder that may be passed through, but not be listed
COPY_IT = "Put a copy of the file itself there, then `cagelab-bridge retry`."


@contextlib.contextmanager
def beside(path: str) -> Iterator[tuple[str, int | None]]:
    """A path and no folder; or the last part of a path that must lead nowhere else, and the folder it is in, open."""
    if not isinstance(path, PathBelow):
        yield path, None
        return
    folder = folder_of(path, path.parts[:-1])
    try:
        yield path.parts[-1] if path.parts else ".", folder
    finally:
        os.close(folder)


def folder_of(path: PathBelow, parts: Iterable[str]) -> int:
    """A folder below that of the path, opened part by part without following a link."""
    handle = os.open(path.folder, FOLDER | PLACE)
    for part in parts:
        try:
            deeper = os.open(part, FOLDER | PLACE | os.O_NOFOLLOW, dir_fd=handle)
        finally:
            os.close(handle)
        handle = deeper
    return handle


@contextlib.contextmanager
def opened(path: str) -> Iterator[int]:
    """A regular file, open for reading: no link, no pipe a read could hang on, no device that acts when opened."""
    with beside(path) as (name, folder):
        demand_file(path, os.stat(name, dir_fd=folder, follow_symlinks=False))
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)
    try:
        demand_file(path, os.fstat(handle))  # it may have been replaced in between
        yield handle
    finally:
        os.close(handle)


def demand_file(path: str, found: os.stat_result) -> None:
    """Raises FileUnreadable for what is no regular file, or has a second name where it must not."""
    if not stat.S_ISREG(found.st_mode):
        raise FileUnreadable(f"{path} is no regular file.", hint=COPY_IT)
    if isinstance(path, PathBelow) and path.alone and found.st_nlink > 1:
        raise FileUnreadable(f"{path} has another name elsewhere (a hard link).", hint=COPY_IT)


def force_folder(name: str, folder: int | None) -> None:
    """fsync the folder that a name of `beside` is in: one that may only be passed through is opened anew."""
    handle = os.open("." if folder is not None else Path(name).parent, FOLDER, dir_fd=folder)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def told(path: str) -> Iterator[None]:
    """Turn the system's refusals into ours."""
    try:
        yield
    except FileNotFoundError as problem:
        raise FileVanished(f"The file {path} is no longer there.") from problem
    except OSError as problem:
        if problem.errno in LINKED and isinstance(path, PathBelow):
            raise FileUnreadable(f"{path} is a link, or lies behind one.", hint=COPY_IT) from problem
        raise FileUnreadable(f"{path} cannot be read: {problem.strerror}.") from problem
