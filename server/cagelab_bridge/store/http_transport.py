"""The real transport: the standard library's HTTP, without what a transfer does not need.

urllib3 took three times the CPU for small files, and copied large ones once more.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from cagelab_bridge.errors import AnswerLost, Unreachable
from cagelab_bridge.store.connections import CONNECT_SECONDS, Address, Connections
from cagelab_bridge.store.timed_response import TOO_LONG, TimedResponse
from cagelab_bridge.store.transport import ANSWER_LIMIT, Answer, Request
from cagelab_bridge.throttle import Throttle

SLICE = 1024 * 1024  # bytes handed to the socket, or read, at once
TOGETHER = 64 * 1024  # bytes of a body that go out in one piece with the head


@dataclass
class _End:
    """When an exchange has taken too long; later, where it is held back on purpose."""

    at: float


class HttpTransport:
    """`Transport` over the network, without proxies, redirects or repetitions."""

    def __init__(self, monotonic: Callable[[], float], throttle: Throttle | None = None) -> None:
        """`monotonic`: seconds that never jump; `throttle`: how fast bodies may go out and come in, None for as fast as
        they can."""
        self._monotonic = monotonic
        self._throttle = throttle or Throttle(monotonic, lambda _seconds: None)
        self._connections = Connections()

    def send(self, request: Request) -> Answer:
        """See `Transport.send`."""
        end = _End(self._monotonic() + request.seconds)
        scheme, _, rest = request.url.partition("://")
        host, _, target = rest.partition("/")
        connection = self._connection((scheme, host))
        try:
            answer, reusable = self._exchange(connection, f"/{target}", request, end)
        except (http.client.HTTPException, OSError) as problem:
            connection.close()
            raise AnswerLost(f"The connection to the store at {host} broke before an answer came.") from problem
        except BaseException:
            connection.close()  # what is left of the answer must not meet the next request
            raise
        if reusable:
            self._connections.give_back((scheme, host), connection)
        else:
            connection.close()
        return answer

    def _connection(self, address: Address) -> http.client.HTTPConnection:
        host = address[1]
        try:
            return self._connections.take(address)
        except ssl.SSLError as problem:
            raise Unreachable(
                f"The store at {host} cannot be reached: no safe connection could be made.",
                hint="Check that the address starts with http or https as the store does, and the store's certificate.",
            ) from problem
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise Unreachable(f"The store at {host} cannot be reached: {_reason(problem)}.") from problem

    def _exchange(
        self, connection: http.client.HTTPConnection, target: str, request: Request, end: _End
    ) -> tuple[Answer, bool]:
        """The answer, and whether the connection may serve another request."""
        # A server that refuses in the middle of the body closes, but says why first.
        asked = self._monotonic()
        with request.wire or contextlib.nullcontext(), contextlib.suppress(BrokenPipeError, ConnectionResetError):
            # While bodies are held back on purpose, neither the wait for one's turn nor that of the body counts.
            end.at += self._monotonic() - asked
            self._say(connection, target, request, end)
        response = TimedResponse(
            connection.sock, request.method, lambda: min(request.silence, end.at - self._monotonic())
        )
        try:
            response.begin()
            body = self._receive(response, request, end)
            reusable = response.isclosed() and not response.will_close
        finally:
            response.close()
        return Answer(status=response.status, headers=response.fields, body=body), reusable

    def _say(self, connection: http.client.HTTPConnection, target: str, request: Request, end: _End) -> None:
        """Send head and body."""
        sock = connection.sock
        sock.settimeout(None)  # the kernel watches the time: Connections
        head = _head(target, request)
        if len(request.body) <= TOGETHER:
            end.at += self._throttle.passed(len(request.body))
            sock.sendall(head + request.body)
            return
        sock.sendall(head)
        body, start = memoryview(request.body), 0
        while start < len(body):
            piece = body[start : start + self._throttle.slice(SLICE)]
            end.at += self._throttle.passed(len(piece))
            if self._monotonic() > end.at:
                raise AnswerLost(TOO_LONG)
            sock.sendall(piece)
            start += len(piece)

    def _receive(self, response: http.client.HTTPResponse, request: Request, end: _End) -> bytes:
        kept = b""
        if request.sink is None or response.status >= 300:
            kept = response.read(ANSWER_LIMIT)
        else:
            while block := response.read(self._throttle.slice(SLICE)):
                end.at += self._throttle.passed(len(block))
                if self._monotonic() > end.at:
                    raise AnswerLost(TOO_LONG)
                request.sink(block)
        if response.length and len(kept) < ANSWER_LIMIT:
            raise http.client.IncompleteRead(kept, response.length)
        return kept

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()


def _head(target: str, request: Request) -> bytes:
    """The first lines of a request. Raises ValueError for what would make a line of its own."""
    lines = [f"{request.method} {target} HTTP/1.1"]
    lines += (f"{name}: {value}" for name, value in request.headers.items())
    lines += (f"Content-Length: {len(request.body)}", "Accept-Encoding: identity")
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header with a line break")
    return "\r\n".join((*lines, "", "")).encode("latin-1")


def _reason(problem: Exception) -> str:
    if isinstance(problem, socket.gaierror | UnicodeError):
        return "nobody knows that name"
    if isinstance(problem, TimeoutError):
        return f"no answer within {CONNECT_SECONDS:.0f} s"
    return "it refused the connection, or the network is down"
