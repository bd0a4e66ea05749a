"""Files that only this account may write: opened without following links, checked before they are believed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cagelab_bridge.durable import force
from cagelab_bridge.errors import FileUnreadable, Forbidden, InvalidInput


def read(path: Path, largest: int, *, private: bool) -> bytes:
    """The file's content. `private`: nobody else may even read it.

    Raises FileNotFoundError, Forbidden (a link, somebody else's, open to others), InvalidInput (too large),
    FileUnreadable.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as problem:
        if path.is_symlink():
            raise Forbidden(f"{path} is a link.", about="files", hint="Put the file itself there.") from None
        raise FileUnreadable(f"{path} cannot be read: {problem.strerror}.") from problem
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise Forbidden(f"{path} is not a regular file.", about="files", hint="Put a file there.")
        _require_ours(found, path, 0o077 if private else 0o022)
        if found.st_nlink != 1:
            raise Forbidden(f"{path} has a second name.", about="files", hint="Put a file of its own there.")
        data = file.read(largest + 1)
    if len(data) > largest:
        raise InvalidInput(f"{path} is larger than {largest} bytes.", about="files")
    return data


def require_folder(path: Path, *, private: bool) -> None:
    """Raise Forbidden unless the folder is one, no link, and open to nobody else. Raises FileNotFoundError."""
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise Forbidden(f"{path} is not a folder.", about="files", hint="Make it a folder of this account.")
    _require_ours(found, path, 0o077 if private else 0o022)


def close_folder(path: Path) -> None:
    """Make the folder where it is missing, and take from others the right to write there; a umask may have given it.

    Raises Forbidden, FileUnreadable.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o022:
            path.chmod(mode & ~0o022)
    except OSError as problem:
        raise FileUnreadable(
            f"{path} cannot be used: {problem.strerror}.", about="disk", hint="Mend the rights there."
        ) from problem


def make_folder(path: Path) -> None:
    """Make a folder that is ours alone; raises Forbidden where there is another thing of that name."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_folder(path, private=False)


def write(path: Path, data: bytes, mode: int) -> None:
    """Make or replace the file, whole and durably. Raises FileUnreadable."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            file.write(data)
            file.flush()
            os.fsync(handle)
        fresh.replace(path)
        force(path.parent)
    except OSError as problem:
        raise FileUnreadable(
            f"{path} cannot be written: {problem.strerror}.", about="disk", hint="Make room, or mend the rights there."
        ) from problem


def remove(path: Path) -> bool:
    """Delete the file durably; False when there is none. Raises FileUnreadable."""
    try:
        path.unlink()
        force(path.parent)
    except FileNotFoundError:
        return False
    except OSError as problem:
        raise FileUnreadable(f"{path} cannot be removed: {problem.strerror}.", about="disk") from problem
    return True


def _require_ours(found: os.stat_result, path: Path, closed: int) -> None:
    if found.st_uid not in (os.geteuid(), 0):  # root may place what ansible brings
        raise Forbidden(f"{path} belongs to another account.", about="files", hint=f"chown it to {os.geteuid()}.")
    if found.st_mode & closed:
        mode = stat.S_IMODE(found.st_mode)
        wanted = mode & ~closed
        raise Forbidden(
            f"{path} is open to other accounts (mode {mode:04o}).",
            about="files",
            hint=f"Find out who could use it, then `chmod {wanted:04o} {path}`.",
        )
