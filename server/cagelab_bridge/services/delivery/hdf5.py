"""Whether an HDF5 file (MATLAB's v7.3 among them) was finished by its writer: from its first bytes and its size.

A writer that is killed leaves a file that opens without an error and holds a part of the rows. The superblock tells:
it keeps the address where the data end, and (HDF5 1.10 and later) a mark while the file is open for writing.
Layout: HDF5 File Format Specification 3.0, "Superblock".
"""

from __future__ import annotations

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SUFFIXES = (".mat", ".h5", ".hdf5", ".nwb")
HEAD = 16 * 1024  # bytes to hand over: the superblock stands at 0, 512, 1024, 2048, … behind a user block
SMALLEST_USER_BLOCK = 512
BLANK = 1024  # bytes; so many zeros at the beginning are a file whose header was never written
OPEN_FOR_WRITING = 1  # bit of the consistency flags
NEWEST = 3  # version of the superblock


def is_named_so(path: str) -> bool:
    """True for a name that such files have."""
    return path.casefold().endswith(SUFFIXES)


def ends_early(first_bytes: bytes, size: int) -> bool | None:
    """True when the file ends elsewhere than its superblock says, or was never closed; None when that cannot be told.

    `first_bytes`: the first HEAD bytes (fewer when the file is shorter); `size` in bytes.
    """
    start = _superblock(first_bytes)
    if start is None:
        # Neither HDF5 nor MATLAB's older formats begin with zeros: the writer died before it wrote the header.
        return True if size >= BLANK and not any(first_bytes[:BLANK]) else None
    block = first_bytes[start:]
    version = block[8] if len(block) > 8 else 0
    if version > NEWEST:
        return None
    # What stands where: the width of an address, the consistency flags, the base address (the end of file is the second
    # address behind it). Version 1 has four bytes more than version 0.
    width_at, flags, base_at = (9, slice(11, 12), 12) if version > 1 else (13, slice(20, 24), 24 + 4 * version)
    width = block[width_at] if len(block) > width_at else 0
    end_at = base_at + 2 * width
    if not width or len(block) < end_at + width:
        return True  # the superblock itself is cut off
    base = _address(block[base_at : base_at + width])
    end = _address(block[end_at : end_at + width])
    left_open = int.from_bytes(block[flags], "little") & OPEN_FOR_WRITING
    # A user block that was put in front later moves everything behind the addresses that are written down.
    return bool(left_open) or base is None or end is None or end + start - base != size


def _superblock(head: bytes) -> int | None:
    """Where the signature stands."""
    start = 0
    while start < len(head):
        if head.startswith(SIGNATURE, start):
            return start
        start = start * 2 or SMALLEST_USER_BLOCK
    return None


def _address(field: bytes) -> int | None:
    """An address; None for the undefined one."""
    return None if field.count(0xFF) == len(field) else int.from_bytes(field, "little")
