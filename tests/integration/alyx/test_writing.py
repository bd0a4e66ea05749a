"""Writing records over a real connection."""

from __future__ import annotations

import json
import math

import pytest

from cagelab_bridge.errors import Executed, InvalidInput, RecordMissing, Refused, ServerFailed, Throttled
from tests.integration.alyx.conftest import TOKEN, Connect, Serve
from tests.integration.alyx.stand_in import Reply


async def test_a_record_is_created_from_what_was_given(connect: Connect, serve: Serve) -> None:
    """POST sends the body as JSON once, and gives the record that Alyx answers."""
    web = serve(lambda seen: Reply(201, {"id": "1"}))
    assert await connect(web.url).create("sessions", {"subject": "Zoë", "number": 3, "x": None}) == {"id": "1"}
    [seen] = web.seen
    assert (seen.method, seen.path, seen.headers["content-type"]) == ("POST", "/sessions", "application/json")
    assert json.loads(seen.body) == {"subject": "Zoë", "number": 3, "x": None}
    assert seen.headers["authorization"] == f"Token {TOKEN}"


async def test_register_file_gives_a_list(connect: Connect, serve: Serve) -> None:
    """A list of records comes back as a list."""
    web = serve(lambda seen: Reply(201, [{"id": "1", "file_records": []}]))
    assert await connect(web.url).create("register-file", {}) == [{"id": "1", "file_records": []}]


async def test_a_record_is_changed(connect: Connect, serve: Serve) -> None:
    """PATCH gives the changed record."""
    web = serve(lambda seen: Reply(200, {"id": "1", "qc": "PASS"}))
    assert await connect(web.url).change("datasets/1", {"qc": "PASS"}) == {"id": "1", "qc": "PASS"}
    assert (web.seen[0].method, web.seen[0].path) == ("PATCH", "/datasets/1")


async def test_a_record_that_is_not_there_counts_as_removed(connect: Connect, serve: Serve) -> None:
    """204 and Alyx's own 404 mean that the record is gone; a path that does not exist, or a page, proves nothing."""
    replies = iter(
        [
            Reply(204),
            Reply(404, {"detail": "No Session matches the given query.", "status_code": 404}),
            Reply(404, b"<h1>Not Found</h1>"),
            Reply(200, b"<h1>Please log in</h1>"),
        ]
    )
    web = serve(lambda seen: next(replies))
    alyx = connect(web.url)
    await alyx.remove("sessions/1")
    await alyx.remove("sessions/1")
    with pytest.raises(RecordMissing):
        await alyx.remove("sesions/1")
    with pytest.raises(ServerFailed):
        await alyx.remove("sessions/1")
    assert {seen.method for seen in web.seen} == {"DELETE"}


@pytest.mark.parametrize("value", [math.nan, math.inf, "\ud800"])
async def test_what_json_cannot_carry_is_not_sent(connect: Connect, serve: Serve, value: object) -> None:
    """NaN, infinities and broken text are refused before anything is sent."""
    web = serve(lambda seen: Reply(201, {}))
    with pytest.raises(InvalidInput):
        await connect(web.url).create("weighings", {"json": [value]})
    assert web.seen == []


@pytest.mark.parametrize("body", [b"", b"<html>ok</html>", b'"ok"', b"[1]"])
async def test_a_created_record_without_an_answer_may_exist(connect: Connect, serve: Serve, body: bytes) -> None:
    """2xx with something else than a record leaves open whether Alyx did it."""
    web = serve(lambda seen: Reply(201, body))
    with pytest.raises(ServerFailed) as caught:
        await connect(web.url).create("sessions", {})
    assert caught.value.executed is Executed.MAYBE


async def test_throttling_carries_the_wait(connect: Connect, serve: Serve) -> None:
    """429 with Retry-After; nothing is tried again here."""
    web = serve(lambda seen: Reply(429, {"detail": "Request was throttled."}, {"Retry-After": "42"}))
    with pytest.raises(Throttled) as caught:
        await connect(web.url).create("sessions", {})
    assert (caught.value.retry_after, caught.value.executed, len(web.seen)) == (42.0, Executed.NO, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(connect: Connect, serve: Serve, status: int) -> None:
    """Neither token nor body goes to the address a redirect names; the hint does name it."""
    other = serve(lambda seen: Reply(200, {}))
    web = serve(lambda seen: Reply(status, b"", {"Location": other.url + seen.path}))
    for call in (connect(web.url).create("sessions", {}), connect(web.url).read("sessions")):
        with pytest.raises(Refused) as caught:
            await call
        assert caught.value.about == "redirect"
        assert other.url in caught.value.hint
    assert other.seen == []
