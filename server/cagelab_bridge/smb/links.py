"""Connections to one file server that are kept open between calls."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from cagelab_bridge.errors import Denied, NoCredentials
from cagelab_bridge.ports import Runtime, StoreKeys
from cagelab_bridge.smb.location import server_of
from cagelab_bridge.throttle import Throttle

if TYPE_CHECKING:
    from cagelab_bridge.smb.link import Link
    from cagelab_bridge.smb.share import Share

CALM_SECONDS = 300.0  # a new password is tried at once: it comes with a new store
KEPT = 8  # idle connections of one server


class Links:
    """Makes connections, lends each to one caller at a time, and keeps them. Used in the event loop only."""

    def __init__(self, keys: StoreKeys, runtime: Runtime, throttle: Throttle, *, encrypted: bool) -> None:
        """`encrypted`: refuse a server that cannot encrypt."""
        self._keys = keys
        self._runtime = runtime
        self._throttle = throttle
        self._encrypted = encrypted
        self._logging_in = asyncio.Lock()
        self._refused: tuple[float, Denied] | None = None  # monotonic seconds
        self._idle: list[Link] = []
        self._lent: set[Link] = set()
        # A password that was taken back goes with its store: then nobody stays logged in.
        weakref.finalize(self, _cut_all, self._idle)

    @asynccontextmanager
    async def share(self, name: str) -> AsyncIterator[Share]:
        """A share, over a connection that nobody else uses meanwhile. One on which anything went wrong is cut: the
        server then closes the files that were open."""
        link = self._kept() or await self._fresh()
        self._lent.add(link)
        good = False
        try:
            yield await self._runtime.in_thread(_share, link, name, self._throttle)
            good = True
        finally:
            self._lent.discard(link)
            if good and len(self._idle) < KEPT:
                self._idle.append(link)
            else:
                link.cut()

    def close(self) -> None:
        """Cut all of them."""
        _cut_all([*self._idle, *self._lent])
        self._idle.clear()

    def _kept(self) -> Link | None:
        while self._idle:
            link = self._idle.pop()
            if link.alive:
                return link
        return None

    async def _fresh(self) -> Link:
        """A new one. Logins go one after the other, and one that was refused is not tried again for a while: file
        servers lock an account after some wrong passwords, and there may be hundreds of files to store."""
        async with self._logging_in:
            if self._refused is not None and self._runtime.monotonic() - self._refused[0] < CALM_SECONDS:
                raise Denied(self._refused[1].message, hint=self._refused[1].hint)
            # Whoever is cancelled meanwhile leaves none behind: the thread cannot be stopped.
            making = asyncio.ensure_future(self._runtime.in_thread(self._connect))
            try:
                return await asyncio.shield(making)
            except asyncio.CancelledError:
                making.add_done_callback(_cut_made)
                raise
            except Denied as refused:
                self._refused = (self._runtime.monotonic(), refused)
                raise

    def _connect(self) -> Link:
        # Here, in a thread: the library takes a while to load, and most bridges never need it.
        from cagelab_bridge.smb.link import Link

        if not self._keys.access_key or not self._keys.secret_key:
            raise NoCredentials(f"User or password for {self._keys.endpoint} are not complete.")
        link = Link(self._keys.endpoint, server_of(self._keys.endpoint), self._runtime.new_id())
        try:
            link.connect(self._keys.access_key, self._keys.secret_key, encrypted=self._encrypted)
        except BaseException:
            link.cut()
            raise
        return link


def _cut_all(links: list[Link]) -> None:
    for link in links:
        link.cut()


def _cut_made(making: asyncio.Future[Link]) -> None:
    if not making.cancelled() and making.exception() is None:
        making.result().cut()


def _share(link: Link, name: str, throttle: Throttle) -> Share:
    from cagelab_bridge.smb.share import Share

    link.tree(name)
    return Share(link, name, throttle)
