"""Looks for secrets in the bytes of a file, while they are read for its hashes."""

from __future__ import annotations

from collections.abc import Sequence

from cagelab_bridge.ports import SHORTEST_WATCHED, Watched
from cagelab_bridge.store.mat5 import Inflated

SAMPLE = 64 * 1024  # bytes of a block that are looked at


class Search:
    """Fed with the bytes of a file in their order; `found` names the secrets that it holds.

    A secret is found as UTF-8, UTF-16 (as MATLAB writes text into HDF5), UTF-32, escaped as in JSON and as in a URL,
    and in the compressed variables of a MAT-file of version 5 to 7. What else is compressed or encrypted is not looked
    into: chunks of HDF5, archives, images.
    """

    def __init__(self, watched: Sequence[Watched]) -> None:
        needles = needles_of(watched)
        self._plain = Stretch(needles)
        self._inflated = Stretch(needles)
        self._mat = Inflated() if needles else None

    def feed(self, block: bytes) -> None:
        """The next bytes of the file."""
        if self._mat is None:
            return
        self._plain.feed(block)
        for piece in self._mat.feed(block):
            self._inflated.feed(piece)

    @property
    def found(self) -> tuple[str, ...]:
        """The names of the secrets found so far, sorted."""
        return tuple(sorted(self._plain.found | self._inflated.found))


def needles_of(watched: Sequence[Watched]) -> dict[bytes, str]:
    """What to look for in bytes without zeros: every way to write each secret, and its name."""
    needles: dict[bytes, str] = {}
    for secret in watched:
        forms = secret.spellings() if len(secret.secret.reveal()) >= SHORTEST_WATCHED else ()
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "latin-1"):
            needles |= {_without_zeros(form.encode(encoding, "ignore")): secret.name for form in forms}
    # Of a text in a script whose letters an encoding does not have, too little is left to be a proof.
    return {needle: name for needle, name in needles.items() if len(needle) >= SHORTEST_WATCHED}


def _without_zeros(block: bytes) -> bytes:
    # Both are the same; where zeros are few, as in videos and compressed data, the first takes a third of the time.
    few = block.count(0, 0, SAMPLE) < SAMPLE // 64
    return block.replace(b"\0", b"") if few else block.translate(None, b"\0")


class Stretch:
    """Searches one stream of bytes, across the borders of its blocks.

    Zeros are taken out of both sides, so that one search finds a plain letter in all its widths: a search for UTF-16
    of its own takes as long as all hashes together where a file is mostly zeros.
    """

    def __init__(self, needles: dict[bytes, str]) -> None:
        self._needles = needles
        self._overlap = max(map(len, needles), default=1) - 1
        self._tail = b""
        self.found: set[str] = set()

    def feed(self, block: bytes) -> None:
        """The next bytes."""
        data = _without_zeros(block)
        border = self._tail + data[: self._overlap]
        for needle, name in self._needles.items():
            if name not in self.found and (needle in data or needle in border):
                self.found.add(name)
        self._tail = data[-self._overlap :] if len(data) >= self._overlap else (self._tail + data)[-self._overlap :]
