"""One at a time, the largest of those that wait first."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_Waiting = tuple[int, int, "asyncio.Future[None]"]


class LargestFirst:
    """A lock that goes to the largest file: what takes longest afterwards should not begin last."""

    def __init__(self) -> None:
        self._held = False
        self._waiting: list[_Waiting] = []
        self._order = itertools.count()

    @asynccontextmanager
    async def turn(self, size: int) -> AsyncIterator[None]:
        """Nobody else is inside. `size`: bytes; among equals, who came first."""
        if self._held:
            await self._wait(size)
        self._held = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, size: int) -> None:
        mine = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (-size, next(self._order), mine))
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled():  # it had the turn already
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            following = heapq.heappop(self._waiting)[2]
            if not following.done():  # else it was cancelled
                following.set_result(None)
                return
        self._held = False
