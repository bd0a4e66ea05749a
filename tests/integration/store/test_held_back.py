"""Bodies that are held back on purpose: the time that takes is nobody's fault."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cagelab_bridge.store.http_transport import HttpTransport
from cagelab_bridge.store.transport import Request
from cagelab_bridge.throttle import Throttle

MB = 1_000_000


class Clock:
    """Time that passes only while somebody is held back."""

    def __init__(self) -> None:
        self.now = 0.0

    def pause(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def store(answer: bytes) -> Iterator[tuple[str, list[int]]]:
    """A server that takes one request with its whole body and answers; its address, and the bytes that came."""
    came: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as file:
                length = 0
                while (line := file.readline()) != b"\r\n":
                    name, _, value = line.decode().partition(":")
                    length = int(value) if name.lower() == "content-length" else length
                came.append(len(file.read(length)))
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/bucket/key", came
        thread.join()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def transport(clock: Clock) -> Iterator[HttpTransport]:
    """One that may send and receive a tenth of a megabyte per second."""
    throttle = Throttle(lambda: clock.now, clock.pause)
    throttle.limit(0.1 * MB)
    made = HttpTransport(lambda: clock.now, throttle)
    yield made
    made.close()


def test_an_upload_takes_its_time_and_is_not_given_up(transport: HttpTransport, clock: Clock) -> None:
    """4 MB take 40 s, though the exchange may take five."""
    with store(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (url, came):
        answer = transport.send(Request(method="PUT", url=url, headers={}, body=bytes(4 * MB), seconds=5.0))
    assert (answer.status, came) == (200, [4 * MB])
    assert clock.now == pytest.approx(40, abs=1)


def test_a_download_takes_its_time_too(transport: HttpTransport, clock: Clock) -> None:
    """It would disturb a task just as much."""
    got: list[int] = []
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (4 * MB)
    with store(head + bytes(4 * MB)) as (url, _):
        transport.send(
            Request(method="GET", url=url, headers={}, seconds=5.0, sink=lambda block: got.append(len(block)))
        )
    assert sum(got) == 4 * MB
    assert clock.now == pytest.approx(40, abs=1)
