"""Calls to a peer: answers come through, errors say what the other bridge said, or why it said nothing."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2
from cagelab_bridge.api.dispatch import Caller
from cagelab_bridge.errors import (
    Code,
    DeadlineExceeded,
    NotFound,
    PeerRefused,
    PeerTrouble,
    PeerUnreachable,
)
from tests.security.lan import BRIDGE, STATUS, WATCH, Known, Rig, linked, opened

SESSION = BRIDGE + "GetSession"


async def missing(request: status_pb2.GetStatusRequest, caller: Caller) -> status_pb2.GetStatusResponse:
    """A handler that fails as handlers do."""
    raise NotFound("There is no session “Größe”.", about="session", hint="Look at the list.")


async def broken(request: status_pb2.GetStatusRequest, caller: Caller) -> status_pb2.GetStatusResponse:
    """A handler with a mistake in it."""
    raise ValueError("canary-77")


async def test_what_the_other_bridge_says_of_an_error_comes_through(tmp_path: Path, control: Known) -> None:
    """Code, reason and hint, with the peer's name before the sentence; never the text of a mistake there."""
    async with opened(tmp_path / "rig", {STATUS: missing, SESSION: broken}) as rig:
        await rig.pair(control, "control-pc", "control")
        async with linked(control, rig.as_peer()) as link:
            with pytest.raises(PeerRefused) as refused:
                await link.call(STATUS, b"", 5)
            error = refused.value
            assert error.message == "rig7: There is no session “Größe”."
            assert (error.code, error.reason, error.hint) == (Code.NOT_FOUND, "notFound:session", "Look at the list.")
            assert not error.retryable
            with pytest.raises(PeerRefused) as failed:
                await link.call(SESSION, b"", 5)
            assert failed.value.code is Code.INTERNAL
            assert "canary-77" not in failed.value.message
            with pytest.raises(PeerRefused) as garbage:
                await link.call(STATUS, b"\xff\xff", 5)
            assert garbage.value.code is Code.INVALID_ARGUMENT


async def test_a_peer_that_takes_too_long_is_not_one_that_is_away(rig: Rig, control: Known) -> None:
    """The call's time is over; the connection is as good as before."""
    rig.desk.hold = True
    async with linked(control, rig.as_peer()) as link:
        with pytest.raises(DeadlineExceeded, match="rig7 did not answer in time"):
            await link.call(STATUS, b"", 0.5)
        await asyncio.wait_for(rig.desk.left.wait(), 5)
        rig.desk.hold = False
        assert await link.call(STATUS, b"", 5)


async def test_a_peer_that_takes_no_connection_is_away(rig: Rig, control: Known) -> None:
    """A computer that hangs, or a firewall that swallows everything, is told within the call's time."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(1)
        async with linked(control, replace(rig.as_peer(), port=mute.getsockname()[1])) as link:
            with pytest.raises(PeerUnreachable, match="no answer"):
                await link.call(STATUS, b"", 1)


async def test_a_peer_that_comes_back_is_found_on_the_same_link(tmp_path: Path, control: Known) -> None:
    """After a restart at the same port, within seconds, without a new link."""
    first = opened(tmp_path / "rig")
    rig = await first.__aenter__()
    await rig.pair(control, "control-pc", "control")
    async with linked(control, rig.as_peer()) as link:
        assert await link.call(STATUS, b"", 5)
        stream = link.stream(WATCH, b"")
        assert await anext(stream) == b""
        await first.__aexit__(None, None, None)
        with pytest.raises(PeerTrouble) as ended:
            await asyncio.wait_for(anext(stream), 5)
        assert ended.value.retryable
        async with opened(tmp_path / "rig", port=rig.port):
            end = asyncio.get_running_loop().time() + 20
            answer = b""
            while not answer and asyncio.get_running_loop().time() < end:
                try:
                    answer = await link.call(STATUS, b"", 5)
                except PeerUnreachable:
                    continue
            assert answer


async def test_a_link_that_is_closed_ends_its_streams(rig: Rig, control: Known) -> None:
    """Whoever waits hears of it at once."""
    async with linked(control, rig.as_peer()) as link:
        stream = link.stream(WATCH, b"")
        assert await anext(stream) == b""
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        await link.close()
        with pytest.raises(PeerUnreachable):
            await asyncio.wait_for(waiting, 5)
    await asyncio.wait_for(rig.desk.left.wait(), 5)


async def test_a_stream_that_is_left_ends_on_the_other_side(rig: Rig, control: Known) -> None:
    """The rig does not go on answering nobody."""
    async with linked(control, rig.as_peer()) as link:
        stream = link.stream(WATCH, b"")
        assert await anext(stream) == b""
        await stream.aclose()  # type: ignore[attr-defined]  # a generator, which the port does not promise
        await asyncio.wait_for(rig.desk.left.wait(), 5)


async def test_an_address_of_ipv6_is_dialled(tmp_path: Path, control: Known) -> None:
    """Written in brackets where that is needed, and only there."""
    if not _has_ipv6():
        pytest.skip("this computer has no IPv6")
    async with opened(tmp_path / "rig", address="::1") as rig:
        assert rig.place.startswith("[::1]:")
        await rig.pair(control, "control-pc", "control")
        async with linked(control, replace(rig.as_peer(), address="::1")) as link:
            assert await link.call(STATUS, b"", 5)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


async def test_a_handler_of_another_role_says_no_more_than_that(rig: Rig, control: Known) -> None:
    """Forbidden is forbidden, with the role in which it was asked."""
    async with linked(control, rig.as_peer()) as link:
        with pytest.raises(PeerRefused, match="role “control” may not call Login") as refused:
            await link.call(BRIDGE + "Login", b"", 5)
    assert refused.value.code is Code.PERMISSION_DENIED
