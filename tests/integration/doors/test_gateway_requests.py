"""What does not belong at the JSON door: refused with a JSON error, never reaching a handler, never hanging."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
from collections.abc import AsyncIterator

import pytest

from cagelab_bridge.http_gateway.head import MAX_HEAD
from cagelab_bridge.http_gateway.link import Limits
from tests.integration.doors.stage import BRIDGE, CANARY, HANG, LARGE, Stage, opened

# name: (what is changed in a good request, the expected status). `{port}` stands for the gateway's port.
REQUESTS: dict[str, tuple[bytes, bytes, int]] = {
    "no request line": (b"POST ", b"", 400),
    "garbage request line": (b"POST ", b"\x16\x03\x01\x02 ", 400),
    "HTTP/1.0": (b"HTTP/1.1", b"HTTP/1.0", 400),
    "HTTP/2.0": (b"HTTP/1.1", b"HTTP/2.0", 400),
    "HTTP/0.9": (b" HTTP/1.1", b"", 400),
    "unknown method": (b"GetStatus", b"GetStatu", 404),
    "method in other case": (b"GetStatus", b"getstatus", 404),
    "path with dots": (b"/cagelab", b"/x/../cagelab", 404),
    "percent in path": (b"GetStatus", b"%47etStatus", 404),
    "double slash": (b"POST /", b"POST //", 404),
    "stream": (b"GetStatus", b"Watch", 501),
    "compressed": (b"content-type:", b"Content-Encoding: gzip\r\ncontent-type:", 415),
    "NUL in header": (b"host:", b"X-A: \x00\r\nhost:", 400),
    "NUL in path": (b"GetStatus", b"Get\x00Status", 400),
    "escape in path": (b"GetStatus", b"Get\x1bStatus", 400),
    "header without name": (b"host:", b": 1\r\nhost:", 400),
    "header without colon": (b"host:", b"X-A\r\nhost:", 400),
    "huge head": (b"host:", b"X-A: " + b"a" * MAX_HEAD + b"\r\nhost:", 431),
    "many headers": (b"host:", b"A:1\r\n" * 4000 + b"host:", 431),
    "other Connect version": (b"host:", b"Connect-Protocol-Version: 2\r\nhost:", 400),
    "timeout of words": (b"host:", b"Connect-Timeout-Ms: soon\r\nhost:", 400),
    "negative timeout": (b"host:", b"Connect-Timeout-Ms: -1\r\nhost:", 400),
    "timeout of eleven digits": (b"host:", b"Connect-Timeout-Ms: 10000000000\r\nhost:", 400),
    "timeout in other digits": (b"host:", b"Connect-Timeout-Ms: \xb2\r\nhost:", 400),
    "two timeouts": (b"host:", b"Connect-Timeout-Ms: 1\r\nConnect-Timeout-Ms: 2\r\nhost:", 400),
    "no time": (b"host:", b"Connect-Timeout-Ms: 0\r\nhost:", 504),
    "blank line first": (b"POST ", b"\r\nPOST ", 400),
}


@pytest.mark.parametrize("name", REQUESTS)
async def test_what_is_not_plainly_ours_is_refused(stage: Stage, name: str) -> None:
    """A JSON error and the end of the connection."""
    await stage.refuses(*stage.changed(*REQUESTS[name]))


@pytest.mark.parametrize("cut", [1, 4, 30, 100, -1, -3])
async def test_a_request_that_ends_early_is_refused(stage: Stage, cut: int) -> None:
    """Whatever the point at which a client stops sending, the connection ends and nothing is called."""
    await stage.refuses(stage.request()[:cut], 400)


async def test_a_head_request_gets_no_body(stage: Stage) -> None:
    """HEAD is refused like GET, by its headers alone (RFC 9110, 9.3.2)."""
    answer = await stage.talk(stage.request().replace(b"POST", b"HEAD", 1))
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"allow: post" in answer.lower()
    assert answer.endswith(b"\r\n\r\n")


@pytest.fixture
async def hurried() -> AsyncIterator[Stage]:
    """Doors that lose patience soon, and have few places."""
    limits = Limits(head=0.05, body=0.05, idle=0.05, write=0.2, linger=0.05, connections=4)
    async with opened(limits) as doors:
        yield doors


async def test_an_idle_connection_is_closed_after_its_answer(hurried: Stage) -> None:
    """A kept-alive connection without a further request is closed."""
    answer = await hurried.talk(hurried.request(), end=False)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1") == 1


async def test_a_client_that_reads_nothing_is_cut_off(hurried: Stage) -> None:
    """An answer nobody takes does not hold the connection for ever."""
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(deaf, ("127.0.0.1", hurried.http_port))
        await loop.sock_sendall(deaf, hurried.request(b'{"path":"large"}', "Query"))
        async with asyncio.timeout(HANG):
            await hurried.desk.entered.wait()
            await hurried.gateway.stop(grace=2 * HANG)  # waits for the connection, and need not wait long
            received = 0
            while piece := await loop.sock_recv(deaf, 1 << 20):
                received += len(piece)
    assert 0 < received < LARGE


async def test_when_every_place_is_at_work_the_next_caller_is_told(hurried: Stage) -> None:
    """Callers beyond the limit get 503 with a hint and the word that it passes; those at work are not disturbed."""
    async with hurried.http() as client:
        calls = [asyncio.create_task(client.post(BRIDGE + "Query", json={"path": "hold"})) for _ in range(4)]
        async with asyncio.timeout(HANG):
            while hurried.desk.running < 4:
                hurried.desk.entered.clear()
                await hurried.desk.entered.wait()
        answer = await hurried.talk(b"", end=False)
        hurried.desk.release.set()
        assert [response.status_code for response in await asyncio.gather(*calls)] == [200] * 4
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert json.loads(body)["details"][0]["debug"]["retryable"] is True


async def test_pipelined_requests_are_answered_in_order(stage: Stage) -> None:
    """Requests sent without waiting are answered one after the other, each by its own body."""
    bodies = [json.dumps({"path": "x", "limit": number}).encode() for number in range(5)]
    answer = await stage.talk(b"".join(stage.request(body, "Query") for body in bodies))
    assert answer.count(b"HTTP/1.1 200 ") == 5
    assert [request.limit for request in stage.desk.seen] == [0, 1, 2, 3, 4]
    counts = [part.split(b'"count": ')[1][:1] for part in answer.split(b"HTTP/1.1 200 ")[1:]]
    assert counts == [b"0", b"1", b"2", b"3", b"4"]


async def test_what_follows_a_refused_request_is_not_answered(stage: Stage) -> None:
    """After a refusal the connection ends: nobody can hide a request behind another one."""
    answer = await stage.talk(stage.request(content_length=None) + stage.request(b'{"path":"x"}', "Query"))
    assert answer.count(b"HTTP/1.1 411 ") == answer.count(b"HTTP/1.1 ") - 1 == 1  # the hint names HTTP/1.1 too
    assert not stage.desk.seen


async def test_a_second_request_is_checked_like_the_first(stage: Stage) -> None:
    """Keep-alive gives no rights: the token is asked for with every request."""
    answer = await stage.talk(stage.request() + stage.request(b'{"path":"x"}', "Query", authorization=b"Bearer x"))
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer) == [b"200", b"401"]
    assert not stage.desk.seen


async def test_paths_and_tokens_are_not_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """The log has statuses and reasons; nothing a stranger wrote."""
    caplog.set_level(logging.DEBUG)
    await stage.talk(stage.request().replace(b"GetStatus", CANARY.encode(), 1))
    await stage.talk(stage.request(authorization=f"Bearer {CANARY}".encode()))
    assert "refused with 404" in caplog.text
    assert "refused with 401" in caplog.text
    assert CANARY not in caplog.text
