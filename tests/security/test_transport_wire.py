"""What is spoken at the LAN door: HTTP/2 over TLS 1.2 or later with a paired certificate, and nothing else."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import grpc
import grpc.aio
import pytest

from cagelab_bridge.api.dispatch import Dispatcher
from cagelab_bridge.errors import BridgeError, Forbidden, OtherDevice, WrongState
from cagelab_bridge.identity.identity import load_or_make
from cagelab_bridge.lan_door.server import HANDSHAKE_SECONDS, LanServer
from cagelab_bridge.runtime import SystemRuntime
from tests.security.lan import STATUS, Known, Rig, linked, made, refusal
from tests.security.recording import recorded


def greeted(rig: Rig, known: Known, version: ssl.TLSVersion, protocols: list[str], said: bytes) -> bytes:
    """What the door answers to one that is paired and speaks so."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    if protocols:
        context.set_alpn_protocols(protocols)
    folder = known.state / "identity"
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    try:
        with (
            socket.create_connection(("127.0.0.1", rig.port), timeout=5) as plain,
            context.wrap_socket(plain) as connection,
        ):
            connection.sendall(said)
            return connection.recv(64)
    except (ssl.SSLError, ConnectionError):
        return b""


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
HTTP1 = b"POST /cagelab.bridge.v1.Bridge/GetStatus HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
NEW, OLD = ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "protocols", "said", "let_in"),
    [
        (NEW, ["h2"], PREFACE, True),
        (OLD, ["h2"], PREFACE, True),
        (ssl.TLSVersion.TLSv1_1, ["h2"], PREFACE, False),
        (NEW, [], PREFACE, False),
        (NEW, ["http/1.1"], HTTP1, False),
    ],
    ids=["TLS 1.3", "TLS 1.2", "TLS 1.1", "no ALPN", "HTTP/1.1"],
)
async def test_attack_14_only_http2_over_new_tls_is_spoken(
    rig: Rig, control: Known, version: ssl.TLSVersion, protocols: list[str], said: bytes, let_in: bool
) -> None:
    """Even to a paired bridge; the first two lines show that the test would notice an answer."""
    answer = await asyncio.to_thread(greeted, rig, control, version, protocols, said)
    assert (answer[3:4] == b"\4") is let_in, answer  # a SETTINGS frame
    assert rig.desk.callers == []


async def test_attack_14_without_tls_nothing_is_answered(rig: Rig) -> None:
    """Plaintext HTTP/2, as gRPC speaks it on loopback."""
    assert await refusal(grpc.aio.insecure_channel(rig.place)) is grpc.StatusCode.UNAVAILABLE
    assert rig.desk.callers == []


async def test_attack_15_a_second_listener_on_the_port_is_refused(rig: Rig, tmp_path: Path) -> None:
    """It would get half of the callers; the second bridge ends with a sentence."""
    second = LanServer(Dispatcher({}, SystemRuntime()), rig.known.identity, rig.trust)
    with pytest.raises(WrongState, match="cannot be used"):
        await second.start("127.0.0.1", rig.port)
    with socket.socket() as sharing:
        sharing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        with pytest.raises(OSError, match="in use"):
            sharing.bind(("127.0.0.1", rig.port))


async def test_attack_15_a_bridge_does_not_share_the_port_of_another_program(rig: Rig) -> None:
    """The other starting order: whoever was there first, ready to share, does not get a bridge beside it."""
    with socket.socket() as sharing:
        sharing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sharing.bind(("127.0.0.1", 0))
        sharing.listen()
        second = LanServer(Dispatcher({}, SystemRuntime()), rig.known.identity, rig.trust)
        with pytest.raises(WrongState, match="cannot be used"):
            await second.start("127.0.0.1", sharing.getsockname()[1])


