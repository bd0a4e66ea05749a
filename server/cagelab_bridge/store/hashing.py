"""The hashes of a file, in one sequential read."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from cagelab_bridge.errors import FileChanged, FileVanished
from cagelab_bridge.ports import Files, FileStat, Hashes, Watched
from cagelab_bridge.store.parts import MIB, Part, cut, part_size, read_along
from cagelab_bridge.store.searching import Search

BUFFER = 8 * MIB  # bytes given to two threads at once
PIECE = MIB // 2  # bytes read at once: small enough to stay in a processor's cache for all that looks at them


Work = Callable[[], object]


def one_by_one(first: Work, second: Work) -> None:
    """First the one, then the other."""
    first()
    second()


def hash_file(
    files: Files, path: str, watched: Sequence[Watched] = (), beside: Callable[[Work, Work], None] = one_by_one
) -> Hashes:
    """All hashes of the whole file and MD5 of each part, and which of the watched secrets it holds.

    Blocks: run it in a thread. `beside`: see `Measuring`. Raises FileVanished, FileUnreadable, FileChanged.
    """
    measuring = Measuring(files, path, watched, beside)
    for part in measuring.parts:
        measuring.read(part)
    return measuring.hashes()


def unread(stat: FileStat) -> Hashes | None:
    """See `ports.StoreDoor.unread`."""
    if not read_along(stat.size):
        return None
    return Hashes(stat=stat, md5="", sha256="", sha1="", part_size=part_size(stat.size), part_md5s=())


class Measuring:
    """Reads a file from beginning to end, part by part: MD5, SHA-256 and SHA-1 of the whole, MD5 of each part, and a
    search for secrets. Blocks: run it in a thread, one call at a time."""

    def __init__(
        self,
        files: Files,
        path: str,
        watched: Sequence[Watched] = (),
        beside: Callable[[Work, Work], None] = one_by_one,
    ) -> None:
        """`beside` runs two workers on each block of a large file, who share what is to be done with it: each hash, and
        the search. Raises FileVanished, FileUnreadable."""
        before = files.stat(path)
        if before is None:
            raise FileVanished(f"The file {path} is no longer there.")
        self.stat = before
        self.part_size = part_size(before.size)
        self.parts = cut(before.size, self.part_size) or [Part(1, 0, before.size)]
        self.part_md5s: list[str] = []
        self._files = files
        self._path = path
        self._beside = beside if self.part_size else one_by_one
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._others = (hashlib.sha256(), hashlib.sha1(usedforsecurity=False))
        self._search = Search(watched)

    @property
    def leaks(self) -> tuple[str, ...]:
        """The names of the watched secrets found so far."""
        return self._search.found

    def read(self, part: Part) -> None:
        """The next part. Raises FileUnreadable; FileChanged when the file became shorter."""
        md5 = hashlib.md5(usedforsecurity=False)
        parts_own = [md5.update] if self.part_size else []
        # What takes longest comes first: then two threads have done at about the same time.
        takers = [self._md5.update, *parts_own, self._search.feed, *(hasher.update for hasher in self._others)]
        for offset in range(part.offset, part.offset + part.length, BUFFER):
            block = list(_pieces(self._files, self._path, offset, min(BUFFER, part.offset + part.length - offset)))
            todo: deque[Callable[[bytes], object]] = deque(takers)
            self._beside(partial(_feed, block, todo), partial(_feed, block, todo))
        self.part_md5s.append(md5.hexdigest())

    def hashes(self) -> Hashes:
        """When all parts were read. Raises FileChanged when the file is not the same before and after."""
        if self._files.stat(self._path) != self.stat:
            raise FileChanged(f"{self._path} changed while it was being read.")
        sha256, sha1 = (hasher.hexdigest() for hasher in self._others)
        return Hashes(
            stat=self.stat,
            md5=self._md5.hexdigest(),
            sha256=sha256,
            sha1=sha1,
            part_size=self.part_size,
            part_md5s=tuple(self.part_md5s) if self.part_size else (),
            leaks=self.leaks,
        )


def _feed(block: Sequence[bytes], todo: deque[Callable[[bytes], object]]) -> None:
    """Give the block to one taker after the other, until there is none that another thread has not begun with."""
    while True:
        try:
            take = todo.popleft()
        except IndexError:
            return
        for piece in block:
            take(piece)


def md5_of_span(files: Files, path: str, offset: int, length: int) -> str:
    """MD5 of `length` bytes from `offset`, in lower-case hex. Blocks. Raises FileChanged when the file is shorter."""
    hasher = hashlib.md5(usedforsecurity=False)
    for piece in _pieces(files, path, offset, length):
        hasher.update(piece)
    return hasher.hexdigest()


def read_span(files: Files, path: str, offset: int, length: int) -> bytes:
    """Exactly `length` bytes from `offset`. Blocks. Raises FileChanged when the file is shorter."""
    return _read(files, path, offset, length)


def _pieces(files: Files, path: str, offset: int, length: int) -> Iterator[bytes]:
    for start in range(offset, offset + length, PIECE):
        yield _read(files, path, start, min(PIECE, offset + length - start))


def _read(files: Files, path: str, offset: int, count: int) -> bytes:
    block = files.read(path, offset, count)
    if len(block) != count:
        raise FileChanged(f"{path} became shorter while it was being read.")
    return block
