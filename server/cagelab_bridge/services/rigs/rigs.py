"""The rigs of a control PC: connected, lent to, looked at."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from cagelab_bridge.errors import BridgeError, InvalidInput, PeerUnknown, PeerUnreachable, WrongState
from cagelab_bridge.models import AccountKey, Peer, PeerChange
from cagelab_bridge.ports import PeerList, Runtime
from cagelab_bridge.ports.rigs import FilesWanted, RigDoor
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.errands import LeaseView
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.lending.lending import Lending, revoke
from cagelab_bridge.services.rigs.mirror import Mirror
from cagelab_bridge.services.rigs.rig_connection import RigConnection
from cagelab_bridge.services.rigs.rig_desk import Signing
from cagelab_bridge.services.rigs.rig_state import RigView

RIG = "rig"  # the role of such a peer
LONGEST = 12 * 3600.0  # seconds a lease may last
REACH = 8.0  # seconds a call of a person waits for a rig
FAREWELL = 2.0  # seconds a rig that is no longer paired has to hear that its leases end
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Forwarded:
    """What ForwardCredentials did."""

    rig: str
    lease_id: str
    expires_at: str  # RFC 3339, UTC
    warnings: tuple[str, ...]


class Rigs:
    """One task per rig; a dead one delays nobody."""

    def __init__(
        self,
        peers: PeerList,
        door: RigDoor,
        lending: Lending,
        mirror: Mirror,
        signatures: Signing,
        accounts: Accounts,
        runtime: Runtime,
        clock: LabTime,
    ) -> None:
        self.lending = lending
        self.mirror = mirror
        self._peers = peers
        self._door = door
        self._signatures = signatures
        self._accounts = accounts
        self._runtime = runtime
        self._clock = clock
        self._connections: dict[str, RigConnection] = {}
        self._listeners: list[Callable[[str], None]] = []
        self._farewells: set[asyncio.Task[None]] = set()
        self._running = False

    # -- running -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Connect to every rig."""
        self._running = True
        self.mirror.start()
        self._peers.on_change(self._paired)
        for peer in self._peers.peers():
            self._add(peer)

    async def stop(self) -> None:
        """Hang up. What was lent stays lent until it ends."""
        self._running = False
        await asyncio.gather(*(connection.stop() for connection in self._connections.values()), *self._farewells)
        await self.mirror.stop()

    def listen(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Call `listener` with a rig's fingerprint after each change. Returns the function that stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _add(self, peer: Peer) -> None:
        if RIG not in peer.roles or not peer.address:
            return
        connection = RigConnection(
            peer,
            self._door,
            self.lending,
            self.mirror,
            self._signatures,
            self._runtime,
            self._clock,
            self._changed,
        )
        self._connections[peer.fingerprint] = connection
        connection.start()

    def _changed(self, fingerprint: str) -> None:
        for listener in list(self._listeners):
            listener(fingerprint)

    def _paired(self, change: PeerChange) -> None:
        """The trust list moved."""
        if not self._running:
            return
        for peer in change.removed:
            self._remove(peer.fingerprint)
        for peer in change.added:
            self._add(peer)
        for peer in change.changed:
            self._renamed(peer)

    def _renamed(self, peer: Peer) -> None:
        """Another name, address or lending: the connection is made anew only where the address is another."""
        connection = self._connections.get(peer.fingerprint)
        if connection is None:
            self._add(peer)
            return
        old, connection.peer = connection.peer, peer
        for errand in self.lending.of_rig(peer.fingerprint):
            errand.peer = peer
            errand.news.set()
        if (old.address, old.port) != (peer.address, peer.port):
            self._later(self._anew(connection, peer))
        self._changed(peer.fingerprint)

    async def _anew(self, connection: RigConnection, peer: Peer) -> None:
        await connection.stop()
        if self._running and self._connections.get(peer.fingerprint) is connection:
            self._add(peer)

    def _remove(self, fingerprint: str) -> None:
        connection = self._connections.pop(fingerprint, None)
        if connection is not None:
            self._later(self._farewell(connection, self.lending.leases(fingerprint)))
        self.lending.drop_rig(fingerprint)

    async def _farewell(self, connection: RigConnection, leases: list[LeaseView]) -> None:
        """End its leases, as far as it can be told; else they end by themselves."""
        link = connection.link
        if connection.desk is not None:
            await connection.desk.close()
        if link is not None and connection.connected:
            with contextlib.suppress(BridgeError, TimeoutError):
                await self._runtime.wait_for(asyncio.gather(*(revoke(link, lease.id) for lease in leases)), FAREWELL)
        await connection.stop()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    # -- looking -------------------------------------------------------------------------------------------------------

    def views(self) -> list[RigView]:
        """All rigs, by name."""
        found = [self._view(connection) for connection in self._connections.values()]
        return sorted(found, key=lambda view: view.peer.name)

    def view(self, rig: str) -> RigView:
        """One, by name or address or both. Raises PeerUnknown."""
        return self._view(self._connection(rig))

    def seen(self, fingerprint: str) -> RigView | None:
        """One, by fingerprint; None where it is no longer paired."""
        connection = self._connections.get(fingerprint)
        return self._view(connection) if connection else None

    def _view(self, connection: RigConnection) -> RigView:
        fingerprint = connection.peer.fingerprint
        troubled = next((errand for errand in self.lending.of_rig(fingerprint) if errand.trouble), None)
        ours = {state.key.alyx_url: state.clock_ahead for state in self._accounts.states()}
        return RigView(
            peer=connection.peer,
            connected=connection.connected,
            last_seen_at=connection.last_seen_at,
            trouble=connection.trouble,
            lending_trouble=(troubled.trouble, troubled.hint, troubled.session_id) if troubled else ("", "", ""),
            status=connection.status,
            clock_ahead=connection.clock_ahead({url: ahead for url, ahead in ours.items() if ahead is not None}),
            needs=connection.needs,
            leases=tuple(self.lending.leases(fingerprint)),
        )

    def _connection(self, rig: str) -> RigConnection:
        peer = self._peers.by_name_or_address(rig)
        connection = self._connections.get(peer.fingerprint)
        if connection is None:
            raise PeerUnknown(
                f"{peer.name} is paired, but is no rig this computer can call.",
                hint="`cagelab-bridge peers list` shows the roles and addresses; pair again with `pair user@rig`.",
            )
        return connection

    # -- doing ---------------------------------------------------------------------------------------------------------

    async def forward(self, rig: str, seconds: float, url: str, username: str) -> Forwarded:
        """Lend to a rig ahead of its sessions; 0 seconds: as long as any lease.

        Raises InvalidInput, PeerUnknown, Forbidden, NotLoggedIn, and PeerTrouble with its cause.
        """
        seconds = self._checked(seconds)
        connection = self._connection(rig)
        key: AccountKey = self._accounts.pick(url, username)
        link = await connection.reached(REACH)
        errand = self.lending.forward(connection.peer, key, seconds)
        await self.lending.serve(errand, link)
        if connection.desk is not None:
            connection.desk.attend(errand)
        if errand.loan is None:
            raise WrongState(errand.trouble or f"{connection.peer.name} did not take it.", about="lending")
        return Forwarded(
            rig=connection.peer.name,
            lease_id=errand.lease_id,
            expires_at=self._clock.stamp_in(seconds),
            warnings=() if errand.loan.token else ("Alyx did not answer: the token follows.",),
        )

    def _checked(self, seconds: float) -> float:
        if not seconds:
            return self.lending.seconds
        if not math.isfinite(seconds) or not 0 < seconds <= LONGEST:
            raise InvalidInput("Credentials are lent for more than no time, and for at most 12 hours.", about="seconds")
        return seconds

    async def revoke(self, lease_id: str) -> None:
        """End a lease now; what it served is lent nothing until somebody says ForwardCredentials.

        Raises NotFound, and PeerTrouble when the rig cannot be told: then it ends by itself, or at the next connection.
        """
        errand = self.lending.bar(lease_id)
        connection = self._connections.get(errand.peer.fingerprint)
        if connection is None or connection.link is None or not connection.connected:
            raise PeerUnreachable(
                f"{errand.peer.name} is not connected: it gives the lease back when it is, or lets it run out.",
                hint="It is not renewed. Take the rig off the network if that cannot wait.",
            )
        await self.lending.serve(errand, connection.link)
        errand.news.set()

    async def transfer(self, rig: str, identity: str, wanted: FilesWanted) -> tuple[str, str]:
        """A transfer with files, from the rig itself: see RigLink.transfer. Raises PeerTrouble while it is away."""
        connection = self._connection(rig)
        if connection.link is None or not connection.connected:
            raise connection.trouble or PeerUnreachable(f"{connection.peer.name} is not connected.")
        return await connection.link.transfer(identity, wanted)
