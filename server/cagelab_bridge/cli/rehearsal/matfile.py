"""A MAT file of version 7.3 with one matrix, written byte by byte: HDF5 behind MATLAB's 512-byte user block.

The layout is that of the HDF5 File Format Specification, version 3.0 (docs.hdfgroup.org, "File Format"), with the
oldest structures: superblock 0, a group as B-tree with a local heap, an object header of version 1, contiguous data.
Addresses count from the end of the user block; the end-of-file address counts from the file's start, so that it is the
file's size. Where a program died while it wrote, the two differ.
"""

from __future__ import annotations

import struct
from array import array
from pathlib import Path

USER_BLOCK = 512
TEXT = "MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Sat Jan 31 10:00:00 2026 HDF5 schema 1.00 ."
NOWHERE = 0xFFFF_FFFF_FFFF_FFFF
LEAF_K, INTERNAL_K = 4, 16  # half the children of a group's leaf and inner nodes

# Where the structures stand, in bytes behind the user block.
ROOT, TREE, HEAP, NAMES, SYMBOLS, MATRIX, DATA = 96, 136, 680, 712, 728, 1056, 2048


def write(path: Path, name: str, columns: int, values: array[float]) -> None:
    """Write `values` (doubles, column after column) as the matrix `name` (at most 7 letters) with so many columns."""
    rows = len(values) // columns
    size = len(values) * values.itemsize
    image = bytearray(DATA)
    for address, part in (
        (0, _superblock(USER_BLOCK + DATA + size)),
        (ROOT, _header(_message(0x11, struct.pack("<QQ", TREE, HEAP)))),
        (TREE, _tree()),
        (HEAP, struct.pack("<4sB3xQQQ", b"HEAP", 0, 16, 1, NAMES)),
        (NAMES, bytes(8) + name.encode("ascii")),
        (SYMBOLS, struct.pack("<4sBxH", b"SNOD", 1, 1) + struct.pack("<QQII16x", 8, MATRIX, 0, 0)),
        (MATRIX, _matrix(rows, columns, size)),
    ):
        image[address : address + len(part)] = part
    with path.open("wb") as file:
        file.write(_user_block())
        file.write(image)
        values.tofile(file)


def _user_block() -> bytes:
    """Text, no subsystem data, version 0x0200, and "IM" for little-endian."""
    return (TEXT.ljust(116).encode("ascii") + bytes(8) + b"\x00\x02IM").ljust(USER_BLOCK, b"\0")


def _superblock(end: int) -> bytes:
    sizes = struct.pack("<8sBBBxBBBxHHI", b"\x89HDF\r\n\x1a\n", 0, 0, 0, 0, 8, 8, LEAF_K, INTERNAL_K, 0)
    places = struct.pack("<QQQQ", USER_BLOCK, NOWHERE, end, NOWHERE)
    root = struct.pack("<QQIIQQ", 0, ROOT, 1, 0, TREE, HEAP)
    return sizes + places + root


def _tree() -> bytes:
    """A B-tree with one leaf; its keys are the first name (none) and the last (at 8 in the heap)."""
    return struct.pack("<4sBBHQQQQQ", b"TREE", 0, 0, 1, NOWHERE, NOWHERE, 0, SYMBOLS, 8)


def _header(*messages: bytes) -> bytes:
    body = b"".join(messages)
    return struct.pack("<BxHII4x", 1, len(messages), 1, len(body)) + body


def _message(kind: int, body: bytes) -> bytes:
    padded = body + bytes(-len(body) % 8)
    return struct.pack("<HHB3x", kind, len(padded), 0) + padded


def _matrix(rows: int, columns: int, size: int) -> bytes:
    """Dataspace, type (IEEE double), layout, and the attribute by which MATLAB knows what it is."""
    # MATLAB stores column by column, HDF5 row by row: the sizes change places.
    space = struct.pack("<BBB5xQQ", 1, 2, 0, columns, rows)
    double = struct.pack("<B3BIHHBBBBI", 0x11, 0x20, 0x3F, 0, 8, 0, 64, 52, 11, 0, 52, 1023)
    layout = struct.pack("<BBQQ", 3, 1, DATA, size)
    return _header(_message(1, space), _message(3, double), _message(8, layout), _message(12, _matlab_class()))


def _matlab_class() -> bytes:
    """The attribute MATLAB_class = "double": a text of fixed length, scalar."""
    name = b"MATLAB_class".ljust(16, b"\0")
    text_type = struct.pack("<B3BI", 0x13, 0, 0, 0, 6)
    scalar = struct.pack("<BBB5x", 1, 0, 0)
    return struct.pack("<BxHHH", 1, 13, len(text_type), len(scalar)) + name + text_type + scalar + b"double"
