"""Keeps one rig connected: its needs, its changes, its state; one task, whatever the other rigs do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from cagelab_bridge import retry
from cagelab_bridge.errors import BridgeError, InternalError, PeerRefused, PeerUnreachable
from cagelab_bridge.models import Need, Peer
from cagelab_bridge.ports import Runtime
from cagelab_bridge.ports.rigs import Kind, RigDoor, RigLink, RigStatus, Told
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.lending.lending import Lending
from cagelab_bridge.services.rigs.mirror import Mirror
from cagelab_bridge.services.rigs.rig_desk import RigDesk, Signing

MOST_PATIENCE = 8.0  # seconds between two attempts to reach a rig
STATUS_EVERY = 30.0  # seconds
TOLD_AT_CONNECT = 500  # sessions, and transfers: what happened while nobody listened
BREATH = 1000  # things a rig tells in a second; more of them wait on its side
FIRST_WORD = 10.0  # seconds a rig has to say how it is
log = logging.getLogger(__name__)


class RigConnection:
    """One rig."""

    def __init__(
        self,
        peer: Peer,
        door: RigDoor,
        lending: Lending,
        mirror: Mirror,
        signatures: Signing,
        runtime: Runtime,
        clock: LabTime,
        changed: Callable[[str], None],
    ) -> None:
        """`changed`: called with the fingerprint after each change of what is known."""
        self.peer = peer
        self.connected = False
        self.last_seen_at = ""
        self.trouble: BridgeError | None = None
        self.status = RigStatus()
        self.link: RigLink | None = None
        self.desk: RigDesk | None = None
        self.settled = asyncio.Event()  # set while it is connected, or the last attempt failed
        self._door = door
        self._lending = lending
        self._mirror = mirror
        self._signatures = signatures
        self._runtime = runtime
        self._clock = clock
        self._changed = changed
        self._heard = 0  # since `_heard_since`, monotonic seconds
        self._heard_since = runtime.monotonic()
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Connect, and again and again, until stopped."""
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Hang up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    @property
    def needs(self) -> tuple[Need, ...]:
        """What it showed last."""
        return self.desk.needs if self.desk else ()

    def clock_ahead(self, ours: Mapping[str, float]) -> float | None:
        """Seconds its clock is ahead of this computer's, by way of a server that both asked; `ours`: this computer's
        distance to each server. None: there is none."""
        return next((theirs - ours[server] for server, theirs in self.status.clocks.items() if server in ours), None)

    async def reached(self, seconds: float) -> RigLink:
        """The connection, made now if need be. Raises why there is none."""
        if self.link is None or not self.connected:
            self.settled.clear()
            self._hurry.set()
            try:
                await self._runtime.wait_for(self.settled.wait(), seconds)
            except TimeoutError:
                raise PeerUnreachable(f"{self.peer.name} does not answer at {self.peer.address}.") from None
        if self.link is None or not self.connected:
            raise self.trouble or PeerUnreachable(f"{self.peer.name} does not answer at {self.peer.address}.")
        return self.link

    async def _run(self) -> None:
        attempts, since = 0, self._runtime.monotonic()
        while True:
            self._hurry.clear()
            began = self._runtime.monotonic()
            try:
                await self._connected()
            except BridgeError as error:
                trouble: BridgeError = error
            except Exception as problem:  # a mistake of ours with one rig must not end the others
                log.exception("the connection to %s", self.peer.name)
                trouble = InternalError(f"The bridge made a mistake ({type(problem).__name__}).")
            else:
                trouble = PeerUnreachable(f"{self.peer.name} closed the connection.")
            if self.connected:
                attempts, since = 0, began
            self._lost(trouble)
            attempts += 1
            age = self._runtime.monotonic() - since
            pause = min(MOST_PATIENCE, retry.delay(attempts, age, self._runtime.chance()))
            with contextlib.suppress(TimeoutError):
                await self._runtime.wait_for(self._hurry.wait(), pause)

    def _lost(self, trouble: BridgeError) -> None:
        if self.trouble is None or self.trouble.message != trouble.message:
            log.info("%s: %s", self.peer.name, trouble)
        self.connected, self.trouble, self.link, self.desk = False, trouble, None, None
        self.settled.set()
        self._changed(self.peer.fingerprint)

    async def _connected(self) -> None:
        """As long as the connection lasts. Raises what ended it."""
        link = self._door.connect(self.peer)
        desk = RigDesk(self.peer, link, self._lending, self._signatures)
        self.link, self.desk = link, desk
        try:
            followed = asyncio.Event()
            await self._first_of(self._needs(link, desk, followed), self._changes(link), self._statuses(link, followed))
        finally:
            await desk.close()
            with contextlib.suppress(BridgeError):
                await link.close()

    async def _first_of(self, *works: Coroutine[Any, Any, None]) -> None:
        """Run them until one ends; raise what it raised. The others are cancelled."""
        tasks = [asyncio.ensure_future(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _needs(self, link: RigLink, desk: RigDesk, followed: asyncio.Event) -> None:
        async for news in link.needs():
            followed.set()
            self._seen()
            await desk.heard(news)
            if news.needs is not None:
                self._changed(self.peer.fingerprint)
            await self._breathe()

    async def _breathe(self) -> None:
        """No rig keeps this computer from hearing the others: what it tells is not read faster than so."""
        self._heard += 1
        if self._heard >= BREATH:
            left = self._heard_since + 1.0 - self._runtime.monotonic()
            if left > 0:
                await self._runtime.sleep(left)
            self._heard, self._heard_since = 0, self._runtime.monotonic()

    async def _changes(self, link: RigLink) -> None:
        """What happened while nobody listened, then what happens."""
        for kind in Kind:
            for told in reversed(await self._told(link, kind)):
                self._mirror.note(self.peer.fingerprint, told)
        self._mirror.trim(self.peer.fingerprint)
        async for told in link.changes():
            self._seen()
            self._mirror.note(self.peer.fingerprint, told)
            await self._breathe()

    async def _told(self, link: RigLink, kind: Kind) -> list[Told]:
        """Its newest; none where it cannot say all that at once: what is unfinished comes all the same."""
        try:
            return await link.told(kind, TOLD_AT_CONNECT)
        except PeerRefused as error:
            log.warning("%s does not list its %ss: %s", self.peer.name, kind, error)
            return []

    async def _statuses(self, link: RigLink, followed: asyncio.Event) -> None:
        """Not before it shows its needs: until then it would say that no control PC is there."""
        with contextlib.suppress(TimeoutError):
            await self._runtime.wait_for(followed.wait(), FIRST_WORD)
        while True:
            self.status = await self._in_time(link.status())
            self._seen()
            self._changed(self.peer.fingerprint)
            await self._runtime.sleep(STATUS_EVERY)

    async def _in_time(self, work: Awaitable[RigStatus]) -> RigStatus:
        try:
            return await self._runtime.wait_for(work, FIRST_WORD)
        except TimeoutError:
            raise PeerUnreachable(f"{self.peer.name} does not answer.") from None

    def _seen(self) -> None:
        self.last_seen_at = self._clock.stamp()
        if not self.connected:
            log.info("%s is connected", self.peer.name)
            self.connected, self.trouble = True, None
            self.settled.set()
            self._changed(self.peer.fingerprint)
