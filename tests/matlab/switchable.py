"""An Alyx that can be made to go away, sandbox or live, without stopping it: a proxy in front of it, and a switch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.durability.proxy import Proxy

NOBODY = 1  # a port where nothing listens


@contextmanager
def switchable(url: str) -> Iterator[tuple[str, str]]:
    """The address to use instead, and that of the switch: POST …/away hangs up on everybody, POST …/back ends that."""
    assert url.startswith("http://127.0.0.1:"), "the proxy carries to this computer only"
    target = urlsplit(url).port or 0
    proxy = Proxy(seed=1)
    proxy.target = target

    class Handler(BaseHTTPRequestHandler):
        """Takes the switch's two requests."""

        def do_POST(self) -> None:
            proxy.target = NOBODY if self.path == "/away" else target
            proxy.sever()
            self.send_response(204)
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy.url, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        proxy.close()
