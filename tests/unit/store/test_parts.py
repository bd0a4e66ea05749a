"""How files are cut into parts."""

from __future__ import annotations

import pytest

from cagelab_bridge.store.parts import MIB, MOST_PARTS, Part, cut, part_size

GIB = 1024 * MIB


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, 0),
        (8 * MIB, 0),
        (8 * MIB + 1, 8 * MIB),
        (9000 * 8 * MIB, 8 * MIB),
        (9000 * 8 * MIB + 1, 9 * MIB),
        (1024 * GIB, 117 * MIB),
    ],
)
def test_parts_are_8_mib_or_as_large_as_9000_parts_need(size: int, expected: int) -> None:
    """Files up to 8 MiB are one PUT (0); larger ones have parts of whole MiB, at most 9000 of them."""
    assert part_size(size) == expected
    assert len(cut(size, expected)) <= MOST_PARTS


@pytest.mark.parametrize("size", [1, 15, 16, 17, 32, 33])
def test_parts_cover_the_file_without_gap_or_overlap(size: int) -> None:
    """Numbers count from 1, each part begins where the one before ended, and the last ends with the file."""
    parts = cut(size, 16)
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert [part.offset for part in parts] == [
        sum(part.length for part in parts[:index]) for index in range(len(parts))
    ]
    assert sum(part.length for part in parts) == size
    assert all(0 < part.length <= 16 for part in parts)


def test_a_single_put_has_no_parts() -> None:
    """A part size of 0 means the whole file at once."""
    assert cut(5, 0) == []
    assert cut(20, 16) == [Part(1, 0, 16), Part(2, 16, 4)]
