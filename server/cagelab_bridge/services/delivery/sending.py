"""How many objects are sent at once."""

from __future__ import annotations

import asyncio

LARGE_AT_ONCE = 3  # objects; each may hold three parts in memory
SMALL_AT_ONCE = 6  # objects; each costs a round trip, and hardly any memory
SMALL = 1024 * 1024  # bytes of the largest small object


class Sending:
    """Whose turn it is to be sent: small objects do not wait for large ones."""

    def __init__(self) -> None:
        self._small = asyncio.Semaphore(SMALL_AT_ONCE)
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    def turn(self, size: int) -> asyncio.Semaphore:
        """To be held while an object of so many bytes is sent."""
        return self._small if size <= SMALL else self._large
