"""A connection to Alyx that leaves a troubled server alone for a while, and notices a refused token."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from cagelab_bridge.errors import Denied, NotLoggedIn
from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import Alyx, Json, Page
from cagelab_bridge.services.accounts.pace import Pace


class PacedAlyx:
    """`ports.Alyx`. `there` gives the connection for each call, or raises; `refused` hears that its token was."""

    def __init__(self, key: AccountKey, there: Callable[[], Alyx], pace: Pace, refused: Callable[[], None]) -> None:
        self.key = key
        self._there = there
        self._pace = pace
        self._refused = refused

    @property
    def clock_ahead(self) -> float | None:
        """Seconds this computer's clock is ahead of Alyx's; None where that is not known (any more)."""
        try:
            return self._there().clock_ahead
        except NotLoggedIn:
            return None

    async def read(self, path: str) -> Json:
        """See ports.Alyx."""
        with self._watched() as alyx:
            return await alyx.read(path)

    async def read_list(self, path: str, limit: int = 5000) -> list[Json]:
        """See ports.Alyx."""
        with self._watched() as alyx:
            return await alyx.read_list(path, limit)

    async def read_page(self, path: str, limit: int) -> Page:
        """See ports.Alyx."""
        with self._watched() as alyx:
            return await alyx.read_page(path, limit)

    async def create(self, path: str, body: Json) -> Json | list[Json]:
        """See ports.Alyx."""
        with self._watched() as alyx:
            return await alyx.create(path, body)

    async def change(self, path: str, body: Json) -> Json:
        """See ports.Alyx."""
        with self._watched() as alyx:
            return await alyx.change(path, body)

    async def remove(self, path: str) -> None:
        """See ports.Alyx."""
        with self._watched() as alyx:
            await alyx.remove(path)

    @contextlib.contextmanager
    def _watched(self) -> Iterator[Alyx]:
        alyx = self._there()
        try:
            with self._pace.watch(self.key.alyx_url):
                yield alyx
        except Denied:
            self._refused()
            raise
