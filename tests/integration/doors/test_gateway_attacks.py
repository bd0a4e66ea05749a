"""What does not belong at the JSON door: refused with a JSON error, never reaching a handler, never hanging."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import socket
import sys
from collections.abc import AsyncIterator

import pytest

from cagelab_bridge.http_gateway.head import MAX_BODY, MAX_HEAD
from cagelab_bridge.http_gateway.link import Limits
from cagelab_bridge.http_gateway.peer import is_foreign
from tests.integration.doors.stage import BRIDGE, CANARY, HANG, LARGE, TOKEN, Stage, hang_up, opened

# name: (what is changed in a good request, the expected status). `{port}` stands for the gateway's port.
ATTACKS: dict[str, tuple[bytes, bytes, int]] = {
    "no request line": (b"POST ", b"", 400),
    "garbage request line": (b"POST ", b"\x16\x03\x01\x02 ", 400),
    "lower-case method": (b"POST ", b"post ", 405),
    "HTTP/1.0": (b"HTTP/1.1", b"HTTP/1.0", 400),
    "HTTP/2.0": (b"HTTP/1.1", b"HTTP/2.0", 400),
    "HTTP/0.9": (b" HTTP/1.1", b"", 400),
    "absolute address": (b"POST /", b"POST http://127.0.0.1:{port}/", 400),
    "other server as address": (b"POST /", b"POST http://evil.example/", 400),
    "asterisk": (b"POST " + BRIDGE.encode() + b"GetStatus", b"POST *", 400),
    "unknown method": (b"GetStatus", b"GetStatu", 404),
    "method in other case": (b"GetStatus", b"getstatus", 404),
    "token in the address": (b"GetStatus ", b"GetStatus?token=x ", 404),
    "path with dots": (b"/cagelab", b"/x/../cagelab", 404),
    "percent in path": (b"GetStatus", b"%47etStatus", 404),
    "double slash": (b"POST /", b"POST //", 404),
    "stream": (b"GetStatus", b"Watch", 501),
    "GET": (b"POST ", b"GET ", 405),
    "OPTIONS": (b"POST ", b"OPTIONS ", 405),
    "CONNECT": (b"POST ", b"CONNECT ", 405),
    "PUT": (b"POST ", b"PUT ", 405),
    "no host": (b"host: 127.0.0.1:{port}\r\n", b"", 400),
    "two hosts": (b"host:", b"Host: localhost:{port}\r\nhost:", 400),
    "rebound host": (b"host: 127.0.0.1:{port}", b"host: attacker.example:{port}", 421),
    "host without port": (b"host: 127.0.0.1:{port}", b"host: 127.0.0.1", 421),
    "host 0.0.0.0": (b"host: 127.0.0.1:", b"host: 0.0.0.0:", 421),
    "host with other port": (b"host: 127.0.0.1:{port}", b"host: 127.0.0.1:1", 421),
    "empty host": (b"host: 127.0.0.1:{port}", b"host:", 421),
    "evil origin": (b"host:", b"Origin: http://evil.example\r\nhost:", 403),
    "null origin": (b"host:", b"Origin: null\r\nhost:", 403),
    "own origin": (b"host:", b"Origin: http://127.0.0.1:{port}\r\nhost:", 403),
    "empty origin": (b"host:", b"Origin:\r\nhost:", 403),
    "fetch mode": (b"host:", b"Sec-Fetch-Mode: no-cors\r\nhost:", 403),
    "fetch site": (b"host:", b"Sec-Fetch-Site: same-origin\r\nhost:", 403),
    "form": (b"application/json", b"application/x-www-form-urlencoded", 415),
    "text": (b"application/json", b"text/plain", 415),
    "json prefix": (b"application/json", b"application/jsonp", 415),
    "latin-1": (b"application/json", b"application/json; charset=latin-1", 415),
    "two content types": (b"content-type:", b"Content-Type: text/plain\r\ncontent-type:", 415),
    "no content type": (b"content-type: application/json\r\n", b"", 415),
    "compressed": (b"content-type:", b"Content-Encoding: gzip\r\ncontent-type:", 415),
    "no length": (b"content-length: 2\r\n", b"", 411),
    "chunked": (b"content-length: 2", b"Transfer-Encoding: chunked", 411),
    "chunked and length": (b"content-length: 2", b"content-length: 2\r\nTransfer-Encoding: chunked", 400),
    "gzip transfer": (b"content-length: 2", b"Transfer-Encoding: gzip, chunked", 501),
    "two lengths": (b"content-length: 2", b"content-length: 2\r\nContent-Length: 7", 400),
    "two equal lengths": (b"content-length: 2", b"content-length: 2\r\ncontent-length: 2", 400),
    "list of lengths": (b"content-length: 2", b"content-length: 2, 2", 400),
    "length +2": (b"content-length: 2", b"content-length: +2", 400),
    "length -1": (b"content-length: 2", b"content-length: -1", 400),
    "length 0x2": (b"content-length: 2", b"content-length: 0x2", 400),
    "length of 4301 digits": (b"content-length: 2", b"content-length: " + b"9" * 4301, 400),
    "huge length": (b"content-length: 2", b"content-length: " + str(MAX_BODY + 1).encode(), 413),
    "body shorter than length": (b"content-length: 2", b"content-length: 3", 400),
    "body shorter than promised 4 MiB": (b"content-length: 2", b"content-length: " + str(MAX_BODY).encode(), 400),
    "space before colon": (b"host:", b"X-A : 1\r\nhost:", 400),
    "folded line": (b"host:", b"X-A: 1\r\n 2\r\nhost:", 400),
    "bare line feed": (b"content-type:", b"X-A: 1\ncontent-type:", 400),
    "bare carriage return": (b"content-type:", b"X-A: 1\rcontent-type:", 400),
    "NUL in header": (b"host:", b"X-A: \x00\r\nhost:", 400),
    "NUL in path": (b"GetStatus", b"Get\x00Status", 400),
    "escape in path": (b"GetStatus", b"Get\x1bStatus", 400),
    "header without name": (b"host:", b": 1\r\nhost:", 400),
    "header without colon": (b"host:", b"X-A\r\nhost:", 400),
    "huge head": (b"host:", b"X-A: " + b"a" * MAX_HEAD + b"\r\nhost:", 431),
    "many headers": (b"host:", b"A:1\r\n" * 4000 + b"host:", 431),
    "no token": (b"authorization: Bearer " + TOKEN.encode() + b"\r\n", b"", 401),
    "other Connect version": (b"host:", b"Connect-Protocol-Version: 2\r\nhost:", 400),
    "timeout of words": (b"host:", b"Connect-Timeout-Ms: soon\r\nhost:", 400),
    "negative timeout": (b"host:", b"Connect-Timeout-Ms: -1\r\nhost:", 400),
    "timeout of eleven digits": (b"host:", b"Connect-Timeout-Ms: 10000000000\r\nhost:", 400),
    "timeout in other digits": (b"host:", b"Connect-Timeout-Ms: \xb2\r\nhost:", 400),
    "two timeouts": (b"host:", b"Connect-Timeout-Ms: 1\r\nConnect-Timeout-Ms: 2\r\nhost:", 400),
    "no time": (b"host:", b"Connect-Timeout-Ms: 0\r\nhost:", 504),
    "blank line first": (b"POST ", b"\r\nPOST ", 400),
}
BODIES: dict[str, bytes] = {
    "empty": b"",
    "half an object": b"{",
    "text": b"hello",
    "a number": b"1",
    "null": b"null",
    "a list": b"[]",
    "a string": b'"{}"',
    "two objects": b"{}{}",
    "trailing comma": b'{"path":"x",}',
    "NUL": b"{\x00}",
    "NUL in text": b'{"path":"a\x00b"}',
    "not UTF-8": b'{"path":"\xff"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"path":"x"}'.encode("utf-16"),
    "lone surrogate": b'{"path":"\\ud800"}',
    "lone surrogate as a name": b'{"\\ud800":"x"}',
    "NaN": b'{"limit":NaN}',
    "Infinity": b'{"limit":Infinity}',
    "1e999": b'{"limit":1e999}',
    "fraction": b'{"limit":1.5}',
    "too large for 32 bits": b'{"limit":4294967296}',
    "500000 digits": b'{"limit":' + b"1" * 500_000 + b"}",
    "number for text": b'{"path":1}',
    "text for number": b'{"limit":"many"}',
    "object for text": b'{"path":{}}',
    "list for text": b'{"path":["x"]}',
    "the same key twice": b'{"path":"a","path":"b"}',
    "both spellings of one field": b'{"alyx_url":"a","alyxUrl":"b"}',
    "unknown field": b'{"pth":"x"}',
    "deep lists": b'{"path":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep objects": b'{"path":' * 200_000 + b"1" + b"}" * 200_000,
    "1 MiB of pairs": b'{"path":[' + b"[]," * 350_000 + b"[]]}",
}


async def refused(stage: Stage, sent: bytes, status: int) -> None:
    """Send it; the one answer is this status with a Connect error, and no handler was reached."""
    answer = await stage.talk(sent)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status, answer[:300]
    assert b"cache-control: no-store" in head.lower()
    assert b"x-content-type-options: nosniff" in head.lower()
    assert b"access-control" not in head.lower()
    said = json.loads(body)
    assert said["code"]
    assert said["message"]
    assert said["details"][0]["debug"]["hint"]
    assert TOKEN not in answer.decode()
    assert not stage.desk.seen


@pytest.mark.parametrize("name", ATTACKS)
async def test_hostile_requests_are_refused(stage: Stage, name: str) -> None:
    """Each request that is not plainly one of ours gets a JSON error and the end of the connection."""
    old, new, status = ATTACKS[name]
    port = str(stage.http_port).encode()
    good = stage.request()
    old, new = old.replace(b"{port}", port), new.replace(b"{port}", port)
    assert old in good
    await refused(stage, good.replace(old, new, 1), status)


@pytest.mark.parametrize("name", BODIES)
async def test_hostile_bodies_are_refused(stage: Stage, name: str) -> None:
    """A body that is not plain JSON of the method's message is INVALID_ARGUMENT, however deep or long."""
    await refused(stage, stage.request(BODIES[name], "Query"), 400)


