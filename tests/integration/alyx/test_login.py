"""Logging in over a real connection."""

from __future__ import annotations

import json

import pytest

from cagelab_bridge.errors import Code, InvalidInput, LoginRefused, Refused, RemoteError, ServerFailed, Unreachable
from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import AlyxDoor
from cagelab_bridge.secret import Secret
from tests.integration.alyx.conftest import Serve
from tests.integration.alyx.stand_in import Reply

PASSWORD = Secret("correct horse ë")


def anna(url: str) -> AccountKey:
    return AccountKey(alyx_url=url, username="anna")


async def test_a_right_password_gives_the_token(door: AlyxDoor, serve: Serve) -> None:
    """The user name and password go to auth-token, once, as JSON; the token comes back as a secret."""
    web = serve(lambda seen: Reply(body={"token": "abc123"}))
    assert await door.log_in(anna(web.url + "/admin/"), PASSWORD) == Secret("abc123")
    [seen] = web.seen
    assert (seen.method, seen.path) == ("POST", "/auth-token")
    assert json.loads(seen.body) == {"username": "anna", "password": PASSWORD.reveal()}
    assert "authorization" not in seen.headers


async def test_a_wrong_password_is_a_refused_login(door: AlyxDoor, serve: Serve) -> None:
    """Alyx 3.6.1's 400 becomes LoginRefused with its own sentence, and is not tried again."""
    web = serve(lambda seen: Reply(400, {"non_field_errors": ["Unable to log in with provided credentials."]}))
    with pytest.raises(LoginRefused, match=r"^Unable to log in with provided credentials\.$") as caught:
        await door.log_in(anna(web.url), PASSWORD)
    assert caught.value.code is Code.PERMISSION_DENIED
    assert len(web.seen) == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(body=b"<html>Welcome to the guest network</html>"), ServerFailed),
        (Reply(body=["token"]), ServerFailed),
        (Reply(body={"token": None}), ServerFailed),
        (Reply(body={"token": "with\nbreak"}), ServerFailed),
        (Reply(404, b"<h1>Not Found</h1>"), Refused),
        (Reply(405, b""), Refused),
    ],
)
async def test_something_else_than_alyx_is_told(
    door: AlyxDoor, serve: Serve, reply: Reply, kind: type[RemoteError]
) -> None:
    """A login page, a router or another program at this address is told as "perhaps not Alyx's"."""
    web = serve(lambda seen: reply)
    with pytest.raises(kind) as caught:
        await door.log_in(anna(web.url), PASSWORD)
    assert "perhaps not Alyx's" in caught.value.hint


async def test_an_address_that_is_none_is_refused_before_anything_is_sent(door: AlyxDoor) -> None:
    """A wrong address is the caller's mistake."""
    with pytest.raises(InvalidInput):
        await door.log_in(anna("ftp://alyx"), PASSWORD)


async def test_a_closed_door_sends_nothing(door: AlyxDoor, serve: Serve) -> None:
    """After close, calls end as Unreachable: nothing happened."""
    web = serve(lambda seen: Reply(body={"token": "abc123"}))
    await door.close()
    with pytest.raises(Unreachable):
        await door.log_in(anna(web.url), PASSWORD)
    assert web.seen == []
