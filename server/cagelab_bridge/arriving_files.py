"""Files that come from a store, as `ports.Arrivals` names them: hidden until proven, never in place of another."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from cagelab_bridge.durable import force, name_finally
from cagelab_bridge.errors import (
    FileBusy,
    FileUnreadable,
    InvalidInput,
    JournalTrouble,
    WrongContent,
    WrongState,
)

BLOCK = 1024 * 1024  # bytes read at once
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
HASHES = {32: "md5", 40: "sha1"}  # by the digits of what Alyx has


class LocalArrivals:
    """`ports.Arrivals` on this computer's disks."""

    def present(self, path: str, size: int, digest: str) -> str:
        """See ports.Arrivals."""
        place = Path(path)
        with _told(path):
            if not os.path.lexists(path):
                return ""
            if place.is_symlink() or not place.is_file():
                raise _another(path)
            hasher = _Hasher(digest)
            if size not in (-1, place.stat().st_size):
                raise _another(path)
            if hasher.kind:
                _read(place, hasher)
            if not hasher.agrees():
                raise _another(path)
        return hasher.kind or "size"

    def begin(self, root: str, relative_path: str, mark: str, digest: str) -> LocalArrival:
        """See ports.Arrivals."""
        parts = relative_path.split("/")
        if any(part in ("", ".", "..") or "\0" in part for part in (*parts, mark)) or "/" in mark:
            raise InvalidInput(
                f"{relative_path!r} is no path of a file below the download folder.",
                about="path",
                hint="The dataset's record in Alyx has an odd path: correct it there (admin, file records).",
            )
        with _told(f"{root}/{relative_path}"):
            folder = _folder(Path(root), parts[:-1])
            return LocalArrival(folder / parts[-1], mark, digest)


class LocalArrival:
    """`ports.Arrival`: appended to `.<name>.<mark>.part` beside the place."""

    def __init__(self, place: Path, mark: str, digest: str) -> None:
        self._place = place
        self._part = place.with_name(f".{place.name}.{mark}.part")
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self._handle = os.open(self._part, flags, 0o666)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            os.close(self._handle)
            raise FileBusy(f"{place} is being downloaded by somebody else.") from problem
        self._hasher = _Hasher(digest)
        _read(self._part, self._hasher)
        self.count = os.fstat(self._handle).st_size

    def take(self, data: bytes) -> None:
        """See ports.Arrival."""
        with _told(str(self._place)):
            left = memoryview(data)
            while left:
                left = left[os.write(self._handle, left) :]
        self._hasher.take(data)
        self.count += len(data)

    def finish(self, size: int) -> str:
        """See ports.Arrival."""
        if size not in (-1, self.count) or not self._hasher.agrees():
            self.close()
            self._part.unlink(missing_ok=True)
            raise WrongContent(
                f"What came for {self._place.name} is not what Alyx describes ({self.count} bytes arrived).",
                hint="Ask who keeps the store: `cagelab-bridge audit` on the control PC finds such files.",
            )
        with _told(str(self._place)):
            os.fsync(self._handle)
            self.close()
            _name(self._part, self._place)
            force(self._place.parent)
        return self._hasher.kind or "size"

    def close(self) -> None:
        """See ports.Arrival."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


class _Hasher:
    """Hashes what passes, in the kind that the digest is of."""

    def __init__(self, digest: str) -> None:
        self.kind = HASHES.get(len(digest), "")
        self._digest = digest.lower()
        self._hash = hashlib.new(self.kind, usedforsecurity=False) if self.kind else None

    def take(self, block: bytes) -> None:
        if self._hash:
            self._hash.update(block)

    def agrees(self) -> bool:
        return self._hash is None or self._hash.hexdigest() == self._digest


def _read(path: Path, hasher: _Hasher) -> None:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            hasher.take(block)


def _folder(root: Path, parts: list[str]) -> Path:
    """Make the folders below `root`; a link among them leads nobody out."""
    root.mkdir(parents=True, exist_ok=True)
    place = root
    for part in parts:
        place = place / part
        if place.is_symlink():
            raise InvalidInput(
                f"{place} is a link.", about="path", hint="Downloads do not follow links: name the folder itself."
            )
        if not place.is_dir():
            place.mkdir(exist_ok=True)
            force(place.parent)
    return place


def _name(part: Path, place: Path) -> None:
    try:
        name_finally(part, place)
    except FileExistsError as problem:
        raise _another(str(place)) from problem
    part.unlink(missing_ok=True)


def _another(path: str) -> WrongState:
    return WrongState(
        f"{path} is there already, with other content than Alyx describes.",
        about="file",
        hint="Move it away, or download into another folder; the bridge replaces nothing.",
    )


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
    """Turn the system's refusals into ours."""
    try:
        yield
    except OSError as problem:
        if problem.errno in NO_ROOM:
            raise JournalTrouble(
                f"{path} cannot be written: {problem.strerror}.", about="disk", hint="Make room on that disk."
            ) from problem
        raise FileUnreadable(
            f"{path} cannot be written: {problem.strerror}.",
            about="file",
            hint="Give this account the right to write there, or name another folder.",
        ) from problem
