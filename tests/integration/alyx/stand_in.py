"""A web server for tests: real sockets on port 0, answers and misbehaviour as each test tells."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal

Manner = Literal["answer", "drop", "cut", "hang", "trickle"]


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to answer, and in which manner.

    `drop` closes the connection without an answer, `cut` in the middle of the body, `hang` answers nothing until the
    server stops, `trickle` sends a byte of an endless body now and then.
    """

    status: int = 200
    body: Any = None  # bytes as they are, anything else as JSON
    headers: dict[str, str] = field(default_factory=dict)
    manner: Manner = "answer"

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Answer = Callable[[Seen], Reply]


class WebServer:
    """Answers every request with `answer(seen)`; counts requests, connections, and how many are under way at once."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.seen: list[Seen] = []
        self.connections = 0
        self.most_at_once = 0
        self.stopping = threading.Event()
        self._at_once = 0
        self._lock = threading.Lock()
        self._server = _Listener(self, tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> WebServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, seen: Seen) -> Reply:
        """Note a request and find its reply."""
        with self._lock:
            self.seen.append(seen)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return self.answer(seen)
        finally:
            with self._lock:
                self._at_once -= 1


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, web: WebServer, tls: ssl.SSLContext | None) -> None:
        self.web = web
        self.tls = tls
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        plain, address = super().get_request()
        self.web.connections += 1
        return (plain if self.tls is None else self.tls.wrap_socket(plain, server_side=True)), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that clients break off are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.web.take(Seen(self.command, self.path, headers, self.rfile.read(length)))
        if reply.manner == "hang":
            self.server.web.stopping.wait()
        if reply.manner in {"hang", "drop"}:
            self.close_connection = True
            return
        self._send(reply)

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _send(self, reply: Reply) -> None:
        raw = b"" if reply.status == 204 else reply.raw
        self.send_response_only(reply.status)
        standard = {"Content-Type": "application/json", "Date": self.date_time_string()}
        for name, value in {**standard, **reply.headers}.items():
            self.send_header(name, value)
        whole = len(raw) if reply.manner == "answer" else len(raw) + 1000
        self.send_header("Content-Length", str(whole))
        self.end_headers()
        self.wfile.write(raw)
        while reply.manner == "trickle" and not self.server.web.stopping.wait(0.02):
            self.wfile.write(b" ")
        self.close_connection = reply.manner != "answer"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it so
        """Say nothing."""
