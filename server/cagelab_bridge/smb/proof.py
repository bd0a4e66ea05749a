"""Whether a file on the share is what was hashed: its bytes are read back over the wire."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from cagelab_bridge.errors import FileChanged
from cagelab_bridge.ports import Runtime, Upload

if TYPE_CHECKING:
    from cagelab_bridge.smb.share import ShareFile

READ_BACK = "read-back"


class Span(NamedTuple):
    """A stretch of a file, and the MD5 it must have."""

    offset: int
    length: int
    md5: str


def spans(upload: Upload) -> list[Span]:
    """The parts of a file, or all of it where it has none."""
    if not upload.part_size or not upload.part_md5s:
        return [Span(0, upload.size, upload.md5)]
    starts = range(0, upload.size, upload.part_size)
    return [
        Span(start, min(upload.part_size, upload.size - start), md5)
        for start, md5 in zip(starts, upload.part_md5s, strict=True)
    ]


async def first_wrong(runtime: Runtime, file: ShareFile, upload: Upload) -> int | None:
    """Where the first stretch begins that holds other bytes; None when all is right. Reads all up to there.
    Raises WrongContent when the file is shorter."""
    for span in spans(upload):
        if await runtime.in_calm_thread(_md5, file, span) != span.md5:
            return span.offset
    return None


def read_source(runtime: Runtime, upload: Upload, span: Span) -> bytes:
    """The bytes to send. Blocking; raises FileChanged when they are not those that were hashed."""
    data = runtime.files.read(upload.path, span.offset, span.length)
    if len(data) != span.length or hashlib.md5(data, usedforsecurity=False).hexdigest() != span.md5:
        raise FileChanged(f"{upload.path} changed between hashing and sending.")
    return data


def _md5(file: ShareFile, span: Span) -> str:
    hasher = hashlib.md5(usedforsecurity=False)
    file.read(span.offset, span.length, hasher.update)
    return hasher.hexdigest()
