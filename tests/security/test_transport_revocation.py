"""The end of a pairing is the end of everything: calls under way, open connections, tickets for later ones."""

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

from cagelab_bridge.errors import NotPairedThere, PeerTrouble
from tests.security.lan import STATUS, WATCH, Known, Rig, dial, linked, made, opened, refusal, status

SOON = 1.0  # seconds
UNAUTHENTICATED, UNAVAILABLE = grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNAVAILABLE


def dialled(rig: Rig, known: Known) -> grpc.aio.Channel:
    """A connection of that bridge."""
    return dial(rig, known.identity.key.reveal(), known.identity.certificate_pem)


async def test_attack_11_removal_ends_running_calls_and_the_connection_is_worthless(rig: Rig, control: Known) -> None:
    """A stream and a call that waits both end with UNAUTHENTICATED within a second; nothing new begins."""
    rig.desk.hold = True
    channel = dialled(rig, control)
    watching: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(WATCH)
    stream = watching(b"")
    assert await stream.read() == b""  # the first answer, empty
    waiting = asyncio.ensure_future(status(channel))
    for _ in ("stream", "call"):
        await asyncio.wait_for(rig.desk.entered.acquire(), 5)

    began = time.monotonic()
    await rig.part("control-pc")
    for call in (waiting, stream.read()):
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await asyncio.wait_for(call, 5)
        assert ended.value.code() is UNAUTHENTICATED
        assert "pairing has ended" in str(ended.value.details())
    assert time.monotonic() - began < SOON
    await asyncio.wait_for(rig.desk.left.wait(), SOON)

    rig.desk.hold = False
    assert await refusal(channel) is UNAUTHENTICATED  # on the connection that is open
    assert await refusal(dialled(rig, control)) is UNAVAILABLE  # on a new one


async def test_attack_11_a_deleted_file_ends_them_without_being_told(rig: Rig, control: Known) -> None:
    """A running bridge follows its files: `rm` by ansible is enough."""
    rig.trust.start()
    async with linked(control, rig.as_peer()) as link:
        stream = link.stream(WATCH, b"")
        assert await anext(stream) == b""
        began = time.monotonic()
        rig.files.path("control-pc").unlink()
        with pytest.raises(NotPairedThere):
            await asyncio.wait_for(anext(stream), 5)
    took = time.monotonic() - began
    print(f"\nended {took:.2f} s after the file was deleted")
    assert took < SOON
    await rig.trust.stop()


async def test_attack_11_a_caller_that_does_not_read_is_ended_too(rig: Rig, control: Known) -> None:
    """A stream stuck in sending does not keep its handler alive."""
    rig.desk.flood = True
    channel = dialled(rig, control)
    watching: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(WATCH)
    stream = watching(b"")
    assert await stream.read()
    await asyncio.wait_for(rig.desk.stuck.wait(), 10)
    await rig.part("control-pc")
    await asyncio.wait_for(rig.desk.left.wait(), SOON)
    assert await refusal(channel) is UNAUTHENTICATED


async def test_attack_11_others_go_on(rig: Rig, control: Known, tmp_path: Path) -> None:
    """The end of one pairing disturbs no other call."""
    other = made(tmp_path / "other")
    await rig.pair(other, "other", "control")
    async with linked(other, rig.as_peer()) as link:
        stream = link.stream(WATCH, b"")
        assert await anext(stream) == b""
        await rig.part("control-pc")
        assert await link.call(STATUS, b"", 5)
        pending = asyncio.ensure_future(anext(stream))
        await asyncio.wait({pending}, timeout=0.1)
        assert not pending.done()
        pending.cancel()


async def test_attack_11_fewer_roles_end_running_calls_too(rig: Rig, control: Known) -> None:
    """What was begun as a control PC does not go on as less."""
    async with linked(control, rig.as_peer()) as link:
        stream = link.stream(WATCH, b"")
        assert await anext(stream) == b""
        await rig.pair(control, "control-pc", "client")
        with pytest.raises(NotPairedThere):
            await asyncio.wait_for(anext(stream), SOON)


