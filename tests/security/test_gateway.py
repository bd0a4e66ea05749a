"""Attacks on the JSON door: by web pages, other accounts, guessers, and hostile bytes. None reaches a handler."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator

import grpc.aio
import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2
from cagelab_bridge.api.status import from_rpc_error
from cagelab_bridge.errors import Code
from cagelab_bridge.http_gateway.head import MAX_BODY
from cagelab_bridge.http_gateway.link import Limits
from cagelab_bridge.http_gateway.peer import is_foreign
from tests.integration.doors.stage import BRIDGE, CANARY, HANG, SHOWN, TOKEN, Stage, hang_up, opened

GUESSES = 1000
# name: (what is changed in a good request, the expected status). `{port}` stands for the gateway's port.
HOSTS: dict[str, tuple[bytes, bytes, int]] = {
    "no host": (b"host: 127.0.0.1:{port}\r\n", b"", 400),
    "two hosts": (b"host:", b"Host: localhost:{port}\r\nhost:", 400),
    "rebound host": (b"host: 127.0.0.1:{port}", b"host: attacker.example:{port}", 421),
    "host without port": (b"host: 127.0.0.1:{port}", b"host: 127.0.0.1", 421),
    "host 0.0.0.0": (b"host: 127.0.0.1:", b"host: 0.0.0.0:", 421),
    "host with other port": (b"host: 127.0.0.1:{port}", b"host: 127.0.0.1:1", 421),
    "empty host": (b"host: 127.0.0.1:{port}", b"host:", 421),
}
PAGES: dict[str, tuple[bytes, bytes, int]] = {
    "evil origin": (b"host:", b"Origin: http://evil.example\r\nhost:", 403),
    "null origin": (b"host:", b"Origin: null\r\nhost:", 403),
    "own origin": (b"host:", b"Origin: http://127.0.0.1:{port}\r\nhost:", 403),
    "empty origin": (b"host:", b"Origin:\r\nhost:", 403),
    "fetch mode": (b"host:", b"Sec-Fetch-Mode: no-cors\r\nhost:", 403),
    "fetch site": (b"host:", b"Sec-Fetch-Site: same-origin\r\nhost:", 403),
}
KINDS: dict[str, tuple[bytes, bytes, int]] = {
    "lower-case method": (b"POST ", b"post ", 405),
    "GET": (b"POST ", b"GET ", 405),
    "OPTIONS": (b"POST ", b"OPTIONS ", 405),
    "CONNECT": (b"POST ", b"CONNECT ", 405),
    "PUT": (b"POST ", b"PUT ", 405),
    "form": (b"application/json", b"application/x-www-form-urlencoded", 415),
    "text": (b"application/json", b"text/plain", 415),
    "json prefix": (b"application/json", b"application/jsonp", 415),
    "latin-1": (b"application/json", b"application/json; charset=latin-1", 415),
    "two content types": (b"content-type:", b"Content-Type: text/plain\r\ncontent-type:", 415),
    "no content type": (b"content-type: application/json\r\n", b"", 415),
}
TOKENS: dict[str, tuple[bytes, bytes, int]] = {
    "no token": (b"authorization: Bearer " + TOKEN.encode() + b"\r\n", b"", 401),
    "token in the address": (b"GetStatus ", b"GetStatus?token=x ", 404),
}
FRAMES: dict[str, tuple[bytes, bytes, int]] = {
    "absolute address": (b"POST /", b"POST http://127.0.0.1:{port}/", 400),
    "other server as address": (b"POST /", b"POST http://evil.example/", 400),
    "asterisk": (b"POST " + BRIDGE.encode() + b"GetStatus", b"POST *", 400),
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


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Both doors with their usual limits."""
    async with opened() as doors:
        yield doors


@pytest.fixture
async def hurried() -> AsyncIterator[Stage]:
    """Doors that lose patience soon, and have few places."""
    limits = Limits(head=0.05, body=0.05, idle=0.05, write=0.2, linger=0.05, connections=4)
    async with opened(limits) as doors:
        yield doors


@pytest.mark.parametrize("name", BODIES)
async def test_attack_40_a_body_that_is_not_plain_json_is_refused(stage: Stage, name: str) -> None:
    """INVALID_ARGUMENT, however deep or long it is, and at once."""
    async with asyncio.timeout(HANG):
        await stage.refuses(stage.request(BODIES[name], "Query"), 400)


@pytest.mark.parametrize("name", HOSTS)
async def test_attack_52_a_name_that_was_bent_to_this_computer_is_refused(stage: Stage, name: str) -> None:
    """DNS rebinding: the page's own name stands in Host. Only loopback with this very port counts."""
    await stage.refuses(*stage.changed(*HOSTS[name]))


@pytest.mark.parametrize("name", PAGES)
async def test_attack_53_what_a_browser_marks_as_a_pages_is_refused(stage: Stage, name: str) -> None:
    """Whatever the origin, even none or our own address: no page calls the bridge."""
    await stage.refuses(*stage.changed(*PAGES[name]))


