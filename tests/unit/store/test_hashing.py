"""Hashing a file in one read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from cagelab_bridge.errors import FileChanged, FileVanished
from cagelab_bridge.ports import FileStat, Hashes, Watched
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.hashing import BUFFER, PIECE, Work, hash_file, md5_of_span, one_by_one
from cagelab_bridge.store.parts import MIB
from tests.unit.store.fakes import MemoryFiles, stat_of


@pytest.mark.parametrize("size", [0, 1, BUFFER - 1, 8 * MIB, 8 * MIB + 1, 20 * MIB + 3])
def test_hashes_are_those_of_the_content(size: int) -> None:
    """Whole and part hashes agree with hashing the bytes directly; a file sent as one PUT has no part hashes."""
    content = bytes(range(256)) * (size // 256) + bytes(size % 256)
    hashes = hash_file(MemoryFiles(content, [stat_of(size), stat_of(size)]).as_files, "/f")
    assert hashes.md5 == hashlib.md5(content).hexdigest()
    assert hashes.sha256 == hashlib.sha256(content).hexdigest()
    assert hashes.sha1 == hashlib.sha1(content).hexdigest()
    step = 8 * MIB
    parts = [content[start : start + step] for start in range(0, size, step)] if size > step else []
    assert hashes.part_size == (step if size > step else 0)
    assert hashes.part_md5s == tuple(hashlib.md5(part).hexdigest() for part in parts)


def test_each_byte_is_read_once_and_in_order() -> None:
    """Spinning disks and the memory of a rig are spared: no second pass, no large buffer."""
    size = 40 * MIB + 3
    files = MemoryFiles(bytes(size), [stat_of(size), stat_of(size)])
    hash_file(files.as_files, "/f")
    ends = [offset + count for offset, count in files.reads]
    assert [offset for offset, _ in files.reads] == [0, *ends[:-1]]
    assert ends[-1] == size
    assert max(count for _, count in files.reads) <= PIECE


@pytest.mark.parametrize("change", [{"mtime_ns": 2}, {"ctime_ns": 2}, {"inode": 2}])
def test_a_file_touched_while_it_is_read_is_told_as_changed(change: dict[str, int]) -> None:
    """Any difference between the stat before and after spoils the hashes; ctime catches a restored mtime."""
    with pytest.raises(FileChanged):
        hash_file(MemoryFiles(b"12345", [stat_of(5), stat_of(5, **change)]).as_files, "/f")


def test_a_file_that_shrank_or_went_is_told() -> None:
    """A short read is FileChanged; no file at all is FileVanished."""
    with pytest.raises(FileChanged):
        hash_file(MemoryFiles(b"1234", [stat_of(5), stat_of(5)]).as_files, "/f")
    with pytest.raises(FileChanged):
        hash_file(MemoryFiles(b"12345", [stat_of(5), None]).as_files, "/f")
    with pytest.raises(FileVanished):
        hash_file(MemoryFiles(b"", [None]).as_files, "/f")


def test_a_span_is_hashed_by_itself() -> None:
    """What is compared after a refusal is the part that was sent."""
    assert md5_of_span(MemoryFiles(b"abcdef", []).as_files, "/f", 2, 3) == hashlib.md5(b"cde").hexdigest()


def test_two_threads_find_what_one_finds() -> None:
    """Halves of the work done side by side give the same hashes and the same leaks."""
    secret = b"correct-horse-battery"
    content = bytes(range(256)) * (40 * MIB // 256) + secret
    watched = (Watched(name="the password", secret=Secret(secret.decode())),)

    def hashes(beside: Callable[[Work, Work], None]) -> Hashes:
        stats: list[FileStat | None] = [stat_of(len(content)), stat_of(len(content))]
        return hash_file(MemoryFiles(content, stats).as_files, "/f", watched, beside)

    assert hashes(SystemRuntime().beside) == hashes(one_by_one)
    assert hashes(one_by_one).leaks == ("the password",)