async def test_a_bridge_that_stops_ends_streams_at_once_and_lets_calls_finish(tmp_path: Path, control: Known) -> None:
    """A control PC that watches does not delay the stop of its rigs, and knows that it may come again."""
    rig = opened(tmp_path / "rig", grace=5.0)
    one = await rig.__aenter__()
    await one.pair(control, "control-pc", "control")
    async with linked(control, one.as_peer()) as link:
        stream = link.stream(WATCH, b"")
        assert await anext(stream) == b""
        began = time.monotonic()
        stopping = asyncio.ensure_future(rig.__aexit__(None, None, None))
        with pytest.raises(PeerTrouble) as ended:
            await asyncio.wait_for(anext(stream), 5)
        assert ended.value.retryable
        await asyncio.wait_for(stopping, 5)
    assert time.monotonic() - began < SOON


def ticket_of(rig: Rig, known: Known, version: ssl.TLSVersion, session: ssl.SSLSession | None) -> ssl.SSLSocket:
    """A TLS connection as OpenSSL makes it, with a ticket of an earlier one; the handshake is finished."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])
    folder = known.state / "identity"
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    plain = socket.create_connection(("127.0.0.1", rig.port), timeout=5)
    if session is not None:
        context = TICKETS[id(session)]
    made = context.wrap_socket(plain, server_hostname="bridge.cagelab.internal", session=session)
    made.settimeout(5)
    TICKETS.setdefault(id(made.session), context)
    return made


TICKETS: dict[int, ssl.SSLContext] = {}  # a ticket is only good in the context that got it


def spoken(connection: ssl.SSLSocket) -> bytes:
    """What the server says first: HTTP/2 settings, or nothing for one who is refused."""
    try:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
        return connection.recv(9)
    except (ssl.SSLError, ConnectionError):
        return b""


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_attack_12_a_ticket_from_before_the_removal_is_worthless(
    rig: Rig, control: Known, version: ssl.TLSVersion
) -> None:
    """Resumption skips the check of certificates; so it must not outlive the trust. It works until then."""

    def first() -> ssl.SSLSession | None:
        with ticket_of(rig, control, version, None) as connection:
            assert spoken(connection)
            TICKETS[id(connection.session)] = connection.context
            return connection.session

    def again(session: ssl.SSLSession | None) -> tuple[bool, bytes]:
        try:
            with ticket_of(rig, control, version, session) as connection:
                return bool(connection.session_reused), spoken(connection)
        except (ssl.SSLError, ConnectionError):
            return False, b""

    session = await asyncio.to_thread(first)
    before = await asyncio.to_thread(again, session)
    assert before[0], "tickets are taken while the trust lasts: else this test would show nothing"
    assert before[1], "a paired bridge is let in"
    await rig.part("control-pc")
    reused, said = await asyncio.to_thread(again, session)
    assert (reused, said) == (False, b"")


FAILING = """
import asyncio, sys
from pathlib import Path
from tests.security.lan import opened, made, linked, STATUS

class Broken:
    def __getattr__(self, name):
        raise RuntimeError("the trust list is broken")

async def main():
    async with opened(Path(sys.argv[1]) / "rig") as rig:
        control = made(Path(sys.argv[1]) / "control")
        await rig.pair(control, "control-pc", "control")
        async with linked(control, rig.as_peer()) as link:
            assert await link.call(STATUS, b"", 5)
        print("let in", flush=True)
        rig.trust.now = Broken()
        async with linked(control, rig.as_peer()) as link:
            await link.call(STATUS, b"", 5)
        print("let in again", flush=True)

asyncio.run(main())
"""


def test_attack_13_a_trust_list_that_fails_ends_the_process(tmp_path: Path) -> None:
    """gRPC would go on with the old trust. The next start reads the files, in which a removed peer is not."""
    done = subprocess.run(
        [sys.executable, "-c", FAILING, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "let in\n", done.stderr
    assert done.returncode == 70


async def test_attack_13_a_list_that_cannot_be_followed_trusts_nobody(
    rig: Rig, control: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the files cannot be read any more, running calls end rather than go on unwatched; later all is well."""
    rig.trust.start()
    async with linked(control, rig.as_peer()) as link:
        stream = link.stream(WATCH, b"")
        assert await anext(stream) == b""

        def broken() -> None:
            raise OSError("no more descriptors")

        with monkeypatch.context() as patch:
            patch.setattr(rig.files, "mark", broken)
            with pytest.raises(NotPairedThere):
                await asyncio.wait_for(anext(stream), 5)
            assert rig.trust.peers() == []
        rig.trust.refresh()
        assert [peer.name for peer in rig.trust.peers()] == ["control-pc"]
    await rig.trust.stop()
