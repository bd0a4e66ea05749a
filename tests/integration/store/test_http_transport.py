"""The transport against servers that misbehave: each is a few lines on a socket of loopback."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cagelab_bridge.errors import AnswerLost, Unreachable
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.store import connections
from cagelab_bridge.store.http_transport import HttpTransport
from cagelab_bridge.store.transport import ANSWER_LIMIT, Request
from tests.integration.alyx.test_failures import self_signed

Speak = Callable[[socket.socket], object]


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    made = HttpTransport(SystemRuntime().monotonic)
    yield made
    made.close()


@contextmanager
def serving(speak: Speak) -> Iterator[str]:
    """A server that lets `speak` handle one connection; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                speak(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/bucket/key"
        thread.join()


def read_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(65536)
    return head


def answering(answer: bytes) -> Speak:
    def speak(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(answer)

    return speak


def test_a_redirect_is_brought_as_it_is(transport: HttpTransport) -> None:
    """A signed request must not follow to another host."""
    answer = b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with serving(answering(answer)) as url:
        assert transport.send(Request(method="GET", url=url, headers={})).status == 307


def test_proxies_of_the_environment_are_not_used(transport: HttpTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data goes to the store and to nobody else."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as url:
        assert transport.send(Request(method="GET", url=url, headers={})).body == b"ok"


def test_a_server_that_says_nothing_is_given_up(transport: HttpTransport) -> None:
    """Silence ends the wait; what was asked may have happened."""
    done = threading.Event()
    with serving(lambda _: done.wait(30)) as url:
        with pytest.raises(AnswerLost):
            transport.send(Request(method="GET", url=url, headers={}, silence=0.05))
        done.set()


def test_a_server_that_drips_cannot_hold_a_request_for_ever() -> None:
    """Each byte comes in time, but the whole may not take longer than asked; time here is counted by calls."""
    clock = iter(range(10_000))
    transport = HttpTransport(lambda: float(next(clock)))
    body = b"x" * (3 * 1024 * 1024)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    with serving(lambda connection: _ignore_reset(connection, answer)) as url:
        with pytest.raises(AnswerLost, match="too long"):
            transport.send(Request(method="GET", url=url, headers={}, seconds=5.0))
        transport.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_reads_no_more_is_given_up(scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under TLS, too: nothing that is sent to it may hold a thread for ever."""
    monkeypatch.setattr(connections, "SEND_SECONDS", 1)
    context = self_signed(tmp_path)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    transport, done = HttpTransport(SystemRuntime().monotonic), threading.Event()

    def speak(connection: socket.socket) -> None:
        if scheme == "https":
            with context.wrap_socket(connection, server_side=True):
                done.wait(60)
        done.wait(60)

    with serving(speak) as url:
        body = bytes(64 * 1024 * 1024)
        with pytest.raises(AnswerLost):
            transport.send(Request(method="PUT", url=url.replace("http", scheme), headers={}, body=body))
        done.set()
    transport.close()


def test_an_upload_that_crawls_is_given_up() -> None:
    """The limit holds while the body is sent, too."""
    clock = iter(range(10_000))
    transport = HttpTransport(lambda: float(next(clock)))

    def speak(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    with serving(speak) as url:
        with pytest.raises(AnswerLost, match="too long"):
            transport.send(Request(method="PUT", url=url, headers={}, body=bytes(4 * 1024 * 1024), seconds=5.0))
        transport.close()


def test_an_answer_that_breaks_off_is_lost(transport: HttpTransport) -> None:
    """A body shorter than announced is no answer."""
    with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")) as url, pytest.raises(AnswerLost):
        transport.send(Request(method="GET", url=url, headers={}))


def test_something_that_is_no_http_server_is_an_answer_lost(transport: HttpTransport) -> None:
    """Another program on the port is not mistaken for a store."""
    with serving(answering(b"220 mail.example.org ESMTP\r\n")) as url, pytest.raises(AnswerLost):
        transport.send(Request(method="GET", url=url, headers={}))


def test_an_endless_answer_is_cut_off(transport: HttpTransport) -> None:
    """An answer without a sink cannot fill the memory."""
    body = bytes(ANSWER_LIMIT + 5_000_000)
    answer = b"HTTP/1.1 500 No\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    with serving(lambda connection: _ignore_reset(connection, answer)) as url:
        assert len(transport.send(Request(method="GET", url=url, headers={})).body) == ANSWER_LIMIT


def test_a_refused_answer_does_not_reach_the_sink(transport: HttpTransport) -> None:
    """Only the object itself may be hashed, not the server's excuse."""
    taken: list[bytes] = []
    with serving(answering(b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno")) as url:
        answer = transport.send(Request(method="GET", url=url, headers={}, sink=taken.append))
    assert (answer.status, answer.body, taken) == (404, b"no", [])


def test_a_refusal_in_the_middle_of_the_body_is_still_heard(transport: HttpTransport) -> None:
    """A store may answer and hang up before it has read the whole part."""
    answer = b"HTTP/1.1 403 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    with serving(answering(answer)) as url:
        assert transport.send(Request(method="PUT", url=url, headers={}, body=bytes(8 * 1024 * 1024))).status == 403


@pytest.mark.parametrize("host", ["127.0.0.1:1", "nobody.invalid:9000"])
def test_no_connection_is_unreachable(transport: HttpTransport, host: str) -> None:
    """A closed port and an unknown name both mean that nothing happened."""
    with pytest.raises(Unreachable, match=host):
        transport.send(Request(method="GET", url=f"http://{host}/bucket/key?uploadId=1", headers={}))


def test_a_store_without_tls_behind_an_https_address_is_unreachable(transport: HttpTransport) -> None:
    """The hint names the address: nothing was sent in the clear."""
    with serving(answering_anything) as url, pytest.raises(Unreachable) as caught:
        transport.send(Request(method="GET", url=url.replace("http:", "https:"), headers={}))
    assert "https" in caught.value.hint


def answering_anything(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 This is HTTP\r\n\r\n")


def _ignore_reset(connection: socket.socket, answer: bytes) -> None:
    read_head(connection)
    try:
        connection.sendall(answer)
    except (ConnectionResetError, BrokenPipeError):
        return


LARGE = 32 * 1024 * 1024  # bytes; more than the buffers of a connection hold
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_connection_serves_one_request_after_the_other(transport: HttpTransport) -> None:
    """A thousand small files do not need a thousand connections."""
    heads: list[bytes] = []

    def speak(connection: socket.socket) -> None:
        for _ in range(3):
            heads.append(read_head(connection))
            connection.sendall(OK)

    with serving(speak) as url:
        for _ in range(3):
            assert transport.send(Request(method="GET", url=url, headers={})).body == b"ok"
    assert len(heads) == 3


def test_a_connection_that_the_server_closed_is_not_used(transport: HttpTransport) -> None:
    """A store hangs up on idle connections: the next request opens another, and is not lost."""
    with serving(answering(OK)) as url:
        assert transport.send(Request(method="GET", url=url, headers={})).status == 200
    port = int(url.partition("127.0.0.1:")[2].partition("/")[0])
    with socket.create_server(("127.0.0.1", port)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                answering(OK)(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        assert transport.send(Request(method="PUT", url=url, headers={}, body=b"x")).status == 200
        thread.join()


def test_the_wire_is_free_while_an_answer_is_waited_for(transport: HttpTransport) -> None:
    """The next body goes out while the store still works on the last one."""
    wire, seen = threading.Lock(), []

    def speak(connection: socket.socket) -> None:
        head = read_head(connection)
        left = LARGE - len(head.partition(b"\r\n\r\n")[2])
        seen.append(wire.locked())
        while left:
            left -= len(connection.recv(65536))
        seen.append(wire.acquire(timeout=10))
        connection.sendall(OK)

    with serving(speak) as url:
        request = Request(method="PUT", url=url, headers={}, body=bytes(LARGE), wire=wire)
        assert transport.send(request).status == 200
    assert seen == [True, True]


@pytest.mark.parametrize("header", ["a\r\nInjected: 1", "a\nb"])
def test_no_header_makes_a_line_of_its_own(transport: HttpTransport, header: str) -> None:
    """Names of files end up in headers."""
    with serving(lambda connection: None) as url, pytest.raises(ValueError, match="line break"):
        transport.send(Request(method="GET", url=url, headers={"x-amz-meta-name": header}))


@pytest.mark.parametrize(
    "head",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: nameless\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
    ],
)
def test_what_is_no_answer_is_a_lost_one(transport: HttpTransport, head: bytes) -> None:
    """Nothing is believed of a head that is damaged, endless or not HTTP."""
    with serving(answering(head)) as url, pytest.raises(AnswerLost):
        transport.send(Request(method="GET", url=url, headers={}))


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\n\r\nok",
        b"HTTP/1.1 200 \r\nTRANSFER-ENCODING: Chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    ],
)
def test_a_body_is_read_however_its_length_is_told(transport: HttpTransport, answer: bytes) -> None:
    """By number, in chunks, until the end; after a "continue"; lines ended by half of what HTTP asks for."""
    with serving(answering(answer)) as url:
        assert transport.send(Request(method="GET", url=url, headers={})).body == b"ok"


def test_a_header_that_comes_twice_or_in_two_lines_is_one(transport: HttpTransport) -> None:
    """Names are compared without case."""
    head = b"HTTP/1.1 200 OK\r\nVary: a\r\nvary: b\r\nETag:\r\n  x\r\nContent-Length: 0\r\n\r\n"
    with serving(answering(head)) as url:
        headers = transport.send(Request(method="GET", url=url, headers={})).headers
    assert (headers["vary"], headers["etag"].strip()) == ("a, b", "x")
