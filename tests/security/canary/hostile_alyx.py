"""An Alyx that shows everybody what it was told: in pages of errors, in redirects, in broken JSON."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODES = ("page", "redirect", "json", "fields", "refused", "token")


class HostileAlyx:
    """Answers every request with what it holds, in the way `mode` names."""

    def __init__(self) -> None:
        self.mode = "page"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()


def _handler(alyx: HostileAlyx) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            told = self.rfile.read(int(self.headers.get("content-length", 0))).decode(errors="replace")
            echo = f"{told} {self.headers}"
            one_line = echo.replace("\r", "").replace("\n", " ")
            status, body, kind = {
                "page": (500, f"<html><pre>ValueError at {self.path}\n{echo}</pre></html>", "text/html"),
                "redirect": (302, "", "text/html"),
                "json": (200, '{"token": ' + one_line, "application/json"),
                "fields": (400, told, "application/json"),
                "refused": (403, told, "application/json"),
                "token": (200, '{"token": "not a token \\u0007"}', "application/json"),
            }[alyx.mode]
            self.send_response(status)
            self.send_header("content-type", kind)
            if alyx.mode == "redirect":
                self.send_header("location", f"http://127.0.0.1:9/{one_line.replace(' ', '%20')}")
            data = body.encode()
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Say nothing: what it prints is not the bridge's."""

    return Handler
