"""Reading records and lists over a real connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, repeat
from threading import Barrier, BrokenBarrierError
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cagelab_bridge.alyx import HttpxAlyxDoor
from cagelab_bridge.errors import Denied, InvalidInput, RecordMissing, ServerFailed
from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import AlyxDoor
from cagelab_bridge.secret import Secret
from tests.integration.alyx.conftest import TOKEN, Connect, Serve
from tests.integration.alyx.stand_in import Answer, Reply, Seen


def query(seen: Seen) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(seen.path).query).items()}


def paged(total: int, cap: int = 1000) -> Answer:
    """Pages as Alyx 3.6.1 makes them: 250 records unless asked, never more than `cap`."""

    def answer(seen: Seen) -> Reply:
        asked = query(seen)
        limit, offset = min(int(asked.get("limit", "250")), cap), int(asked.get("offset", "0"))
        follows = f"http://x/things?limit={limit}&offset={offset + limit}" if offset + limit < total else None
        rows = [{"id": number} for number in range(offset, min(total, offset + limit))]
        return Reply(body={"count": total, "next": follows, "previous": None, "results": rows})

    return answer


def changing(totals: Iterator[int]) -> Answer:
    """The same, with another number of records for each request."""

    def answer(seen: Seen) -> Reply:
        return paged(next(totals))(seen)

    return answer


def ids(records: list[dict[str, Any]]) -> list[int]:
    return [record["id"] for record in records]


async def test_a_record_is_read_with_the_token(connect: Connect, serve: Serve) -> None:
    """GET of the path below the address, with the token, as JSON."""
    web = serve(lambda seen: Reply(body={"id": "a", "json": {"cagelab": {}}}))
    assert await connect(web.url + "/").read("/subjects/Zoë?x=a b") == {"id": "a", "json": {"cagelab": {}}}
    [seen] = web.seen
    assert (seen.method, seen.path) == ("GET", "/subjects/Zo%C3%AB?x=a%20b")
    assert (seen.headers["authorization"], seen.headers["accept"]) == (f"Token {TOKEN}", "application/json")


async def test_the_path_of_a_mounted_alyx_is_kept(connect: Connect, serve: Serve) -> None:
    """An Alyx below a path is asked below that path, also by the URLs it answered itself."""
    web = serve(lambda seen: Reply(body={}))
    alyx = connect(web.url + "/alyx/admin/")
    await alyx.read("sessions/1")
    await alyx.read(web.url + "/alyx/sessions/2")
    assert [seen.path for seen in web.seen] == ["/alyx/sessions/1", "/alyx/sessions/2"]


async def test_all_pages_come_in_order(connect: Connect, serve: Serve) -> None:
    """5,008 records are read in like pages after a short one, at most four side by side, in order, none twice."""
    web = serve(paged(5008))
    page = await connect(web.url).read_page("sessions?lab=A", 100_000)
    assert ids(json.loads(page.text)) == list(range(5008))
    assert (page.is_list, page.count, page.total, page.truncated) == (True, 5008, 5008, False)
    assert sorted((int(query(seen).get("offset", "0")), int(query(seen)["limit"])) for seen in web.seen) == [
        (0, 250), (250, 793), (1043, 793), (1836, 793), (2629, 793), (3422, 793), (4215, 793)
    ]  # fmt: skip
    assert all(query(seen)["lab"] == "A" for seen in web.seen)


async def test_pages_are_read_four_at_a_time(connect: Connect, serve: Serve) -> None:
    """Of ten pages after the first, four are asked for side by side; a fifth is not while those wait."""
    fifth = Barrier(5)

    def answer(seen: Seen) -> Reply:
        if "offset" in query(seen):
            with suppress(BrokenBarrierError):
                fifth.wait(0.5)
        return paged(9000)(seen)

    web = serve(answer)
    assert ids(await connect(web.url).read_list("things", 9000)) == list(range(9000))
    assert (web.most_at_once, fifth.broken) == (4, True)


@pytest.mark.parametrize(
    ("path", "limit", "total", "expected", "requests"),
    [
        ("things", 5000, 0, range(0), 1),
        ("things", 1, 10, range(1), 1),
        ("things", 10, 10, range(10), 1),
        ("things", 1000, 1001, range(1000), 1),
        ("things", 5000, 250, range(250), 1),
        ("things", 5000, 251, range(251), 2),
        ("things", 5000, 500, range(500), 2),
        ("things", 5000, 2250, range(2250), 3),
        ("things", 5000, 2251, range(2251), 5),
        ("things", 1001, 1001, range(1001), 3),
        ("things", 2250, 9999, range(2250), 3),
        ("things?limit=3", 5000, 10, range(3), 1),
        ("things?limit=3", 2, 10, range(2), 1),
        ("things?offset=4", 5000, 10, range(4, 10), 1),
        ("things?limit=2100&offset=100", 5000, 5000, range(100, 2200), 3),
        ("things?limit=5&offset=8", 5000, 10, range(8, 10), 1),
        ("things?offset=20", 5000, 10, range(0), 1),
    ],
)
async def test_limits_bound_the_records_and_more_is_told(
    connect: Connect, serve: Serve, path: str, limit: int, total: int, expected: range, requests: int
) -> None:
    """The caller's limit and offset in the path and the argument all count; `truncated` is true when Alyx has more."""
    web = serve(paged(total))
    page = await connect(web.url).read_page(path, limit)
    assert ids(json.loads(page.text)) == list(expected)
    assert (page.count, page.total) == (len(expected), total)
    assert page.truncated == (len(expected) > 0 and expected[-1] + 1 < total)
    assert len(web.seen) == requests
    assert ids(await connect(web.url).read_list(path, limit)) == list(expected)


