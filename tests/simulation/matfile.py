"""MAT files of version 7.3 as far as matters here: the superblock says where the file ends."""

from __future__ import annotations

import random

USER_BLOCK = 512
SMALLEST = 900  # bytes
_ABSENT = b"\xff" * 8
_TEXT = b"MATLAB 7.3 MAT-file, simulated"
_END_AT = USER_BLOCK + 40


def mat_file(source: random.Random, size: int, *, missing: int) -> bytes:
    """`size` bytes of a file that should be `missing` bytes longer."""
    base, end = USER_BLOCK.to_bytes(8, "little"), (size + missing).to_bytes(8, "little")
    superblock = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + bytes(8) + base + _ABSENT + end + _ABSENT
    head = _TEXT.ljust(USER_BLOCK) + superblock
    return head + source.randbytes(size - len(head))


def torn(data: bytes) -> bool:
    """True for one that ends elsewhere than it says."""
    return data.startswith(_TEXT) and int.from_bytes(data[_END_AT : _END_AT + 8], "little") != len(data)
