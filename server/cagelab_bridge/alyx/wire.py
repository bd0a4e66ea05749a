"""The way to Alyx: one request out, its whole answer in. What a simulator takes the place of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class TooLong(Exception):
    """The server sends more than any answer of Alyx can be."""


class Patience(NamedTuple):
    """How many seconds without progress are too many."""

    connect: float  # to a connection
    pool: float  # to a free one among those that are open
    read: float  # without a byte of the answer
    write: float  # without a byte of the request taken


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it goes out. The headers hold the token, and the body may hold a password."""

    method: str
    url: str  # percent-encoded
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    body: bytes = field(repr=False)
    patience: Patience

    @property
    def target(self) -> str:
        """Path and query, as in the first line of HTTP."""
        return "/" + self.url.split("/", 3)[3]

    @property
    def path(self) -> str:
        """The path, still percent-encoded."""
        return self.target.partition("?")[0]


class Raw(NamedTuple):
    """An answer as it came, unpacked; the names of the headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire(Protocol):
    """Connections to all Alyxes, for all accounts."""

    closed: bool = False

    async def send(self, asked: Asked) -> Raw:
        """The answer, read to its end. Raises httpx.RequestError, TooLong."""

    async def close(self) -> None:
        """Close all connections."""
        self.closed = True
