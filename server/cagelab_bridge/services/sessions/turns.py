"""One at a time for calls that carry the same request id."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Turns:
    """A call repeated while the first is still being answered waits for it, and then finds what that one made."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], tuple[asyncio.Lock, int]] = {}

    @contextlib.asynccontextmanager
    async def take(self, method: str, request_id: str) -> AsyncIterator[None]:
        """Hold the turn; calls without request id never wait."""
        if not request_id:
            yield
            return
        key = (method, request_id)
        lock, count = self._waiting.get(key, (asyncio.Lock(), 0))
        self._waiting[key] = (lock, count + 1)
        try:
            async with lock:
                yield
        finally:
            lock, count = self._waiting[key]
            if count == 1:
                del self._waiting[key]
            else:
                self._waiting[key] = (lock, count - 1)
