"""A real HTTP receiver on a port of its own that takes events, or does not."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class HttpReceiver(ThreadingHTTPServer):
    """Answers with `status` and `headers` after `go` is set; keeps what it took."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.status = 200
        self.said = b"ok"
        self.headers: dict[str, str] = {}
        self.go = threading.Event()
        self.go.set()
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.taken: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    @property
    def ids(self) -> list[str]:
        """Of the events it took."""
        return [event["id"] for event in self.taken]


class _Handler(BaseHTTPRequestHandler):
    server: HttpReceiver

    def do_POST(self) -> None:
        """One event."""
        receiver = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        receiver.go.wait(30)
        if receiver.status == 200:
            receiver.taken.append(json.loads(body))
        self.send_response(receiver.status)
        for name, value in receiver.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(receiver.said)))
        self.end_headers()
        self.wfile.write(receiver.said)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@contextmanager
def receiving(port: int = 0) -> Iterator[HttpReceiver]:
    """It runs."""
    server = HttpReceiver(port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.go.set()
        server.shutdown()
        server.server_close()
        thread.join()
