"""Both doors, open on port 0, with a few handlers behind them; and clients for them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
import httpx

from cagelab_bridge._gen.cagelab.bridge.v1 import bridge_pb2_grpc, query_pb2, session_pb2, status_pb2
from cagelab_bridge.api.dispatch import Caller, Dispatcher, Handler
from cagelab_bridge.errors import Finding, Gravity, NotFound, UnknownNames
from cagelab_bridge.grpc_server import GrpcServer
from cagelab_bridge.http_gateway.gateway import HttpGateway
from cagelab_bridge.http_gateway.link import Limits
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret

TOKEN = "token-for-this-test"
BRIDGE = "/cagelab.bridge.v1.Bridge/"
CANARY = "canary-19ab"
LARGE = 32 * 1024 * 1024  # more than the kernel keeps for a client that does not read
HANG = 20.0  # seconds after which a test says that something hangs


class Desk:
    """The handlers behind the doors. What Query does depends on the path it is asked for."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.left = asyncio.Event()
        self.release = asyncio.Event()
        self.running = 0
        self.seen: list[Any] = []

    async def query(self, request: query_pb2.QueryRequest, caller: Caller) -> query_pb2.QueryResponse:
        self.seen.append(request)
        self.entered.set()
        if request.path == "missing":
            raise NotFound("There is no subject “Größe”.", about="subject", hint="Look at `cagelab-bridge choices`.")
        if request.path == "misspelt":
            found = Finding(gravity=Gravity.ERROR, field="subject", message="No “Moue”.", suggestions=("Mouse",))
            raise UnknownNames(findings=[found])
        if request.path == "broken":
            raise ValueError(CANARY)
        if request.path == "large":
            return query_pb2.QueryResponse(json="x" * LARGE)
        if request.path == "hold":
            await self._hold()
        told = {"door": caller.door, "role": caller.role, "seconds": caller.deadline_seconds}
        return query_pb2.QueryResponse(json=json.dumps(told), count=request.limit, total=2**53 + 1)

    async def status(self, request: status_pb2.GetStatusRequest, caller: Caller) -> status_pb2.GetStatusResponse:
        return status_pb2.GetStatusResponse(version="test")

    async def start(self, request: session_pb2.StartSessionRequest, caller: Caller) -> session_pb2.StartSessionResponse:
        self.seen.append(request)
        return session_pb2.StartSessionResponse(session=session_pb2.Session(subject=request.spec.subject))

    async def watch(self, request: status_pb2.WatchRequest, caller: Caller) -> AsyncIterator[status_pb2.WatchResponse]:
        for number in range(3):
            yield status_pb2.WatchResponse(session=session_pb2.Session(number=number))
        if request.session_id == "missing":
            raise NotFound("There is no such session.", about="session")
        if request.session_id == "hold":
            await self._hold()

    async def _hold(self) -> None:
        self.running += 1
        self.entered.set()
        try:
            await self.release.wait()
        finally:
            self.running -= 1
            self.left.set()


class HurriedRuntime(SystemRuntime):
    """Does not sleep, unless told so by `awake`; remembers for how long it should have."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []
        self.asleep = asyncio.Event()
        self.awake = asyncio.Event()
        self.awake.set()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.asleep.set()
        await self.awake.wait()


@dataclass
class Stage:
    """What a test needs of the open doors."""

    desk: Desk
    runtime: HurriedRuntime
    grpc_server: GrpcServer
    gateway: HttpGateway
    grpc_port: int
    http_port: int
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {TOKEN}"})

    def http(self, **headers: str) -> httpx.AsyncClient:
        """A JSON client that shows the token."""
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.http_port}",
            headers={**self.headers, **headers},
            trust_env=False,
            timeout=HANG,
        )

    async def post(self, method: str, body: Any, **headers: str) -> httpx.Response:
        """One JSON call."""
        async with self.http(**headers) as client:
            return await client.post(BRIDGE + method, json=body)

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[grpc.aio.Channel]:
        """A gRPC channel of its own."""
        options = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0))
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.grpc_port}", options=options) as channel:
            yield channel

    @asynccontextmanager
    async def stub(self) -> AsyncIterator[bridge_pb2_grpc.BridgeAsyncStub]:
        """The generated client of the Bridge service; calls need `metadata=SHOWN`."""
        async with self.channel() as channel:
            yield bridge_pb2_grpc.BridgeStub(channel)  # the generated class takes both kinds of channel

    async def talk(self, sent: bytes, *, end: bool = True) -> bytes:
        """Send raw bytes to the gateway, then (`end`) nothing more, and read until it closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.http_port)
        try:
            writer.write(sent)
            if end:
                writer.write_eof()
            return await asyncio.wait_for(reader.read(), HANG)
        finally:
            await hang_up(writer)

    async def refuses(self, sent: bytes, status: int) -> None:
        """Send it; the one answer is this status with a Connect error, and no handler was reached."""
        answer = await self.talk(sent)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert int(head.split()[1]) == status, answer[:300]
        assert b"cache-control: no-store" in head.lower()
        assert b"x-content-type-options: nosniff" in head.lower()
        assert b"access-control" not in head.lower()
        said = json.loads(body)
        assert said["code"]
        assert said["message"]
        assert said["details"][0]["debug"]["hint"]
        assert TOKEN not in answer.decode()
        assert not self.desk.seen

    def changed(self, old: bytes, new: bytes, status: int) -> tuple[bytes, int]:
        """A good request with one thing changed ("{port}": the gateway's), and the status that it deserves."""
        port, good = str(self.http_port).encode(), self.request()
        old, new = old.replace(b"{port}", port), new.replace(b"{port}", port)
        assert old in good
        return good.replace(old, new, 1), status

    def request(self, body: bytes = b"{}", method: str = "GetStatus", *lines: bytes, **changed: bytes | None) -> bytes:
        """A good request as bytes; `lines` are added, `changed` headers (name with _) replaced, or left out (None)."""
        headers: dict[str, bytes | None] = {
            "host": f"127.0.0.1:{self.http_port}".encode(),
            "authorization": f"Bearer {TOKEN}".encode(),
            "content_type": b"application/json",
            "content_length": str(len(body)).encode(),
        }
        headers.update(changed)
        names = {name: name.replace("_", "-").encode() for name in headers}
        kept = [names[name] + b": " + value for name, value in headers.items() if value is not None]
        first = f"POST {BRIDGE}{method} HTTP/1.1".encode()
        return b"\r\n".join([first, *kept, *lines, b"", body])


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a client's end, whatever the server did to it."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


SHOWN = (("authorization", f"Bearer {TOKEN}"),)


@asynccontextmanager
async def opened(limits: Limits | None = None) -> AsyncIterator[Stage]:
    """Both doors, open; closed again afterwards, whatever happened."""
    desk, runtime = Desk(), HurriedRuntime()
    handlers: dict[str, Handler] = {
        "Query": desk.query,
        "GetStatus": desk.status,
        "StartSession": desk.start,
        "Watch": desk.watch,
    }
    dispatcher = Dispatcher({BRIDGE + name: handler for name, handler in handlers.items()}, runtime)
    grpc_server = GrpcServer(dispatcher, Secret(TOKEN))
    gateway = HttpGateway(dispatcher, Secret(TOKEN), runtime, limits)
    stage = Stage(desk, runtime, grpc_server, gateway, await grpc_server.start(), await gateway.start())
    try:
        yield stage
    finally:
        desk.release.set()
        await gateway.stop()
        await grpc_server.stop(0)
