"""What httpx's exceptions mean."""

from __future__ import annotations

import json
import socket
import ssl

import httpx
import pytest

from cagelab_bridge.alyx import HttpxAlyxDoor
from cagelab_bridge.alyx.failures import from_httpx
from cagelab_bridge.alyx.wire import Asked, Raw
from cagelab_bridge.errors import AnswerLost, BridgeError, Executed, InternalError, Unreachable
from cagelab_bridge.models import AccountKey
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret

BASE = "http://alyx.example"


def caused(cause: BaseException, *, in_group: bool = False) -> httpx.ConnectError:
    """A ConnectError as httpx raises it: the reason is somewhere below it."""
    error, middle = httpx.ConnectError("all attempts failed"), OSError("all attempts failed")
    middle.__cause__ = BaseExceptionGroup("attempts", [OSError("no route"), cause]) if in_group else cause
    error.__context__ = middle
    return error


@pytest.mark.parametrize(
    ("trouble", "kind", "part"),
    [
        (httpx.ConnectError("x"), Unreachable, "cannot be reached"),
        (caused(ConnectionRefusedError(111, "refused")), Unreachable, "was refused"),
        (caused(ConnectionRefusedError(111, "refused"), in_group=True), Unreachable, "was refused"),
        (caused(socket.gaierror(-2, "Name or service not known")), Unreachable, "not known to this network"),
        (caused(ssl.SSLError(1, "[SSL] wrong")), Unreachable, "does not speak TLS"),
        (httpx.ConnectTimeout("x"), Unreachable, "did not take the connection in time"),
        (httpx.PoolTimeout("x"), Unreachable, "are busy"),
        (httpx.ReadTimeout("x"), AnswerLost, "did not answer in time"),
        (httpx.WriteTimeout("x"), AnswerLost, "did not take the request in time"),
        (httpx.ReadError("x"), AnswerLost, "broke before the answer was complete"),
        (httpx.WriteError("x"), AnswerLost, "broke before the answer was complete"),
        (httpx.CloseError("x"), AnswerLost, "broke before the answer was complete"),
        (httpx.RemoteProtocolError("x"), AnswerLost, "broke before the answer was complete"),
        (httpx.ProxyError("x"), AnswerLost, "broke before the answer was complete"),
        (httpx.DecodingError("x"), AnswerLost, "cannot be unpacked"),
        (httpx.LocalProtocolError("Illegal header value b'Token abc'"), InternalError, "does not allow"),
    ],
)
def test_only_what_broke_before_sending_did_not_happen(
    trouble: httpx.RequestError, kind: type[BridgeError], part: str
) -> None:
    """No connection is Unreachable (not executed); all that breaks later is AnswerLost (perhaps executed)."""
    error = from_httpx(trouble, BASE)
    assert type(error) is kind
    assert part in error.message
    assert "Token abc" not in error.message
    if isinstance(error, Unreachable | AnswerLost):
        assert BASE in error.message
        assert error.executed is (Executed.NO if kind is Unreachable else Executed.MAYBE)


async def test_a_stand_in_can_take_the_place_of_the_network() -> None:
    """A wire handed to the door answers in place of sockets, and is closed with the door."""

    class StandIn:
        closed = False

        async def send(self, asked: Asked) -> Raw:
            return Raw(200, {}, json.dumps({"token": f"for-{asked.url}"}).encode())

        async def close(self) -> None:
            self.closed = True

    stand_in = StandIn()
    door = HttpxAlyxDoor(SystemRuntime(), stand_in)
    key = AccountKey(alyx_url="alyx.example", username="anna")
    assert await door.log_in(key, Secret("x")) == Secret("for-https://alyx.example/auth-token")
    await door.close()
    assert stand_in.closed
