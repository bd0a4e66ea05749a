"""The file system of this computer, as `ports.Files` names it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

from cagelab_bridge import removing
from cagelab_bridge.durable import force, name_finally
from cagelab_bridge.errors import FileChanged, FileUnreadable, FileVanished, JournalTrouble
from cagelab_bridge.opening import beside, demand_file, folder_of, force_folder, opened, told
from cagelab_bridge.path_below import PathBelow
from cagelab_bridge.ports import FileStat

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
AT_ONCE = 1024 * 1024  # bytes read at once while copying


class LocalFiles:
    """Reads files, makes folders, copies a file to a new name, keeps the bridge's own records; never changes a file of
    anybody else, and deletes one in `remove` alone, which nothing calls but reclaiming."""

    def __init__(self) -> None:
        # A broken lease is announced by SIGIO, whose default action ends the process; the probe lasts microseconds,
        # but a writer may open the file just then.
        with contextlib.suppress(ValueError):  # not the main thread: the embedding program has its own signals
            signal.signal(signal.SIGIO, signal.SIG_IGN)

    def stat(self, path: str) -> FileStat | None:
        """The stat of a regular file, or None where there is none (a link counts as none)."""
        with told(path):
            try:
                with beside(path) as (name, folder):
                    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except (FileNotFoundError, NotADirectoryError):
                return None  # a link on the way counts as no folder
            if not stat.S_ISREG(found.st_mode):
                return None
            return FileStat(
                size=found.st_size, mtime_ns=found.st_mtime_ns, ctime_ns=found.st_ctime_ns, inode=found.st_ino
            )

    def resolved(self, path: str) -> str:
        """The path without links; a path that does not exist is resolved as far as it does."""
        return os.path.realpath(path)

    def is_folder(self, path: str) -> bool:
        """True for an existing folder."""
        if not isinstance(path, PathBelow):
            return Path(path).is_dir()
        try:
            os.close(folder_of(path, path.parts))
        except OSError:
            return False
        return True

    def list_folders(self, path: str) -> list[str]:
        """Names of the folders directly below `path`; [] where it does not exist."""
        with told(path):
            try:
                with os.scandir(path) as entries:
                    return sorted(entry.name for entry in entries if entry.is_dir())
            except (FileNotFoundError, NotADirectoryError):
                return []

    def walk(self, path: str) -> list[str]:
        """Absolute paths of all regular files below `path`, sorted; links are not followed."""
        found: list[str] = []

        def refuse(problem: OSError) -> None:
            raise problem  # a folder that cannot be listed must not look like an empty one

        with told(path):
            if isinstance(path, PathBelow):
                return _walk_below(path)
            for folder, _, names in os.walk(path, onerror=refuse):
                found += (os.path.join(folder, name) for name in names)
            return sorted(name for name in found if _is_file(name))

    def make_folder(self, path: str) -> bool:
        """Make `path` and its parents and force them to disk; False when `path` itself existed already."""
        with _made(f"The folder {path}", "folder"):
            return self._make(Path(path))

    def _make(self, path: Path) -> bool:
        if not path.parent.is_dir():
            self._make(path.parent)
        try:
            path.mkdir()
        except FileExistsError:
            if path.is_dir():
                return False
            raise
        force(path.parent)
        return True

    def read(self, path: str, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset`."""
        with told(path), opened(path) as handle:
            return os.pread(handle, count, offset)

    def being_written(self, path: str) -> bool:
        """True when some process holds the file open for writing.

        Linux refuses a read lease (EAGAIN) while a writer has the file open, mapped writers included. It needs the
        same user and a local disk: anything else answers False, and the quiet time alone decides.
        """
        with told(path), opened(path) as handle:
            try:
                fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
                fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            except OSError as problem:
                return problem.errno == errno.EAGAIN
        return False

    def copy(self, source: str, target: str) -> bool:
        """Make `target` a copy of `source`, complete and on the disk, or not at all; False when it is there already."""
        if os.path.lexists(target):
            return False
        place = Path(target)
        unfinished = place.with_name(f".{place.name}.unfinished")  # hidden: no transfer takes it
        before = self.stat(source)
        if before is None:
            raise FileVanished(f"The file {source} is no longer there.")
        try:
            _copy_bytes(source, unfinished)
            if self.stat(source) != before:
                raise FileChanged(f"{source} changed while it was copied.")
            with _made(f"The file {target}", "file"):
                os.utime(unfinished, ns=(before.mtime_ns, before.mtime_ns))
                force(unfinished)
                name_finally(unfinished, place)
                force(place.parent)
        finally:
            with contextlib.suppress(OSError):  # what made this necessary is told already
                unfinished.unlink()
        return True

    def force_to_disk(self, path: str) -> None:
        """fsync the file and its folder, so that a power cut cannot take what was accepted."""
        with told(path):
            with opened(path) as handle:
                os.fsync(handle)
            with beside(path) as (name, folder):
                force_folder(name, folder)

    def free_bytes(self, path: str) -> int:
        """Free bytes on the disk that holds `path` (or its nearest existing parent)."""
        place = Path(path)
        while not place.exists() and place != place.parent:
            place = place.parent
        found = os.statvfs(place)
        return found.f_bavail * found.f_frsize

    def find(self, path: str, name: str) -> tuple[list[str], list[str]]:
        """Files called `name` below `path`, sorted, links not followed; and folders that could not be looked into."""
        closed: list[str] = []
        folders = os.walk(path, onerror=lambda problem: closed.append(str(problem.filename)))
        found = sorted(os.path.join(folder, name) for folder, _, names in folders if name in names)
        return [place for place in found if stat.S_ISREG(os.lstat(place).st_mode)], sorted(closed)

    def write_atomic(self, path: str, data: bytes | bytearray) -> None:
        """Make or replace the file whole and durably, by way of a hidden file beside it."""
        target = Path(path)
        fresh = target.with_name(f".{target.name}.new")
        with _made(f"The file {path}", "file"):
            try:
                _put(fresh, data)
                fresh.replace(target)
            except (FileNotFoundError, NotADirectoryError) as problem:
                raise FileVanished(f"The folder of {path} is no longer there.") from problem
            except OSError:
                with contextlib.suppress(OSError):  # the first refusal is the one to tell
                    fresh.unlink()
                raise
            force(target.parent)

    def write_new(self, path: PathBelow, data: bytes) -> None:
        """See ports.Files."""
        with _made(f"The file {path}", "file"), beside(path) as (name, folder):
            fresh = f".{name}.new"
            try:
                _put(fresh, data, folder)
                removing.link_or_rename(fresh, name, folder)
            except FileExistsError as problem:
                raise FileUnreadable(f"{path} is there already, and is no file.", hint="Rename it.") from problem
            finally:
                with contextlib.suppress(OSError):  # what made this necessary is told already
                    os.unlink(fresh, dir_fd=folder)
            force_folder(name, folder)

    def append(self, path: str, line: bytes) -> None:
        """Put a line behind what a file holds, durably. One that a power cut left without its end is ended first."""
        with _made(f"The file {path}", "file"), beside(path) as (name, folder):
            handle = os.open(name, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            try:
                demand_file(path, os.fstat(handle))
                size = os.fstat(handle).st_size
                torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
                data = (b"\n" if torn else b"") + line + b"\n"
                if os.write(handle, data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
                os.fsync(handle)
            finally:
                os.close(handle)

    def remove(self, path: PathBelow, stat: FileStat) -> None:
        """See ports.Files."""
        removing.remove(path, stat)

    def put_back(self, path: PathBelow) -> None:
        """See ports.Files."""
        removing.put_back(path)


def _walk_below(path: PathBelow) -> list[str]:
    """Absolute paths of all regular files behind a folder, however it changes meanwhile."""

    def refuse(problem: OSError) -> None:
        raise problem

    top = folder_of(path, path.parts)
    found: list[str] = []
    try:
        for folder, _, names, handle in os.fwalk(".", dir_fd=top, onerror=refuse):
            place = os.path.normpath(os.path.join(path, folder))
            found += (os.path.join(place, name) for name in names if _is_file(name, handle))
    finally:
        os.close(top)
    return sorted(found)


def _put(path: str | Path, data: bytes | bytearray, folder: int | None = None) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path, dir_fd=folder)  # of a process that died; never written through a link
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(path, flags, 0o666, dir_fd=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)


def _is_file(path: str, folder: int | None = None) -> bool:
    try:
        return stat.S_ISREG(os.stat(path, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False  # it went while we looked


def _copy_bytes(source: str, target: Path) -> None:
    """Read `source` once into a new file."""
    with told(source):
        handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as given, _made(f"The file {target}", "file"), target.open("wb") as copied:
        while chunk := given.read(AT_ONCE):
            copied.write(chunk)


@contextlib.contextmanager
def _made(thing: str, about: str) -> Iterator[None]:
    """Turn the system's refusals to write into ours."""
    try:
        yield
    except OSError as problem:
        if problem.errno in NO_ROOM:
            raise JournalTrouble(
                f"{thing} cannot be made: {problem.strerror}.", about="disk", hint="Make room on that disk."
            ) from problem
        raise FileUnreadable(
            f"{thing} cannot be made: {problem.strerror}.",
            about=about,
            hint="Give this account the right to write there, or set another root in bridge.toml ([lab] root).",
        ) from problem
