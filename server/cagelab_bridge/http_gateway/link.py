"""One connection to the gateway: bytes in under deadlines, answers out, and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from http import HTTPStatus

import h11

from cagelab_bridge.errors import DeadlineExceeded, InvalidInput, TooMuch
from cagelab_bridge.http_gateway.head import MAX_HEAD, Refusal, parse
from cagelab_bridge.http_gateway.messages import write_error
from cagelab_bridge.ports import Runtime

_FIXED = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)
_END = b"\r\n\r\n"
_PIECE = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds a client may take for each step, and how many connections there are at a time."""

    head: float = 5.0
    body: float = 20.0
    idle: float = 30.0  # between two requests of one connection
    write: float = 60.0
    linger: float = 1.0  # for the client to read a refusal before the connection closes
    connections: int = 32


class Link:
    """One connection. Raises Refusal for what the client did wrong, ConnectionError when it is gone."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, runtime: Runtime, limits: Limits
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._runtime = runtime
        self._limits = limits
        self._bodiless = False  # the answer to a HEAD request has no body
        self._wire = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        writer.transport.set_write_buffer_limits(0)  # so that drain() means sent

    async def head(self, *, first: bool) -> bytes | None:
        """The next request line and headers; None when the client has nothing (more) to say."""
        try:
            seconds = self._limits.head if first else self._limits.idle
            start = await self._runtime.wait_for(self._reader.read(1), seconds)
        except TimeoutError:
            return None
        if not start:
            return None
        try:
            rest = await self._runtime.wait_for(self._reader.readuntil(_END), self._limits.head)
        except TimeoutError:
            raise Refusal(408, DeadlineExceeded("The headers did not arrive in time.")) from None
        except asyncio.LimitOverrunError:
            raise Refusal(431, TooMuch(f"The headers have more than {MAX_HEAD:,} bytes.", about="head")) from None
        except asyncio.IncompleteReadError:
            raise Refusal(400, InvalidInput("The request ends in its headers.", about="http")) from None
        return start + rest

    def parse(self, head: bytes) -> h11.Request:
        """Read what `head` returned."""
        request = parse(head, self._wire)
        self._bodiless = request.method == b"HEAD"
        return request

    async def body(self, length: int) -> bytes:
        """The body of the request."""
        if self._wire.they_are_waiting_for_100_continue:
            await self._send(self._wire.send(h11.InformationalResponse(status_code=100, headers=[])))
        try:
            body = await self._runtime.wait_for(self._reader.readexactly(length), self._limits.body)
        except TimeoutError:
            raise Refusal(408, DeadlineExceeded("The body did not arrive in time.")) from None
        except asyncio.IncompleteReadError:
            raise Refusal(400, InvalidInput("The body is shorter than its length.", about="http")) from None
        self._wire.receive_data(body)
        while not isinstance(self._wire.next_event(), h11.EndOfMessage):
            continue  # the pieces of the body, which is known already
        return body

    async def answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> bool:
        """Send an answer. Returns whether the connection can carry another request."""
        fields = [*_FIXED, ("Content-Length", str(len(body))), *headers]
        sent = self._wire.send(h11.Response(status_code=status, headers=fields, reason=_phrase(status)))
        if not self._bodiless:
            sent = (sent or b"") + (self._wire.send(h11.Data(data=body)) or b"")
        sent = (sent or b"") + (self._wire.send(h11.EndOfMessage()) or b"")
        await self._send(sent)
        if self._wire.our_state is h11.DONE and self._wire.their_state is h11.DONE:
            self._wire.start_next_cycle()
            return True
        return False

    async def refuse(self, refusal: Refusal) -> None:
        """Send the refusal, and end the connection such that the client can read it.

        Closing with unread bytes would reset the connection, and the reset would take the answer with it.
        """
        await self.answer(refusal.status, write_error(refusal.error), ("Connection", "close"), *refusal.headers)
        self._writer.write_eof()
        with contextlib.suppress(TimeoutError):  # a client that goes on talking was heard long enough
            await self._runtime.wait_for(self._hear_out(), self._limits.linger)

    def abort(self) -> None:
        """End the connection at once; whoever waits for it gets the end of the stream."""
        self._writer.transport.abort()

    async def _hear_out(self) -> None:
        while await self._reader.read(_PIECE):
            continue  # unread on purpose

    async def _send(self, sent: bytes | None) -> None:
        self._writer.write(sent or b"")
        try:
            await self._runtime.wait_for(self._writer.drain(), self._limits.write)
        except TimeoutError:
            self.abort()  # a plain close would wait for this client too
            raise ConnectionAbortedError from None


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b"Error"  # 499, which Connect uses and the registry lacks
