"""The hashes of a file, in one sequential read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial

from cagelab_bridge.errors import FileChanged, FileVanished
from cagelab_bridge.ports import Files, Hashes, Watched
from cagelab_bridge.store.parts import MIB, cut, part_size
from cagelab_bridge.store.searching import Search

BUFFER = 8 * MIB  # bytes read at once


Work = Callable[[], object]


def one_by_one(first: Work, second: Work) -> None:
    """First the one, then the other."""
    first()
    second()


def hash_file(
    files: Files, path: str, watched: Sequence[Watched] = (), beside: Callable[[Work, Work], None] = one_by_one
) -> Hashes:
    """MD5, SHA-256 and SHA-1 of the whole file and MD5 of each part, and which of the watched secrets it holds.

    Blocks: run it in a thread. `beside` does two halves of the work on each block of a large file, which take about as
    long as each other: the MD5 of the whole and the search; all other hashes.

    Raises FileVanished, FileUnreadable; FileChanged when the file is not the same before and after.
    """
    before = files.stat(path)
    if before is None:
        raise FileVanished(f"The file {path} is no longer there.")
    whole = hashlib.md5(usedforsecurity=False)
    others = (hashlib.sha256(), hashlib.sha1(usedforsecurity=False))
    search = Search(watched)
    per_part = part_size(before.size)
    spans = [(part.offset, part.length) for part in cut(before.size, per_part)] or [(0, before.size)]
    halves = beside if per_part else one_by_one
    part_md5s = []
    for start, length in spans:
        part = hashlib.md5(usedforsecurity=False)
        for offset in range(start, start + length, BUFFER):
            block = _read(files, path, offset, min(BUFFER, start + length - offset))
            halves(
                partial(_feed, block, whole.update, search.feed),
                partial(_feed, block, *(hasher.update for hasher in (*others, *([part] if per_part else [])))),
            )
        part_md5s.append(part.hexdigest())
    if files.stat(path) != before:
        raise FileChanged(f"{path} changed while it was being read.")
    return Hashes(
        stat=before,
        md5=whole.hexdigest(),
        sha256=others[0].hexdigest(),
        sha1=others[1].hexdigest(),
        part_size=per_part,
        part_md5s=tuple(part_md5s) if per_part else (),
        leaks=search.found,
    )


def _feed(block: bytes, *takers: Callable[[bytes], object]) -> None:
    for take in takers:
        take(block)


def md5_of_span(files: Files, path: str, offset: int, length: int) -> str:
    """MD5 of `length` bytes from `offset`, in lower-case hex. Blocks. Raises FileChanged when the file is shorter."""
    hasher = hashlib.md5(usedforsecurity=False)
    for start in range(offset, offset + length, BUFFER):
        hasher.update(_read(files, path, start, min(BUFFER, offset + length - start)))
    return hasher.hexdigest()


def read_span(files: Files, path: str, offset: int, length: int) -> bytes:
    """Exactly `length` bytes from `offset`. Blocks. Raises FileChanged when the file is shorter."""
    return _read(files, path, offset, length)


def _read(files: Files, path: str, offset: int, count: int) -> bytes:
    block = files.read(path, offset, count)
    if len(block) != count:
        raise FileChanged(f"{path} became shorter while it was being read.")
    return block
