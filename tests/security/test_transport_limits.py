"""Too much of everything: large requests, many calls, idle connections, peers that are dead and do not say so."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import grpc.aio
import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from cagelab_bridge.errors import PeerRefused, PeerUnreachable
from cagelab_bridge.lan_door.gate import CALLS_PER_PEER
from cagelab_bridge.lan_door.server import HANDSHAKE_SECONDS, MAX_CONNECTIONS, MAX_REQUEST
from tests.security.lan import BRIDGE, STATUS, WATCH, Known, Rig, linked, made, opened, status

CODE = grpc.StatusCode
DEAD = 15.0  # seconds after which a dead peer is noticed
MEMORY = 60.0  # MB that an attack may cost at its height


@pytest.fixture
def control(tmp_path: Path) -> Known:
    """A control PC."""
    return made(tmp_path / "control")


RIG = """
import asyncio, sys
from pathlib import Path
from tests.security.lan import opened, made

async def main():
    folder = Path(sys.argv[1])
    async with opened(folder / "rig") as rig:
        await rig.pair(made(folder / "control"), "control-pc", "control")
        print(rig.port, flush=True)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        await reader.read(1)

asyncio.run(main())
"""


class Process:
    """A rig as a process of its own, whose memory can be looked at and which can be frozen."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process, self.port = process, port

    @property
    def peak(self) -> float:
        """MB it has had at most."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


@pytest.fixture
async def far(tmp_path: Path, control: Known) -> AsyncIterator[Process]:
    """A rig in another process, which trusts the control PC."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RIG, str(tmp_path), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    yield Process(process, int(await process.stdout.readline()))
    process.send_signal(signal.SIGCONT)
    process.kill()
    await process.wait()


def dial_far(far: Process, tmp_path: Path, control: Known, *options: tuple[str, object]) -> grpc.aio.Channel:
    """A connection of the control PC that holds to no limit of ours."""
    rig = made(tmp_path / "rig")
    credentials = grpc.ssl_channel_credentials(
        rig.identity.certificate_pem.encode(),
        control.identity.key.reveal().encode(),
        control.identity.certificate_pem.encode(),
    )
    own = (("grpc.ssl_target_name_override", "bridge.cagelab.internal"), ("grpc.max_send_message_length", -1))
    return grpc.aio.secure_channel(f"127.0.0.1:{far.port}", credentials, options=(*own, *options))


async def code_of(channel: grpc.aio.Channel, method: str, request: bytes, **more: object) -> grpc.StatusCode:
    """How the call ends."""
    ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
    try:
        await ask(request, timeout=30, **more)  # type: ignore[arg-type]  # metadata, compression
    except grpc.aio.AioRpcError as error:
        return error.code()
    return CODE.OK


async def test_attack_41_what_is_too_large_is_refused_and_costs_little(
    far: Process, tmp_path: Path, control: Known
) -> None:
    """One byte too many, 300 MB of zeros as gzip, 17 KB of headers: refused; memory stays where it was."""
    channel = dial_far(far, tmp_path, control)
    assert await status(channel)
    before = far.peak
    assert await code_of(channel, STATUS, bytes(MAX_REQUEST + 1)) is CODE.RESOURCE_EXHAUSTED
    assert await code_of(channel, STATUS, b"", metadata=(("x", "y" * 17_000),)) is CODE.RESOURCE_EXHAUSTED
    bomb = await code_of(channel, STATUS, bytes(300 * 1024 * 1024), compression=grpc.Compression.Gzip)
    assert bomb in (CODE.UNIMPLEMENTED, CODE.RESOURCE_EXHAUSTED)
    after = far.peak
    print(f"\npeak {before:.0f} MB before, {after:.0f} MB after; the bomb ended with {bomb.name}")
    assert after - before < MEMORY
    assert await status(channel)
    await channel.close()


async def test_attack_41_a_request_just_below_the_limit_is_read(far: Process, tmp_path: Path, control: Known) -> None:
    """The limit is on bytes: 10,000 repeated fields within it are a message like any other, and do no harm."""
    channel = dial_far(far, tmp_path, control)
    spec = session_pb2.SessionSpec(projects=["p" * 90] * 10_000)
    request = session_pb2.CheckSessionRequest(spec=spec).SerializeToString()
    assert len(request) < MAX_REQUEST
    before = far.peak
    assert await code_of(channel, BRIDGE + "CheckSession", request) is CODE.PERMISSION_DENIED
    assert await code_of(channel, BRIDGE + "AmendSession", request) in (CODE.UNIMPLEMENTED, CODE.INVALID_ARGUMENT)
    assert far.peak - before < MEMORY
    await channel.close()


async def test_attack_42_streams_opened_and_reset_do_not_hurt_others(
    far: Process, tmp_path: Path, control: Known
) -> None:
    """10,000 of them, on a connection of a paired peer: memory is bounded, and the other connection is served."""
    good, bad = (
        dial_far(far, tmp_path, control),
        dial_far(far, tmp_path, control, ("grpc.use_local_subchannel_pool", 1)),
    )
    assert await status(good)
    before, slowest = far.peak, 0.0
    watching: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = bad.unary_stream(WATCH)
    for number in range(10_000):
        call = watching(b"")
        if number % 10:
            await asyncio.sleep(0)
        call.cancel()
        if number % 1000 == 0:
            began = time.monotonic()
            assert await status(good)
            slowest = max(slowest, time.monotonic() - began)
    assert await status(good)
    print(f"\npeak {before:.0f} MB before, {far.peak:.0f} MB after; slowest good call {1000 * slowest:.0f} ms")
    assert far.peak - before < MEMORY
    await asyncio.gather(good.close(), bad.close())


