"""A recording proxy: what goes over the wire to a port of the loopback, byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

APPLICATION_DATA = 23  # type of a TLS record


@dataclass
class Wire:
    """What clients sent, by connection, and what they were answered."""

    port: int = 0
    sent: list[bytearray] = field(default_factory=list)
    answered: list[bytearray] = field(default_factory=list)

    def application_records(self) -> list[bytes]:
        """The TLS records of clients that may carry data of the call."""
        return [body for sent in self.sent for kind, body in _records(bytes(sent)) if kind == APPLICATION_DATA]


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 5:
        size = int.from_bytes(data[3:5])
        yield data[0], data[5 : 5 + size]
        data = data[5 + size :]


@asynccontextmanager
async def recorded(target: int) -> AsyncIterator[Wire]:
    """Pass on to the port `target`, and remember."""
    wire = Wire()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent, answered = bytearray(), bytearray()
        wire.sent.append(sent)
        wire.answered.append(answered)
        there, back = await asyncio.open_connection("127.0.0.1", target)
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(_pump(reader, back, sent), _pump(there, writer, answered))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray) -> None:
    try:
        while data := await reader.read(65536):
            kept += data
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