@pytest.mark.parametrize("name", KINDS)
async def test_attack_54_what_a_page_can_send_unasked_is_refused(stage: Stage, name: str) -> None:
    """Forms, plain text, GET, OPTIONS: no answer, and no header that would let a page read one."""
    await stage.refuses(*stage.changed(*KINDS[name]))


@pytest.mark.parametrize("name", TOKENS)
async def test_attack_55_a_token_counts_in_its_header_only(stage: Stage, name: str) -> None:
    """Missing, or in the address, where logs and histories keep it."""
    await stage.refuses(*stage.changed(*TOKENS[name]))


async def test_attack_55_guessing_is_slowed(stage: Stage) -> None:
    """Guessing is slowed; the right token is not, and ends it."""
    wrong = stage.request(authorization=b"Bearer wrong")
    for _ in range(10):
        await stage.refuses(wrong, 401)
    slept = list(stage.runtime.slept)
    assert slept == sorted(slept)
    assert 0 < slept[0] < 0.1
    assert slept[-1] == 1.0
    assert (await stage.talk(stage.request())).startswith(b"HTTP/1.1 200 ")
    assert stage.runtime.slept == slept
    await stage.refuses(wrong, 401)
    assert stage.runtime.slept[-1] == slept[0]


async def test_attack_55_a_thousand_guesses_disturb_nobody(stage: Stage) -> None:
    """Each waits for its answer; the right token in between does not."""
    for number in range(GUESSES):
        wrong = stage.request(authorization=f"Bearer {number}".encode())
        assert (await stage.talk(wrong)).startswith(b"HTTP/1.1 401 ")
    assert sum(stage.runtime.slept) > GUESSES - 20
    slept = len(stage.runtime.slept)
    assert (await stage.post("GetStatus", {})).status_code == 200
    assert len(stage.runtime.slept) == slept


async def test_attack_55_a_guesser_keeps_nobody_out() -> None:
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


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs another account: only root can become one"
)
async def test_attack_56_another_account_is_cut_off_even_with_the_token(stage: Stage) -> None:
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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells whose a connection is")
async def test_attack_56_the_kernel_tells_whose_a_connection_is(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
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


async def test_attack_57_silence_without_a_byte_ends_without_an_answer(stage: Stage) -> None:
    """A client that connects and leaves is no request."""
    assert await stage.talk(b"") == b""


async def test_attack_57_a_silent_connection_is_closed(hurried: Stage) -> None:
    """A connection without a byte is closed without an answer."""
    assert await hurried.talk(b"", end=False) == b""


async def test_attack_57_a_slow_head_is_cut_off(hurried: Stage) -> None:
    """Headers that do not arrive in time are answered 408; the client cannot hold the place."""
    answer = await hurried.talk(hurried.request()[:40], end=False)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"deadline_exceeded" in answer


async def test_attack_57_a_slow_body_is_cut_off(hurried: Stage) -> None:
    """So is a body."""
    answer = await hurried.talk(hurried.request()[:-1], end=False)
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_attack_57_a_byte_now_and_then_gains_no_time(hurried: Stage) -> None:
    """The deadline is that of the whole head: each byte that comes does not begin it anew."""
    reader, writer = await asyncio.open_connection("127.0.0.1", hurried.http_port)
    answer, sent = b"", 0
    async with asyncio.timeout(HANG):
        while not answer:
            writer.write(hurried.request()[sent : sent + 1])
            sent += 1
            with contextlib.suppress(TimeoutError):
                answer = await asyncio.wait_for(reader.read(4096), 0.01)
    await hang_up(writer)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert sent < len(hurried.request())


async def test_attack_57_silent_connections_keep_nobody_out() -> None:
    """When all places are taken by connections that say nothing, the one that waits longest makes room."""
    patient = Limits(head=HANG, idle=HANG, connections=4)
    async with opened(patient) as doors:
        silent = [await asyncio.open_connection("127.0.0.1", doors.http_port) for _ in range(100)]
        response = await doors.post("GetStatus", {})
        await asyncio.gather(*(hang_up(writer) for _, writer in silent))
    assert response.status_code == 200


@pytest.mark.parametrize("name", FRAMES)
async def test_attack_58_requests_that_two_programs_read_differently_are_refused(stage: Stage, name: str) -> None:
    """Smuggling: lengths, chunks, line ends, addresses that a proxy and we might understand differently."""
    await stage.refuses(*stage.changed(*FRAMES[name]))


async def test_attack_59_an_exceptions_text_leaves_through_no_door(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake of ours is told as such; its text, which may quote a secret, is neither answered nor logged."""
    caplog.set_level(logging.DEBUG)
    async with stage.stub() as stub:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.Query(query_pb2.QueryRequest(path="broken"), metadata=SHOWN)
    failure = from_rpc_error(raised.value)
    response = await stage.post("Query", {"path": "broken"})
    assert failure.code is Code.INTERNAL
    assert CANARY not in failure.message + failure.hint + response.text
    assert CANARY not in caplog.text
    assert "ValueError" in caplog.text