async def test_attack_16_no_proxy_sees_a_call(rig: Rig, control: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    """A university's proxy settings, in every spelling, change nothing: neither for calls nor for what follows one."""
    async with recorded(rig.port) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(name.upper(), f"http://127.0.0.1:{proxy.port}")
        async with linked(control, rig.as_peer()) as link:
            assert await link.call(STATUS, b"", 5)
        stranger = made(control.state.parent / "stranger")
        wrong = stranger.peer("rig8", "rig", address="127.0.0.1", port=rig.port)
        async with linked(control, wrong) as link:
            with pytest.raises(OtherDevice):
                await link.call(STATUS, b"", 5)
        assert proxy.sent == []


async def test_silence_is_cut_off(rig: Rig, control: Known) -> None:
    """Whoever connects and says nothing is gone after the handshake's time, and others are served meanwhile."""
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    began = time.monotonic()
    async with linked(control, rig.as_peer()) as link:
        assert await link.call(STATUS, b"", 5)
    assert await asyncio.wait_for(reader.read(1), 3 * HANDSHAKE_SECONDS) == b""
    took = time.monotonic() - began
    writer.close()
    print(f"\na silent connection was closed after {took:.1f} s")
    assert took < HANDSHAKE_SECONDS + 2


CLOCKS = """
import asyncio, sys
from pathlib import Path
from tests.security.lan import opened, made, linked, STATUS

async def main():
    folder = Path(sys.argv[1])
    control = made(folder / "control")
    async with opened(folder / "rig") as rig:
        await rig.pair(control, "control-pc", "control")
        print(rig.port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)

asyncio.run(main())
"""
FAKETIME = Path("/usr/bin/faketime")


@pytest.mark.skipif(not FAKETIME.exists(), reason="needs faketime")
@pytest.mark.parametrize(
    ("day", "let_in"), [("2019-06-01", False), ("2020-01-02", True), ("2040-06-01", True), ("2261-06-01", True)]
)
def test_attack_17_a_wrong_clock_of_the_rig_has_a_defined_end(tmp_path: Path, day: str, let_in: bool) -> None:
    """From 2020 on all is well; before, the control PC is told of the clock, and nothing is let in.

    The clock of CPython 3.11 itself ends in 2262 (nanoseconds in 64 bits), so 9998 cannot be had.
    """
    command = [str(FAKETIME), "-f", f"@{day} 12:00:00", sys.executable, "-c", CLOCKS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            said = asyncio.run(call(made(tmp_path / "control"), made(tmp_path / "rig"), port))
        finally:
            process.communicate("\n", timeout=30)
    assert (said == "let in") is let_in, said
    if not let_in:
        assert "clock there stands before 2020" in said


@pytest.mark.skipif(not FAKETIME.exists(), reason="needs faketime")
async def test_attack_17_a_wrong_clock_of_the_control_pc_is_told(rig: Rig, control: Known) -> None:
    """The one who calls hears that it is this computer's clock."""
    command = [str(FAKETIME), "-f", "@2019-06-01 12:00:00", sys.executable, "-c", CALL]
    process = await asyncio.create_subprocess_exec(
        *command, str(control.state), str(rig.known.state), str(rig.port), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert said.decode().strip() == "ClockWrong: The clock of this computer says 2019-06-01."
    assert rig.desk.callers == []


CALL = """
import asyncio, sys
from pathlib import Path
from tests.security.lan import made
from tests.security.test_transport_wire import call
print(asyncio.run(call(made(Path(sys.argv[1])), made(Path(sys.argv[2])), int(sys.argv[3]))))
"""


async def call(control: Known, rig: Known, port: int) -> str:
    """What becomes of a call."""
    async with linked(control, rig.peer("rig7", "rig", address="127.0.0.1", port=port)) as link:
        try:
            await link.call(STATUS, b"", 5)
        except BridgeError as error:
            return f"{type(error).__name__}: {error.message}"
        return "let in"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_attack_18_a_key_that_others_may_read_stops_the_start(tmp_path: Path, mode: int) -> None:
    """The bridge does not run on a key that may be known; the sentence says what to do."""
    known = made(tmp_path / "rig")
    (known.state / "identity" / "key.pem").chmod(mode)
    with pytest.raises(Forbidden, match="open to other accounts") as refused:
        load_or_make(known.state, "now")
    assert "pair anew" in refused.value.hint
    command = [sys.executable, "-m", "cagelab_bridge.cli", "serve"]
    environ = {"CAGELAB_BRIDGE_STATE": str(known.state), "CAGELAB_BRIDGE_BRIDGE_ROLE": "rig", "HOME": str(tmp_path)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 8
    assert "open to other accounts" in done.stderr
    assert not (known.state / "journal.db").exists()