async def test_attack_42_idle_connections_do_not_hurt_an_open_one(far: Process, tmp_path: Path, control: Known) -> None:
    """1,000 connections that say nothing: the open one is served; soon after they are cut off, new ones are too."""
    channel = dial_far(far, tmp_path, control)
    assert await status(channel)
    idle = []
    for _ in range(1000):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", far.port))
        idle.append(one)
    await asyncio.sleep(0.5)  # the flood arrives
    assert await status(channel)
    descriptors = len(os.listdir(f"/proc/{far.process.pid}/fd"))
    assert descriptors < MAX_CONNECTIONS + 100
    end = time.monotonic() + 3 * HANDSHAKE_SECONDS
    fresh = CODE.UNAVAILABLE
    while fresh is not CODE.OK and time.monotonic() < end:
        one_more = dial_far(far, tmp_path, control, ("grpc.use_local_subchannel_pool", 1))
        fresh = await code_of(one_more, STATUS, b"")
        await one_more.close()
    for one in idle:
        one.close()
    assert fresh is CODE.OK
    assert await status(channel)
    await channel.close()


async def test_a_peer_has_no_more_than_its_share_of_calls(tmp_path: Path, control: Known) -> None:
    """One peer's waiting calls leave room for those of others; the one too many is told to come again."""
    async with opened(tmp_path / "rig") as rig:
        greedy = made(tmp_path / "greedy")
        await rig.pair(control, "control-pc", "control")
        await rig.pair(greedy, "greedy", "control")
        streams = []
        async with linked(greedy, rig.as_peer()) as link, linked(control, rig.as_peer()) as good:
            for _ in range(CALLS_PER_PEER):
                stream = link.stream(WATCH, b"")
                assert await anext(stream) == b""
                streams.append(stream)
            with pytest.raises(PeerRefused, match="too many calls") as refused:
                await link.call(STATUS, b"", 5)
            assert refused.value.retryable
            assert await good.call(STATUS, b"", 5)


WATCHER = """
import asyncio, sys
from pathlib import Path
from tests.security.lan import WATCH, linked, made

async def main():
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    peer = made(folder / "near").peer("rig7", "rig", address="127.0.0.1", port=port)
    async with linked(made(folder / "control"), peer) as link:
        stream = link.stream(WATCH, b"")
        await anext(stream)
        print("watching", flush=True)
        await anext(stream)

asyncio.run(main())
"""


async def test_a_dead_peer_is_noticed_within_15_seconds(far: Process, tmp_path: Path, control: Known) -> None:
    """By the one who called and by the one who was called: a frozen process keeps its connection open, silently."""
    noticed: dict[str, float] = {}
    async with opened(tmp_path / "near") as near:
        await near.pair(control, "control-pc", "control")
        caller = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WATCHER, str(tmp_path), str(near.port), stdout=asyncio.subprocess.PIPE
        )
        assert caller.stdout is not None
        assert await caller.stdout.readline() == b"watching\n"
        peer = made(tmp_path / "rig").peer("rig7", "rig", address="127.0.0.1", port=far.port)
        async with linked(control, peer) as link:
            stream = link.stream(WATCH, b"")
            assert await anext(stream) == b""
            began = time.monotonic()
            for process in (caller, far.process):
                process.send_signal(signal.SIGSTOP)
            await asyncio.gather(_called(near, noticed, began), _calling(stream, noticed, began))
        caller.kill()
        await caller.wait()
    print(f"\nnoticed after {noticed}")
    assert max(noticed.values()) < DEAD + 1.0


async def _called(rig: Rig, noticed: dict[str, float], began: float) -> None:
    await asyncio.wait_for(rig.desk.left.wait(), 60)
    noticed["by the one who was called"] = round(time.monotonic() - began, 1)


async def _calling(stream: AsyncIterator[bytes], noticed: dict[str, float], began: float) -> None:
    with pytest.raises(PeerUnreachable):
        await asyncio.wait_for(anext(stream), 60)
    noticed["by the one who called"] = round(time.monotonic() - began, 1)


async def test_a_long_quiet_connection_stays_open(far: Process, tmp_path: Path, control: Known) -> None:
    """Pings like those of a bridge, here more of them, are not too many for the rig: gRPC's default would be to end the
    connection at the third."""
    often = ("grpc.keepalive_time_ms", 6_000), ("grpc.http2.max_pings_without_data", 0)
    channel = dial_far(far, tmp_path, control, *often)
    watching: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(WATCH)
    stream = watching(b"")
    assert await stream.read() == b""
    pending = asyncio.ensure_future(stream.read())
    await asyncio.wait({pending}, timeout=21)
    assert not pending.done()
    pending.cancel()
    await channel.close()
