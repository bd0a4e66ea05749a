"""An answer that has to come in time as a whole: http.client only limits the wait for each piece of it.

A server that sends a byte now and then would hold a thread for ever, in the headers as in the body.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from cagelab_bridge.errors import AnswerLost

TOO_LONG = "The store took too long."
_limit: ContextVar[Callable[[], float]] = ContextVar("limit")  # a request and its answer stay in one thread


class TimedResponse(http.client.HTTPResponse):
    """Reads as long as the limit of its thread allows."""

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock, _limit.get()))

    @staticmethod
    def limit(seconds: Callable[[], float]) -> None:
        """For the requests of this thread from now on: `seconds` says how long the next byte may take."""
        _limit.set(seconds)


class _TimedReader(io.RawIOBase):
    """A socket to read from; what was asked of it first holds for the whole answer."""

    def __init__(self, sock: socket.socket, seconds: Callable[[], float]) -> None:
        super().__init__()
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._seconds = seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._seconds()
        if left <= 0:
            raise AnswerLost(TOO_LONG)
        if self._sock.fileno() >= 0:
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
