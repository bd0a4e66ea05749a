"""The compressed variables of a MAT-file of version 5 (MATLAB's `save` writes them by default, as "v7").

Level 5 of MATLAB's format: a header of 128 bytes, then elements, each with a tag of two 32-bit words, type and length;
type 15 holds one more element compressed by zlib. Everything else of the format is of no interest here.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

HEADER, TAG = 128, 8
COMPRESSED = 15
ORDERS = {b"IM": "<II", b"MI": ">II"}  # the last two bytes of the header tell the order of bytes
PIECE = 1024 * 1024  # bytes inflated at once


class Inflated:
    """Fed with the bytes of a file in their order, gives those that were compressed. Silent for any other file."""

    def __init__(self) -> None:
        self._rest = b""  # of the header or a tag that is not complete yet
        self._wanted = HEADER
        self._order = ""
        self._left = 0  # bytes of the present element
        self._inflater: zlib._Decompress | None = None
        self._done = False

    def feed(self, block: bytes) -> Iterator[bytes]:
        """The next bytes of the file; what they hold inflated, in pieces."""
        view = memoryview(block)
        while view and not self._done:
            if self._left:
                part, view = view[: self._left], view[self._left :]
                self._left -= len(part)
                yield from self._inflate(part)
            else:
                view = self._read_ahead(view)

    def _read_ahead(self, view: memoryview) -> memoryview:
        """Take what is missing of the header or tag."""
        missing = self._wanted - len(self._rest)
        self._rest += view[:missing]
        if len(self._rest) == self._wanted:
            (self._open if self._order else self._begin)(self._rest)
            self._rest, self._wanted = b"", TAG
        return view[missing:]

    def _begin(self, header: bytes) -> None:
        self._order = ORDERS.get(header[126:128], "")
        self._done = not self._order or not header.startswith(b"MATLAB 5.0 MAT-file")

    def _open(self, tag: bytes) -> None:
        kind, length = struct.unpack(self._order, tag)
        self._left = length
        self._inflater = zlib.decompressobj() if kind == COMPRESSED else None

    def _inflate(self, part: memoryview) -> Iterator[bytes]:
        """Inflate in pieces, so that a file cannot take the memory."""
        given: bytes | memoryview = part
        while self._inflater is not None and given:
            try:
                piece = self._inflater.decompress(given, PIECE)
            except zlib.error:
                self._inflater = None  # a damaged variable; the next one may be whole
                return
            if piece:
                yield piece
            given = self._inflater.unconsumed_tail
            if self._inflater.eof:
                self._inflater = None
