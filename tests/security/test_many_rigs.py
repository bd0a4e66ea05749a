"""What many rigs cost a control PC: 64 lent to in one go, dead ones among them; and what the gate costs a call."""

from __future__ import annotations

import asyncio
import socket
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from cagelab_bridge import assembly
from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2, session_pb2, status_pb2, transfer_pb2
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.house import House
from cagelab_bridge.config import Settings
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey
from cagelab_bridge.peers.door import GrpcPeerDoor
from cagelab_bridge.peers.rig_client import RigClients
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.rigs.rigs import Rigs
from tests.acceptance.lab import Lab
from tests.security.lan import BRIDGE, STATUS, Known, Rig, linked, made, opened
from tests.unit.services.control_pc import Peers

RIGS = 64
DEAD = 16  # half of them refuse connections, half take them and say nothing
CALLS, ROUNDS = 200, 15
MOST = 3.0  # a gated call over mutual TLS, in empty calls
CREDENTIALS = "/cagelab.bridge.v1.Credentials/"


class ManyDesk:
    """The handlers of one rig: one session lacks everything, from the moment on that `shown` is set."""

    def __init__(self, shown: asyncio.Event) -> None:
        self.shown = shown
        self.need = lending_pb2.Need()
        self.lent = asyncio.Event()
        self.token_at = self.at = 0.0

    def table(self) -> dict[str, Handler]:
        """By full method name."""
        return {
            STATUS: self.status,
            BRIDGE + "ListSessions": self.sessions,
            BRIDGE + "ListTransfers": self.transfers,
            BRIDGE + "Watch": self.watch,
            CREDENTIALS + "WatchNeeds": self.needs,
            CREDENTIALS + "PushCredentials": self.push,
        }

    async def status(self, _: Any, __: Caller) -> status_pb2.GetStatusResponse:
        return status_pb2.GetStatusResponse(version="of the test")

    async def sessions(self, _: Any, __: Caller) -> session_pb2.ListSessionsResponse:
        return session_pb2.ListSessionsResponse()

    async def transfers(self, _: Any, __: Caller) -> transfer_pb2.ListTransfersResponse:
        return transfer_pb2.ListTransfersResponse()

    async def watch(self, _: Any, __: Caller) -> AsyncIterator[status_pb2.WatchResponse]:
        await asyncio.Event().wait()
        yield status_pb2.WatchResponse()

    async def needs(self, _: Any, __: Caller) -> AsyncIterator[lending_pb2.WatchNeedsResponse]:
        yield lending_pb2.WatchNeedsResponse(is_snapshot=True)
        await self.shown.wait()
        yield lending_pb2.WatchNeedsResponse(is_snapshot=True, needs=[self.need])
        await asyncio.Event().wait()

    async def push(self, request: lending_pb2.PushCredentialsRequest, _: Caller) -> lending_pb2.PushCredentialsResponse:
        if request.account.token and not self.token_at:
            self.token_at = time.perf_counter()
        if request.account.token and request.HasField("store") and not self.lent.is_set():
            self.at = time.perf_counter()
            self.lent.set()
        return lending_pb2.PushCredentialsResponse(lease_id=request.lease_id)


def control_pc(folder: Path, known: Known, peers: Peers) -> tuple[House, assembly.Doors]:
    """A control PC in this process, with everything real but its keyring."""
    settings = Settings(
        bridge_role="control", lab_name="CogLab", lab_time_zone="UTC", state_folder=str(folder), sandbox=True
    )
    doors = assembly.real_doors(settings)
    links = GrpcPeerDoor(known.identity.key, known.identity.certificate_pem, doors.runtime)
    return assembly.build(settings, Journal(folder), doors, peers=peers, rig_door=RigClients(links)), doors


async def sessions_of(house: House, key: AccountKey, desks: list[ManyDesk]) -> None:
    """A session in Alyx for each rig, as the rig would have made it."""
    alyx = house.accounts.connection(key)
    for number, desk in enumerate(desks, 1):
        session_id = f"{number:08d}-0000-4000-8000-000000000000"
        record: Any = await alyx.create(
            "sessions",
            {
                "subject": "TestSubject",
                "lab": "CogLab",
                "users": ["admin"],
                "projects": ["demo"],
                "procedures": [],
                "type": "Experiment",
                "number": number,
                "start_time": "2026-01-31T10:00:00",
                "json": {"cagelab": {"bridge_session": session_id}},
            },
        )
        desk.need = lending_pb2.Need(
            session_id=session_id,
            subject="TestSubject",
            lab="CogLab",
            alyx_id=str(record.get("id") or record["url"].rpartition("/")[2]),
            repository="aws_CogLab",
            token_wanted=True,
            store_wanted=True,
        )