async def test_a_server_that_caps_lower_is_read_whole(connect: Connect, serve: Serve) -> None:
    """Where a server gives 100 a page whatever was asked, or 600, all pages are read all the same."""
    web = serve(paged(950, cap=100))
    assert ids(await connect(web.url).read_list("things")) == list(range(950))
    assert len(web.seen) == 10
    wider = serve(paged(5000, cap=600))
    assert ids(await connect(wider.url).read_list("things")) == list(range(5000))
    assert len(wider.seen) == 1 + 2 * 6


async def test_a_list_that_changes_meanwhile_is_read_again(connect: Connect, serve: Serve) -> None:
    """A record that arrives between two pages shifts the others: the list is read anew, none is twice or missing."""
    totals = chain([2000], repeat(2001))
    web = serve(changing(totals))
    page = await connect(web.url).read_page("things", 5000)
    assert ids(json.loads(page.text)) == list(range(2001))
    assert (page.count, page.total, page.truncated) == (2001, 2001, False)
    assert len(web.seen) == 3 + 3


async def test_a_list_that_never_stands_still_is_given_as_it_is(connect: Connect, serve: Serve) -> None:
    """After three readings the last one is handed on; `total` and `truncated` are those of its last page."""
    totals = iter(range(2000, 3000))
    web = serve(changing(totals))
    page = await connect(web.url).read_page("things", 2000)
    assert len(web.seen) == 3 * 3
    assert (page.count, page.truncated) == (2000, page.total > 2000)


async def test_one_failed_page_fails_the_list(connect: Connect, serve: Serve) -> None:
    """No list with a hole is ever handed on: a failure of one page is the failure of the whole, as its own class."""

    def answer(seen: Seen) -> Reply:
        late = int(query(seen).get("offset", "0")) > 2000
        return Reply(403, {"detail": "Invalid token."}) if late else paged(5000)(seen)

    web = serve(answer)
    with pytest.raises(Denied, match="Invalid token"):
        await connect(web.url).read_page("things", 5000)


@pytest.mark.parametrize("spaces", ["", " ", "\n  "])
async def test_records_are_handed_on_as_alyx_wrote_them(connect: Connect, serve: Serve, spaces: str) -> None:
    """Figures, escapes and the order of keys stay as Alyx printed them, across pages."""
    rows = ['{"w":25.40,"b":1E5,"a":"\\u00e9]}"}', '{"big":123456789012345678901234567890}']

    def answer(seen: Seen) -> Reply:
        first = "offset" not in query(seen)
        follows = '"http://x?a=]}"' if first else "null"
        head = f'{{{spaces}"count":{spaces}2,"next":{spaces}{follows},"previous":null,"results":{spaces}['
        return Reply(body=f"{head}{spaces}{rows[0 if first else 1]}{spaces}]{spaces}}}\n".encode())

    web = serve(answer)
    page = await connect(web.url).read_page("things", 10)
    assert page.text == f"[{','.join(rows)}]"
    record = serve(lambda seen: Reply(body=rows[0].encode() + b"\n"))
    single = await connect(record.url).read_page("things/1", 10)
    assert (single.text, single.is_list, single.count, single.total, single.truncated) == (rows[0], False, 1, 1, False)


