"""The one thing the store adapter asks of a network: send a request, bring the answer. A simulator plugs in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

ANSWER_LIMIT = 4 * 1024 * 1024  # bytes of an answer kept without a sink; more is cut off

Sink = Callable[[bytes], object]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A signed request. `sink` takes the body of a good answer piece by piece; without it the answer holds the body.

    `wire` is held while the body goes out: who shares one sends one body at a time, and waits for answers together.
    `seconds` is the longest the whole exchange may take, `silence` the longest wait for the next byte of the answer.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)  # the signature is among them
    body: bytes = field(default=b"", repr=False)
    seconds: float = 60.0
    silence: float = 60.0
    sink: Sink | None = None
    wire: AbstractContextManager[object] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server said; the names of the headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Transport(Protocol):
    """Sends requests. Blocking: called in a thread, from several at once."""

    def send(self, request: Request) -> Answer:
        """Send once, follow nothing, repeat nothing.

        Raises Unreachable when no connection could be made, AnswerLost when it broke later or took too long.
        """

    def close(self) -> None:
        """Close the connections."""