async def rigs_behind(stack: AsyncExitStack, folder: Path, control: Known, desks: list[ManyDesk]) -> list[Rig]:
    """A LAN door for each."""
    rigs = []
    for number, desk in enumerate(desks):
        rig = await stack.enter_async_context(opened(folder / f"rig-{number}", desk.table()))
        await rig.pair(control, "control-pc", "control")
        rigs.append(rig)
    return rigs


async def all_connected(rigs: Rigs, alive: set[str]) -> None:
    """Return once these are."""
    moved = asyncio.Event()
    rigs.listen(lambda _: moved.set())
    while not alive <= {view.peer.fingerprint for view in rigs.views() if view.connected}:
        moved.clear()
        await moved.wait()


async def test_64_rigs_are_lent_to_in_one_go(tmp_path: Path, lab: Lab) -> None:
    """Over mutual TLS, token and store, each session looked up in Alyx; 16 dead rigs among them delay nobody."""
    shown = asyncio.Event()
    desks, peers, control = [ManyDesk(shown) for _ in range(RIGS)], Peers(), made(tmp_path / "control")
    silent = socket.create_server(("127.0.0.1", 0), backlog=DEAD)  # nobody takes its calls
    async with AsyncExitStack() as stack:
        stack.callback(silent.close)
        rigs = await rigs_behind(stack, tmp_path, control, desks)
        for number, rig in enumerate(rigs):
            peer = rig.known.peer(f"rig-{number:02d}", "rig", address="127.0.0.1", port=rig.port)
            peers.known[peer.fingerprint] = peer
        for number in range(DEAD):
            dead = made(tmp_path / f"dead-{number}")
            peer = dead.peer(
                f"dead-{number}", "rig", address="127.0.0.1", port=silent.getsockname()[1] if number % 2 else 1
            )
            peers.known[peer.fingerprint] = peer
        house, doors = control_pc(tmp_path / "state", control, peers)
        stack.callback(house.journal.close)
        stack.push_async_callback(doors.stores.close)
        stack.push_async_callback(doors.alyx.close)
        key = await house.accounts.log_in(lab.alyx_url, lab.user, Secret(lab.password), remember=False)
        await house.credentials.put_store(lab.s3_url, lab.s3_key, Secret(lab.s3_secret), keep=False)
        await sessions_of(house, key, desks)
        assert house.rigs is not None
        house.rigs.start()
        stack.push_async_callback(house.rigs.stop)
        async with asyncio.timeout(60):
            await all_connected(house.rigs, {rig.known.identity.fingerprint for rig in rigs})
            began = time.perf_counter()
            shown.set()
            await asyncio.gather(*(desk.lent.wait() for desk in desks))
    times = sorted(desk.at - began for desk in desks)
    tokens = sorted(desk.token_at - began for desk in desks)
    print(
        f"\n64 rigs lent to in {times[-1]:.2f} s together: {1000 * times[-1] / RIGS:.0f} ms per rig; the token after "
        f"{1000 * tokens[0]:.0f} to {1000 * tokens[-1]:.0f} ms, the store after {1000 * times[0]:.0f} to "
        f"{1000 * times[-1]:.0f} ms; {DEAD} dead beside them"
    )
    assert times[-1] < 10


async def test_the_gate_costs_a_call_at_most_two_more(tmp_path: Path) -> None:
    """A call over mutual TLS, through the gate and the dispatcher, takes at most 3 times an empty call without any of
    it; both measured in turns in this run."""
    async with AsyncExitStack() as stack:
        rig = await stack.enter_async_context(opened(tmp_path / "rig"))
        control = made(tmp_path / "control")
        await rig.pair(control, "control-pc", "control")
        link = await stack.enter_async_context(linked(control, rig.as_peer()))
        empty = await stack.enter_async_context(_empty_server())
        ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = empty.unary_unary("/empty/Call")

        async def gated() -> None:
            await link.call(STATUS, b"", 10.0)

        async def bare() -> None:
            await ask(b"", timeout=10.0)

        pairs = [(await _milliseconds(bare), await _milliseconds(gated)) for _ in range(ROUNDS)]
    plain, guarded = (min(times) for times in zip(*pairs, strict=True))
    print(f"\nempty gRPC call {plain:.3f} ms, gated over mutual TLS {guarded:.3f} ms: {guarded / plain:.2f} times")
    assert guarded <= MOST * plain


async def _milliseconds(call: Any) -> float:
    """The median of many."""
    times = []
    for _ in range(CALLS):
        began = time.perf_counter()
        await call()
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


@asynccontextmanager
async def _empty_server() -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server that answers nothing to everything."""

    async def answer(_: bytes, __: Any) -> bytes:
        return b""

    server = grpc.aio.server()
    handlers: dict[str, Any] = {"Call": grpc.unary_unary_rpc_method_handler(answer)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("empty", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)])
    yield channel
    await channel.close()
    await server.stop(0)
