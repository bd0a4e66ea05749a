"""Deletes one file for good, and never another one: what takes its name at the last moment is put back.

The file gets a hidden name in its folder first: `.a.mat.reclaiming`. Under that name nobody else opens or replaces it,
so that what is verified then is what is deleted. Whoever was killed in between left it there: see `put_back`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator

from cagelab_bridge.errors import BridgeError, FileBusy, FileChanged, FileUnreadable
from cagelab_bridge.opening import beside, demand_file, force_folder, told
from cagelab_bridge.path_below import PathBelow
from cagelab_bridge.ports import FileStat

SECOND_NAME = "It frees no room while the other name is there; remove that one, if nobody needs it."
CLOSE_IT = "Close it there, then reclaim again."
WHO_WRITES = "Look who writes to it."


def remove(path: PathBelow, stat: FileStat) -> None:
    """See ports.Files. Linux gives no write lease while the file is open elsewhere, for reading or writing; while it is
    held, whoever opens the file waits, and the kernel tells that somebody does."""
    with _refusals(path), beside(path) as (name, folder):
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)
        try:
            _lease(path, handle)
            _demand_same(path, os.fstat(handle), stat)
            _demand_same(path, os.stat(name, dir_fd=folder, follow_symlinks=False), stat)
            _delete(path, name, folder, handle)
        finally:
            os.close(handle)
        force_folder(name, folder)


def put_back(path: PathBelow) -> None:
    """See ports.Files."""
    with _refusals(path):
        try:
            with beside(path) as (name, folder):
                if _is_there(_aside(name), folder):
                    _put_back(path, name, folder)
        except FileNotFoundError:
            return  # there is no such folder


def link_or_rename(old: str, new: str, folder: int | None) -> None:
    """Give a file of the folder a new name, without ever replacing another; the old one may stay. Raises
    FileExistsError, OSError."""
    try:
        os.link(old, new, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as problem:  # some file systems know no links
        if _is_there(new, folder):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new) from problem
        os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)


def _delete(path: PathBelow, name: str, folder: int | None, handle: int) -> None:
    """`handle`: the file that may go, verified and leased."""
    aside = _aside(name)
    if _is_there(aside, folder):
        raise FileUnreadable(
            f"{aside} lies beside {path}, from a deletion that was cut short.",
            hint=f"Look at {aside}: give it the name it should have, or delete it by hand.",
        )
    os.rename(name, aside, src_dir_fd=folder, dst_dir_fd=folder)
    try:
        verified = os.fstat(handle)
        if not os.path.samestat(os.stat(aside, dir_fd=folder, follow_symlinks=False), verified):
            raise FileChanged(f"{path} was replaced just now.", hint=WHO_WRITES)
        if verified.st_nlink != 1:
            raise FileUnreadable(f"{path} has another name elsewhere (a hard link).", hint=SECOND_NAME)
        if fcntl.fcntl(handle, fcntl.F_GETLEASE, 0) != fcntl.F_WRLCK:
            raise FileBusy(f"A program is opening {path} just now.", hint=CLOSE_IT)
        os.unlink(aside, dir_fd=folder)
    except (OSError, BridgeError):
        _put_back(path, name, folder)
        raise


def _put_back(path: PathBelow, name: str, folder: int | None) -> None:
    """Give what was moved aside its name, unless another file has it: then both stay. Raises FileChanged."""
    aside = _aside(name)
    try:
        link_or_rename(aside, name, folder)
    except FileExistsError as problem:
        ours, theirs = (os.stat(one, dir_fd=folder, follow_symlinks=False) for one in (aside, name))
        if not os.path.samestat(ours, theirs):
            raise FileChanged(
                f"{path} was replaced while it was being deleted: what had the name before is kept as {aside}.",
                hint=f"Look at {aside} beside it: give it the name it should have, or delete it by hand.",
            ) from problem
    with contextlib.suppress(FileNotFoundError):
        os.unlink(aside, dir_fd=folder)
    force_folder(name, folder)


def _aside(name: str) -> str:
    """Hidden: no transfer, no audit takes it."""
    return f".{name}.reclaiming"


def _is_there(name: str, folder: int | None) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _lease(path: str, handle: int) -> None:
    """Have the file alone, until the handle is closed. Raises FileBusy, FileUnreadable."""
    try:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError as problem:
        if problem.errno == errno.EAGAIN:
            raise FileBusy(f"{path} is open in a program.", hint=CLOSE_IT) from problem
        raise FileUnreadable(
            f"Whether somebody has {path} open cannot be told: {problem.strerror}.",
            hint="Run the bridge on the computer that has this disk, as the account that owns the file.",
        ) from problem


def _demand_same(path: PathBelow, found: os.stat_result, stat: FileStat) -> None:
    demand_file(path, found)
    if found.st_nlink != 1:
        raise FileUnreadable(f"{path} has another name elsewhere (a hard link).", hint=SECOND_NAME)
    if FileStat(size=found.st_size, mtime_ns=found.st_mtime_ns, ctime_ns=found.st_ctime_ns, inode=found.st_ino) != stat:
        raise FileChanged(f"{path} changed just now.", hint=WHO_WRITES)


@contextlib.contextmanager
def _refusals(path: PathBelow) -> Iterator[None]:
    """Turn the system's refusals to delete into ours."""
    try:
        with told(path):
            yield
    except FileUnreadable as problem:
        cause = problem.__cause__
        if isinstance(cause, OSError) and cause.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG):
            raise FileUnreadable(
                f"{path} cannot be deleted: {cause.strerror}.",
                hint="Give this account the right to write in that folder, or delete the file by hand.",
            ) from cause
        raise
