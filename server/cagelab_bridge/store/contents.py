"""What the bytes of an object are, while they come."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cagelab_bridge.ports import Watched
from cagelab_bridge.store.searching import Search


class ObjectContents:
    """`ports.Contents`."""

    def __init__(self, watched: Sequence[Watched]) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._search = Search(watched)

    def take(self, block: bytes) -> None:
        """The next bytes."""
        self._md5.update(block)
        self._sha1.update(block)
        self._search.feed(block)

    @property
    def md5(self) -> str:
        """Of all that came, in lower-case hex."""
        return self._md5.hexdigest()

    @property
    def sha1(self) -> str:
        """Of all that came, in lower-case hex."""
        return self._sha1.hexdigest()

    @property
    def leaks(self) -> tuple[str, ...]:
        """The names of the watched secrets found so far."""
        return self._search.found