@pytest.mark.parametrize("cut", [1, 4, 30, 100, -1, -3])
async def test_a_request_that_ends_early_is_refused(stage: Stage, cut: int) -> None:
    """Whatever the point at which a client stops sending, the connection ends and nothing is called."""
    await refused(stage, stage.request()[:cut], 400)


async def test_a_head_request_gets_no_body(stage: Stage) -> None:
    """HEAD is refused like GET, by its headers alone (RFC 9110, 9.3.2)."""
    answer = await stage.talk(stage.request().replace(b"POST", b"HEAD", 1))
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"allow: post" in answer.lower()
    assert answer.endswith(b"\r\n\r\n")


async def test_silence_without_a_byte_ends_without_an_answer(stage: Stage) -> None:
    """A client that connects and leaves is no request."""
    assert await stage.talk(b"") == b""


@pytest.fixture
async def hurried() -> AsyncIterator[Stage]:
    """Doors that lose patience soon, and have few places."""
    limits = Limits(head=0.05, body=0.05, idle=0.05, write=0.2, linger=0.05, connections=4)
    async with opened(limits) as doors:
        yield doors


async def test_a_slow_head_is_cut_off(hurried: Stage) -> None:
    """Headers that do not arrive in time are answered 408; the client cannot hold the place."""
    answer = await hurried.talk(hurried.request()[:40], end=False)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"deadline_exceeded" in answer


