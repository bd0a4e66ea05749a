"""The real transport: urllib3. Imported when the first request is sent, because it takes a tenth of a second."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError, SSLError

from cagelab_bridge.errors import AnswerLost, Unreachable
from cagelab_bridge.store.timed_response import TOO_LONG, TimedResponse
from cagelab_bridge.store.transport import ANSWER_LIMIT, Answer, Request

CONNECT_SECONDS = 5.0
SEND_SECONDS = 60.0  # for SLICE bytes
SLICE = 256 * 1024  # bytes handed to the socket at once
CONNECTIONS = 8  # kept open per store


class _PatientHttp(HTTPConnection):
    """urllib3 leaves the connect timeout on the socket while it sends; 5 s would cut slow networks off."""

    response_class = TimedResponse

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.sock.settimeout(SEND_SECONDS)
        super().send(data)


class _PatientHttps(HTTPSConnection):
    response_class = TimedResponse

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.sock.settimeout(SEND_SECONDS)
        super().send(data)


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PatientHttp


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PatientHttps


class Urllib3Transport:
    """`Transport` over the network, without proxies, redirects or repetitions."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """`monotonic`: seconds that never jump."""
        self._monotonic = monotonic
        self._pool = urllib3.PoolManager(maxsize=CONNECTIONS, block=False, retries=False)
        self._pool.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def send(self, request: Request) -> Answer:
        """See `Transport.send`."""
        end = self._monotonic() + request.seconds
        host = request.url.split("?")[0].split("/", 3)[2]
        try:
            return self._exchange(request, end)
        except (NewConnectionError, ConnectTimeoutError) as problem:
            raise Unreachable(f"The store at {host} cannot be reached: {_reason(problem)}.") from problem
        except (SSLError, ssl.SSLError) as problem:
            raise Unreachable(
                f"The store at {host} cannot be reached: no safe connection could be made.",
                hint="Check that the address starts with http or https as the store does, and the store's certificate.",
            ) from problem
        except (HTTPError, OSError) as problem:
            raise AnswerLost(f"The connection to the store at {host} broke before an answer came.") from problem

    def _exchange(self, request: Request, end: float) -> Answer:
        TimedResponse.limit(lambda: min(request.silence, end - self._monotonic()))
        response = self._pool.request(
            request.method,
            request.url,
            body=self._slices(request.body, end) if request.body else None,
            headers={**request.headers, "Content-Length": str(len(request.body)), "Accept-Encoding": "identity"},
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=request.silence),
            redirect=False,
            retries=False,
            preload_content=False,
        )
        try:
            body = self._receive(response, request, end)
        except BaseException:
            response.close()  # what is left of the answer must not meet the next request
            raise
        response.release_conn()
        return Answer(
            status=response.status, headers={name.lower(): value for name, value in response.headers.items()}, body=body
        )

    def _slices(self, body: bytes, end: float) -> Iterator[bytes]:
        for start in range(0, len(body), SLICE):
            self._in_time(end)
            yield body[start : start + SLICE]

    def _receive(self, response: urllib3.BaseHTTPResponse, request: Request, end: float) -> bytes:
        if request.method == "HEAD":
            return b""
        kept = bytearray()
        for block in response.stream(SLICE, decode_content=False):
            self._in_time(end)
            if request.sink is not None and response.status < 300:
                request.sink(block)
            else:
                kept += block
            if len(kept) > ANSWER_LIMIT:
                response.close()
                break
        return bytes(kept[:ANSWER_LIMIT])

    def _in_time(self, end: float) -> None:
        if self._monotonic() > end:
            raise AnswerLost(TOO_LONG)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


def _reason(problem: HTTPError) -> str:
    if isinstance(problem, NameResolutionError):
        return "nobody knows that name"
    if isinstance(problem, ConnectTimeoutError):
        return f"no answer within {CONNECT_SECONDS:.0f} s"
    return "it refused the connection, or the network is down"
