"""A mail server of one test: the few words of SMTP that a client needs, on a port of its own."""

from __future__ import annotations

import email
import email.policy
import re
import socketserver
import threading
from email.message import EmailMessage
from typing import Any, cast


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """One client."""
        self._say("220 mailbox")
        sender, receivers = "", list[str]()
        while line := self.rfile.readline().decode().strip():
            word = line.upper()
            if word.startswith("MAIL FROM"):
                sender = _address(line)
            elif word.startswith("RCPT TO"):
                receivers.append(_address(line))
            elif word == "DATA":
                self._say("354 go on")
                self._keep(sender, receivers)
            self._say("221 bye" if word == "QUIT" else "250 ok")
            if word == "QUIT":
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def _keep(self, sender: str, receivers: list[str]) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b"..") else line)
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        cast("_Server", self.server).taken.append((sender, receivers, message))


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.taken: list[tuple[str, list[str], EmailMessage]] = []


class Mailbox:
    """Runs while the block does; `taken`: sender, receivers and message of each mail."""

    def __enter__(self) -> Mailbox:
        self._server = _Server()
        self.port: int = self._server.server_address[1]
        self.taken = self._server.taken
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _address(line: str) -> str:
    found = re.search(r"<([^>]*)>", line)
    return found[1] if found else ""