@pytest.mark.parametrize(
    "body",
    [
        b'{"results":[{"id":0},{"id":1}],"previous":null,"next":null,"count":2}',
        b'{"count":2,"next":null,"previous":null,"results":[{"id":0},{"id":1}]}',
        b'[{"id":0}, {"id":1}]',
    ],
)
async def test_other_ways_of_printing_a_list_are_read_too(connect: Connect, serve: Serve, body: bytes) -> None:
    """Keys in another order, or a list that is not paged, give the same records, bounded alike."""
    web = serve(lambda seen: Reply(body=body))
    alyx = connect(web.url)
    assert json.loads((await alyx.read_page("things", 9)).text) == [{"id": 0}, {"id": 1}]
    cut = await alyx.read_page("things", 1)
    assert (json.loads(cut.text), cut.count, cut.total, cut.truncated) == ([{"id": 0}], 1, 2, True)


async def test_a_record_that_only_looks_like_a_page_is_a_record(connect: Connect, serve: Serve) -> None:
    """Only exactly count, next, previous and results make a page."""
    record: dict[str, Any] = {"count": 1, "next": None, "previous": None, "results": [], "name": "x"}
    web = serve(lambda seen: Reply(body=record))
    assert (await connect(web.url).read_page("things/1", 9)).is_list is False
    assert await connect(web.url).read_list("things/1") == [record]


async def test_not_a_number_becomes_null(connect: Connect, serve: Serve) -> None:
    """Alyx 3.6.1 prints NaN; the text handed on is JSON all the same."""
    web = serve(lambda seen: Reply(body=b'{"count":1,"next":null,"previous":null,"results":[{"z": NaN}]}'))
    assert (await connect(web.url).read_page("water-requirement", 9)).text == '[{"z": null}]'


@pytest.mark.parametrize("body", [b"<html>Log in</html>", b"", b'{"a":', b'"ok"', b"3"])
async def test_what_is_neither_record_nor_list_is_told(connect: Connect, serve: Serve, body: bytes) -> None:
    """A 200 with something else comes from a proxy or another program."""
    web = serve(lambda seen: Reply(body=body))
    with pytest.raises(ServerFailed) as caught:
        await connect(web.url).read_page("sessions", 9)
    assert "perhaps not Alyx's" in caught.value.hint


async def test_mistakes_of_the_caller_send_nothing(connect: Connect, serve: Serve) -> None:
    """Another host, a limit of 0, and a list where one record was asked for are the caller's mistakes."""
    web = serve(lambda seen: Reply(body=[]))
    alyx = connect(web.url)
    for path in ("http://127.0.0.2:9/sessions", "", "a/../b"):
        with pytest.raises(InvalidInput):
            await alyx.read(path)
    with pytest.raises(InvalidInput):
        await alyx.read_page("sessions", 0)
    assert web.seen == []
    with pytest.raises(InvalidInput, match="not one record"):
        await alyx.read("sessions")


async def test_a_missing_record_is_told(connect: Connect, serve: Serve) -> None:
    """404 is RecordMissing with Alyx's sentence and the path."""
    web = serve(lambda seen: Reply(404, {"detail": "No Subject matches the given query.", "status_code": 404}))
    with pytest.raises(RecordMissing, match=r"No Subject matches the given query\. \(GET subjects/Nobody\)"):
        await connect(web.url).read("subjects/Nobody")


async def test_cookies_of_one_account_are_not_sent_for_another(door: AlyxDoor, serve: Serve) -> None:
    """Alyx tries a session cookie before the token, so a kept cookie would let one account speak for another."""
    web = serve(lambda seen: Reply(body={}, headers={"Set-Cookie": "sessionid=anna; Path=/"}))
    for name in ("anna", "ben"):
        await door.connect(AccountKey(alyx_url=web.url, username=name), Secret(f"token-of-{name}")).read("users/x")
    assert [seen.headers.get("cookie") for seen in web.seen] == [None, None]
    assert [seen.headers["authorization"] for seen in web.seen] == ["Token token-of-anna", "Token token-of-ben"]


async def test_a_proxy_of_the_environment_is_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says about proxies and .netrc does not lead credentials elsewhere."""
    from cagelab_bridge.runtime import SystemRuntime

    web, proxy = serve(lambda seen: Reply(body={})), serve(lambda seen: Reply(body={}))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    door = HttpxAlyxDoor(SystemRuntime())
    await door.connect(AccountKey(alyx_url=web.url, username="anna"), Secret(TOKEN)).read("users/x")
    await door.close()
    assert (len(web.seen), proxy.seen) == (1, [])
