"""An answer that has to come in time as a whole: http.client only limits the wait for each piece of it.

A server that sends a byte now and then would hold a thread for ever, in the headers as in the body.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
from collections.abc import Callable
from typing import Any

from cagelab_bridge.errors import AnswerLost

TOO_LONG = "The store took too long."
LONGEST_LINE = 65536  # bytes of one line of the head, as http.client has it
MOST_LINES = 100
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9]\d\d)(?: [^\r\n]*)?\r?\n")


class TimedResponse(http.client.HTTPResponse):
    """Reads as long as its limit allows.

    http.client reads the head as if it were a mail, which takes longer than all the rest of a small answer: the head is
    read here, the body (length, chunks, until the end) there. `fields`: the headers, their names in lower case.
    """

    def __init__(self, sock: socket.socket, method: str, seconds: Callable[[], float]) -> None:
        """`seconds` says how long the next byte may take."""
        super().__init__(_Source(sock, seconds), method=method)  # type: ignore[arg-type]  # it only asks for makefile
        self._head_only = method == "HEAD"
        self.fields: dict[str, str] = {}

    def begin(self) -> None:
        """Read the head. Raises http.client.HTTPException for what is none, AnswerLost."""
        self.status = 100
        while 100 <= self.status < 200:  # "continue" and its kin come before the answer
            line = self._line()
            match = _STATUS.fullmatch(line)
            if match is None:
                raise http.client.BadStatusLine(repr(line[:80]))
            self.version, self.status = 10 + int(match[1]), int(match[2])
            self.fields = self._fields()
        self.code = self.status
        self._measure()

    def _fields(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        name = ""
        for _ in range(MOST_LINES):
            text = self._line().decode("latin-1").rstrip("\r\n")
            if not text:
                return fields
            if text[0] in " \t" and name:  # an old way to go on with the line before
                fields[name] += f" {text.strip()}"
                continue
            name, colon, value = text.partition(":")
            name, value = name.strip().lower(), value.strip()
            if not colon or not name:
                raise http.client.HTTPException("a header without a name")
            fields[name] = f"{fields[name]}, {value}" if name in fields else value
        raise http.client.HTTPException(f"more than {MOST_LINES} headers")

    def _line(self) -> bytes:
        line = self.fp.readline(LONGEST_LINE + 1)
        if not line:
            raise http.client.RemoteDisconnected("the server closed the connection")
        if len(line) > LONGEST_LINE:
            raise http.client.LineTooLong("header line")
        return bytes(line)

    def _measure(self) -> None:
        """How long the body is, and whether the connection may stay (RFC 9112, 6.3 and 9.3)."""
        said = self.fields.get("connection", "").lower()
        self.chunked = self.fields.get("transfer-encoding", "").lower() == "chunked"
        self.chunk_left = None
        length = self.fields.get("content-length", "")
        self.length = int(length) if length.isdecimal() and length.isascii() and not self.chunked else None
        if self._head_only or self.status in (http.client.NO_CONTENT, http.client.NOT_MODIFIED):
            self.length = 0
        stays = "close" not in said if self.version == 11 else "keep-alive" in said
        self.will_close = not stays or (self.length is None and not self.chunked)


class _Source:
    """What http.client takes for a socket."""

    def __init__(self, sock: socket.socket, seconds: Callable[[], float]) -> None:
        self._sock = sock
        self._seconds = seconds

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._seconds))


class _TimedReader(io.RawIOBase):
    """A socket to read from; what was asked of it first holds for the whole answer."""

    def __init__(self, sock: socket.socket, seconds: Callable[[], float]) -> None:
        super().__init__()
        self._sock = sock
        self._seconds = seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._seconds()
        if left <= 0:
            raise AnswerLost(TOO_LONG)
        self._sock.settimeout(left)
        return self._sock.recv_into(buffer)
