"""Reading a file for its hashes while it is sent."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from cagelab_bridge.errors import FileChanged, SecretInFile
from cagelab_bridge.ports import FileStat, Runtime, Watched
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.hashing import hash_file, unread
from cagelab_bridge.store.parts import MIB, READ_ALONG
from cagelab_bridge.store.read_along import LEAD, reading
from tests.unit.store.fakes import MemoryFiles, StillRuntime, stat_of

PART = 8 * MIB
SECRET = "a-canary-in-the-data"


class OnFiles(SystemRuntime):
    """The real threads, other files."""

    def __init__(self, files: MemoryFiles) -> None:
        super().__init__()
        self.files = files.as_files


def runtime_on(content: bytes, *stats: FileStat) -> Runtime:
    size = len(content)
    return OnFiles(MemoryFiles(content, list(stats) or [stat_of(size)] * 9))


async def test_hashes_are_those_of_a_read_from_beginning_to_end() -> None:
    """Whatever order the parts are asked for in."""
    runtime = runtime_on(bytes(range(256)) * (5 * PART // 256) + b"end")
    whole = hash_file(runtime.files, "/f")
    async with reading(runtime, "/f", ()) as along:
        numbers = range(len(whole.part_md5s), 0, -1)
        found = await asyncio.gather(*(along.part_md5(number) for number in numbers))
        assert found[::-1] == list(whole.part_md5s)
        assert await along.hashes() == whole


async def test_it_does_not_run_far_ahead_of_what_is_sent() -> None:
    """What is sent next still lies in the computer's memory; a store that is slow does not empty it."""
    files = MemoryFiles(bytes(20 * PART), [stat_of(20 * PART)] * 9)
    runtime = StillRuntime()
    runtime.files = files.as_files
    async with reading(runtime, "/f", ()) as along:
        await along.part_md5(3)
        for _ in range(100):
            await asyncio.sleep(0)  # whatever it would do, it does
        assert sum(count for _, count in files.reads) == (4 + LEAD) * PART
    assert sum(count for _, count in files.reads) < 20 * PART


@pytest.mark.parametrize("at", [0, 3 * PART - 5, 5 * PART])
async def test_no_part_that_holds_a_piece_of_a_secret_may_be_sent(at: int) -> None:
    """A secret may lie across two parts: the first of them is held back, too."""
    secret = SECRET.encode()
    content = bytes(at) + secret + bytes(6 * PART - at - len(secret))
    first = at // PART + 1
    async with reading(runtime_on(content), "/f", [Watched(name="the canary", secret=Secret(SECRET))]) as along:
        for number in range(1, first - 1):
            await along.part_md5(number)
        for number in range(first, 7):
            with pytest.raises(SecretInFile, match="/f holds the canary"):
                await along.part_md5(number)
        with pytest.raises(SecretInFile):
            await along.hashes()


async def test_a_file_that_is_not_the_same_at_the_end_has_no_hashes() -> None:
    """Nobody may call it read."""
    size = 4 * PART
    later = replace(stat_of(size), mtime_ns=99)
    async with reading(runtime_on(bytes(size), stat_of(size), later), "/f", ()) as along:
        with pytest.raises(FileChanged):
            await along.hashes()


async def test_a_part_that_the_file_lost_before_it_was_read_means_that_it_changed() -> None:
    """It was longer when it was registered: it is read anew, and nobody has to say so."""
    async with reading(runtime_on(bytes(4 * PART)), "/f", ()) as along:
        with pytest.raises(FileChanged, match="/f became shorter"):
            await along.part_md5(5)


def test_small_files_are_read_first() -> None:
    """That takes a moment, and Alyx learns their hashes with their names."""
    assert unread(stat_of(READ_ALONG - 1)) is None
    known = unread(stat_of(READ_ALONG))
    assert known is not None
    assert (known.md5, known.part_size, known.stat.size) == ("", PART, READ_ALONG)
