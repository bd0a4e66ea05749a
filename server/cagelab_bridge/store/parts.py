"""How a file is cut into the parts of a multipart upload: pure arithmetic."""

from __future__ import annotations

from typing import NamedTuple

MIB = 1024 * 1024
# Also the largest file that is sent as one PUT. What is on its way when the process dies is sent again: with three
# parts of 16 MiB at once a kill for every 64 MiB cost 20 % more bytes, with one of 8 MiB it costs 6 %.
SMALLEST = 8 * MIB
READ_ALONG = 4 * SMALLEST  # bytes; what is smaller is read in a moment
MOST_PARTS = 9000  # S3 takes 10,000; the rest is room for a server that counts differently


class Part(NamedTuple):
    """One part: its number (from 1), its offset and its length in bytes."""

    number: int
    offset: int
    length: int


def part_size(size: int) -> int:
    """Bytes per part for a file of `size` bytes; 0 means one single PUT.

    8 MiB up to 70 GiB, then as many whole MiB as keep the count below 9000.
    """
    if size <= SMALLEST:
        return 0
    per_part = -(-size // MOST_PARTS)
    return max(SMALLEST, -(-per_part // MIB) * MIB)


def read_along(size: int) -> bool:
    """Whether a file of `size` bytes is sent while it is read: a small one is read in a moment."""
    return size >= READ_ALONG


def cut(size: int, per_part: int) -> list[Part]:
    """The parts of a file of `size` bytes, in order; [] when `per_part` is 0 (one single PUT)."""
    if not per_part:
        return []
    starts = range(0, size, per_part)
    return [Part(number, start, min(per_part, size - start)) for number, start in enumerate(starts, start=1)]
