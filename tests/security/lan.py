"""A rig's LAN door with a few handlers behind it, bridges that may call it, and strangers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2, transfer_pb2
from cagelab_bridge.api.dispatch import Caller, Dispatcher, Handler
from cagelab_bridge.identity.identity import Identity, load_or_make
from cagelab_bridge.identity.peer_files import PeerFiles
from cagelab_bridge.identity.trust_list import TrustList
from cagelab_bridge.lan_door.server import LanServer
from cagelab_bridge.models import Peer
from cagelab_bridge.peers.door import OPTIONS, GrpcPeerDoor
from cagelab_bridge.ports import PeerLink
from cagelab_bridge.runtime import SystemRuntime

BRIDGE = "/cagelab.bridge.v1.Bridge/"
STATUS, WATCH = BRIDGE + "GetStatus", BRIDGE + "Watch"
SOON = 10.0  # seconds after which a test says that something hangs


class Desk:
    """The handlers behind the door: GetStatus answers, or waits while `hold` is set; Watch answers once and waits, or
    answers until nobody takes it any more if `flood` is set."""

    def __init__(self) -> None:
        self.callers: list[Caller] = []
        self.requests: list[Any] = []
        self.hold = False
        self.flood = False
        self.stuck = asyncio.Event()
        self.entered = asyncio.Semaphore(0)  # one for each call that waits
        self.left = asyncio.Event()

    async def status(self, request: status_pb2.GetStatusRequest, caller: Caller) -> status_pb2.GetStatusResponse:
        self.callers.append(caller)
        if self.hold:
            await self._wait()
        return status_pb2.GetStatusResponse(version="of the test")

    async def watch(self, request: status_pb2.WatchRequest, caller: Caller) -> AsyncIterator[status_pb2.WatchResponse]:
        self.callers.append(caller)
        self.requests.append(request)
        try:
            while self.flood:
                timer = asyncio.get_running_loop().call_later(0.5, self.stuck.set)
                yield status_pb2.WatchResponse(transfer=transfer_pb2.Transfer(transfer_id="x" * 200_000))
                timer.cancel()
            yield status_pb2.WatchResponse()
        finally:
            if self.flood:
                self.left.set()
        await self._wait()

    async def _wait(self) -> None:
        self.entered.release()
        try:
            await asyncio.Event().wait()
        finally:
            self.left.set()


@dataclass(frozen=True)
class Known:
    """A bridge with an identity; nobody listens there."""

    state: Path
    identity: Identity

    def peer(self, name: str, *roles: str, address: str = "", port: int = 0) -> Peer:
        """This bridge, as another one keeps it."""
        return Peer(
            name=name,
            fingerprint=self.identity.fingerprint,
            certificate_pem=self.identity.certificate_pem,
            roles=frozenset(roles),
            address=address,
            port=port,
        )


def made(state: Path) -> Known:
    """A bridge whose state lies there."""
    return Known(state, load_or_make(state, "now"))


@dataclass
class Rig:
    """A rig whose LAN door is open."""

    known: Known
    trust: TrustList
    files: PeerFiles
    desk: Desk = field(default_factory=Desk)
    place: str = ""

    @property
    def port(self) -> int:
        """Of the LAN door."""
        return int(self.place.rpartition(":")[2])

    async def pair(self, other: Known, name: str, *roles: str) -> None:
        """Trust another bridge."""
        self.files.write(other.peer(name, *roles))
        self.trust.refresh()

    async def part(self, name: str) -> None:
        """Trust it no more."""
        assert self.files.remove(name)
        self.trust.refresh()

    def as_peer(self) -> Peer:
        """This rig, as a control PC keeps it."""
        return self.known.peer("rig7", "rig", address="127.0.0.1", port=self.port)


@asynccontextmanager
async def opened(
    state: Path,
    handlers: dict[str, Handler] | None = None,
    *,
    grace: float = 0,
    address: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[Rig]:
    """A rig on the loopback. `handlers`: others than the desk's two; `grace`: seconds at the end; port 0: any."""
    runtime, known = SystemRuntime(), made(state)
    files = PeerFiles(state, known.identity.fingerprint)
    rig = Rig(known, TrustList(files, runtime), files)
    table: dict[str, Handler] = {STATUS: rig.desk.status, WATCH: rig.desk.watch} if handlers is None else handlers
    server = LanServer(Dispatcher(table, runtime), known.identity, rig.trust)
    rig.place = await server.start(address, port)
    try:
        yield rig
    finally:
        await server.stop(grace)


@asynccontextmanager
async def linked(caller: Known, peer: Peer) -> AsyncIterator[PeerLink]:
    """A connection as the bridge itself makes it."""
    door = GrpcPeerDoor(caller.identity.key, caller.identity.certificate_pem, SystemRuntime())
    try:
        yield door.connect(peer)
    finally:
        await door.close()


def dial(
    rig: Rig, key: str | None, certificate: str | None, *, roots: str = "", options: tuple[tuple[str, Any], ...] = ()
) -> grpc.aio.Channel:
    """A connection of whoever has that key and shows that certificate."""
    credentials = grpc.ssl_channel_credentials(
        (roots or rig.known.identity.certificate_pem).encode(),
        key.encode() if key else None,
        certificate.encode() if certificate else None,
    )
    return grpc.aio.secure_channel(rig.place, credentials, options=(*OPTIONS, *options))


async def status(channel: grpc.aio.Channel, **more: Any) -> bytes:
    """GetStatus; raises AioRpcError."""
    ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(STATUS)
    return await ask(b"", timeout=SOON, **more)


async def refusal(channel: grpc.aio.Channel, **more: Any) -> grpc.StatusCode:
    """How GetStatus is refused; closes the connection."""
    try:
        await status(channel, **more)
    except grpc.aio.AioRpcError as error:
        return error.code()
    finally:
        await channel.close()
    raise AssertionError("it was let in")