async def test_a_slow_body_is_cut_off(hurried: Stage) -> None:
    """So is a body."""
    answer = await hurried.talk(hurried.request()[:-1], end=False)
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_silent_connection_is_closed(hurried: Stage) -> None:
    """A connection without a byte is closed without an answer."""
    assert await hurried.talk(b"", end=False) == b""


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


async def test_silent_connections_keep_nobody_out() -> None:
    """When all places are taken by connections that say nothing, the one that waits longest makes room."""
    patient = Limits(head=HANG, idle=HANG, connections=4)
    async with opened(patient) as doors:
        silent = [await asyncio.open_connection("127.0.0.1", doors.http_port) for _ in range(30)]
        response = await doors.post("GetStatus", {})
        await asyncio.gather(*(hang_up(writer) for _, writer in silent))
    assert response.status_code == 200


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


async def test_wrong_tokens_wait_longer_and_longer_and_at_most_a_second(stage: Stage) -> None:
    """Guessing is slowed; the right token is not, and ends it."""
    wrong = stage.request(authorization=b"Bearer wrong")
    for _ in range(10):
        await refused(stage, wrong, 401)
    slept = list(stage.runtime.slept)
    assert slept == sorted(slept)
    assert 0 < slept[0] < 0.1
    assert slept[-1] == 1.0
    assert (await stage.talk(stage.request())).startswith(b"HTTP/1.1 200 ")
    assert stage.runtime.slept == slept
    await refused(stage, wrong, 401)
    assert stage.runtime.slept[-1] == slept[0]


async def test_a_guesser_keeps_nobody_out() -> None:
    """While wrong tokens wait for their answers in every place, the right token is served."""
    async with opened(Limits(connections=2)) as doors:
        doors.runtime.awake.clear()
        guesses = [asyncio.create_task(doors.talk(doors.request(authorization=b"Bearer no"))) for _ in range(2)]
        async with asyncio.timeout(HANG):
            await doors.runtime.asleep.wait()
            response = await doors.post("GetStatus", {})
            doors.runtime.awake.set()
            await asyncio.gather(*guesses, return_exceptions=True)
    assert response.status_code == 200


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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells whose a connection is")
async def test_the_kernel_tells_whose_a_connection_is(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own connection is ours, one that does not exist is foreign (fail closed); also where sock_diag is missing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.http_port)
    own, peer = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
    assert not is_foreign(own, peer)
    assert is_foreign(("127.0.0.1", 1), peer)
    monkeypatch.setattr(socket, "AF_NETLINK", 255)  # a family no kernel has
    assert not is_foreign(own, peer)
    assert is_foreign(("127.0.0.1", 1), peer)
    await hang_up(writer)
    assert await reader.read() == b""


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs another account: only root can become one"
)
async def test_another_account_is_cut_off_even_with_the_token(stage: Stage) -> None:
    """A program of another account that holds the token reaches no handler."""
    program = (
        "import os, socket, sys\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "link = socket.socket(); link.connect(('127.0.0.1', int(sys.argv[1])))\n"
        "answer = b''\n"
        "try:\n"
        "    link.sendall(sys.stdin.buffer.read())\n"
        "    while piece := link.recv(4096): answer += piece\n"
        "except ConnectionError: pass\n"
        "sys.stdout.buffer.write(answer)\n"
    )
    pipe = asyncio.subprocess.PIPE
    python = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", program, str(stage.http_port), stdin=pipe, stdout=pipe
    )
    request = stage.request(b'{"path":"x"}', "Query")
    answer, _ = await asyncio.wait_for(python.communicate(request), HANG)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 403 ")
    assert python.returncode == 0
    assert not stage.desk.seen
