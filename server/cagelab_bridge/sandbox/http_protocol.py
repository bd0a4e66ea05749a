"""HTTP/1.1 on one connection: as much of it as Alyx's clients use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from email.utils import formatdate
from functools import partial
from http import HTTPStatus

from .alyx.messages import Request, Response

MOST_HEAD = 64 * 1024
MOST_BODY = 64 * 1024 * 1024
Answer = Callable[[Response | None, float], None]
Handler = Callable[[Request, Answer], None]


class Unreadable(ValueError):
    """The bytes received are no request."""


class HttpProtocol(asyncio.Protocol):
    """Reads requests, hands each to `handler` together with a function that sends its answer, keeps the connection."""

    def __init__(self, handler: Handler, connections: set[HttpProtocol]) -> None:
        self._handler = handler
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._busy = False  # a request is being answered
        self._advancing = False
        self._greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went away."""
        del exc
        self._connections.discard(self)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """More bytes came."""
        self._buffer += data
        self._advance()

    def close(self) -> None:
        """Close the connection without another word."""
        if self._transport is not None:
            self._transport.abort()

    def _advance(self) -> None:
        # An answer given at once comes back here; the loop below then goes on by itself.
        if self._advancing:
            return
        self._advancing = True
        try:
            self._answer_all()
        finally:
            self._advancing = False

    def _answer_all(self) -> None:
        while not self._busy and self._transport is not None:
            try:
                found = read_request(self._buffer)
            except Unreadable:
                self._send(Response(400, {"content-type": "text/plain"}, b"Bad Request"), head=False, last=True)
                return
            if found is None:
                self._greet_expectation()
                return
            request, length = found
            del self._buffer[:length]
            self._busy = True
            last = request.headers.get("connection", "").lower() == "close"
            head = request.method == "HEAD"
            self._greeted = False
            self._handler(request, partial(self._reply, head=head, last=last))

    def _greet_expectation(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        waits = end >= 0 and b"100-continue" in self._buffer[:end].lower()
        if waits and not self._greeted and self._transport is not None:
            self._greeted = True
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _reply(self, response: Response | None, delay_s: float, *, head: bool, last: bool) -> None:
        if delay_s > 0:
            now = partial(self._reply, response, 0.0, head=head, last=last)
            asyncio.get_running_loop().call_later(delay_s, now)
            return
        self._busy = False
        if response is None:
            self.close()
            return
        self._send(response, head=head, last=last)
        if not last:
            self._advance()

    def _send(self, response: Response, *, head: bool, last: bool) -> None:
        if self._transport is None:
            return
        self._transport.write(head_of(response, last=last) + (b"" if head else response.body))
        if last:
            self._transport.close()


def head_of(response: Response, *, last: bool) -> bytes:
    """Status line and headers."""
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}", f"Date: {formatdate(usegmt=True)}"]
    lines += [f"{name.title()}: {value}" for name, value in response.headers.items()]
    lines.append(f"Content-Length: {len(response.body)}")
    if last:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def read_request(buffer: bytearray) -> tuple[Request, int] | None:
    """The first request in the buffer and its length in bytes, None while it is not complete.

    Raises Unreadable for what is no HTTP request, or is too large.
    """
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > MOST_HEAD:
            raise Unreadable
        return None
    first, *rest = bytes(buffer[:end]).decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Unreadable
    headers = _headers(rest)
    start = end + 4
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = _chunks(buffer, start)
        if body is None:
            return None
        content, length = body
    else:
        size = headers.get("content-length", "0")
        if not size.isdigit() or int(size) > MOST_BODY:
            raise Unreadable
        length = start + int(size)
        if len(buffer) < length:
            return None
        content = bytes(buffer[start:length])
    return Request(words[0], words[1], headers, content), length


def _headers(lines: list[str]) -> Mapping[str, str]:
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise Unreadable
        headers[name.strip().lower()] = value.strip()
    return headers


def _chunks(buffer: bytearray, at: int) -> tuple[bytes, int] | None:
    content = bytearray()
    while True:
        line = buffer.find(b"\r\n", at)
        if line < 0:
            return None
        try:
            size = int(bytes(buffer[at:line]).split(b";")[0], 16)
        except ValueError:
            raise Unreadable from None
        if len(content) + size > MOST_BODY:
            raise Unreadable
        start = line + 2
        if len(buffer) < start + size + 2:
            return None
        content += buffer[start : start + size]
        at = start + size + 2
        if size == 0:
            return bytes(content), at
