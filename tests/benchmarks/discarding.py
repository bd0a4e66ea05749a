"""A store that keeps nothing and computes nothing: `python -m tests.benchmarks.discarding` prints its address.

It reads bodies and forgets them; the ETags it answers are made of the Content-MD5 that came with them. So twenty
gigabytes can be sent on a small computer, and what is measured is the sender.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import socketserver
import subprocess
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

BUFFER = 1024 * 1024
Head = tuple[str, str, dict[str, list[str]], dict[str, str]]


@dataclass
class Shelf:
    """What is remembered: sizes and ETags."""

    objects: dict[str, tuple[int, str, str]] = field(default_factory=dict)  # size, ETag, mark
    parts: defaultdict[str, dict[int, tuple[int, str]]] = field(default_factory=lambda: defaultdict(dict))
    marks: dict[str, str] = field(default_factory=dict)


SHELF = Shelf()


class Store(socketserver.StreamRequestHandler):
    """One connection."""

    rbufsize = 64 * 1024
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer until the client goes away."""
        self._buffer = memoryview(bytearray(BUFFER))
        while (head := self._head()) is not None:
            method, path, query, headers = head
            left = int(headers.get("content-length", "0"))
            size = left
            while left:
                left -= self.rfile.readinto(self._buffer[: min(left, BUFFER)])
            self._say(*self._answer(method, path, query, headers, size), with_body=method != "HEAD")

    def _head(self) -> Head | None:
        first = self.rfile.readline().decode("latin-1").split()
        if not first:
            return None
        headers = {}
        while (line := self.rfile.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        path, _, query = first[1].partition("?")
        return first[0], path, parse_qs(query, keep_blank_values=True), headers

    def _answer(
        self, method: str, path: str, query: dict[str, list[str]], headers: dict[str, str], size: int
    ) -> tuple[int, dict[str, str], str]:
        mark = headers.get("x-amz-meta-cagelab-op", "")
        upload = query.get("uploadId", [""])[0]
        if "uploads" in query:
            upload = uuid.uuid4().hex
            SHELF.marks[upload] = mark
            return 200, {}, f"<R><UploadId>{upload}</UploadId></R>"
        if method == "PUT":
            md5 = base64.b64decode(headers["content-md5"]).hex() if "content-md5" in headers else ""
            if upload:
                SHELF.parts[upload][int(query["partNumber"][0])] = (size, md5)
            else:
                SHELF.objects[path] = (size, md5, mark)
            return 200, {"ETag": f'"{md5}"'}, ""
        if upload and method == "POST":
            return self._complete(path, upload)
        if upload and method == "GET":
            return 200, {}, "<R><IsTruncated>false</IsTruncated></R>"
        if path not in SHELF.objects and path.count("/") > 1:
            return 404, {}, "<Error><Code>NoSuchKey</Code></Error>"
        size, etag, mark = SHELF.objects.get(path, (0, "", ""))
        return 200, {"ETag": f'"{etag}"', "Content-Length": str(size), "x-amz-meta-cagelab-op": mark}, ""

    def _complete(self, path: str, upload: str) -> tuple[int, dict[str, str], str]:
        parts = SHELF.parts.pop(upload)
        joined = b"".join(bytes.fromhex(parts[number][1]) for number in sorted(parts))
        etag = f"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(parts)}"
        SHELF.objects[path] = (sum(size for size, _ in parts.values()), etag, SHELF.marks.pop(upload))
        return 200, {}, f"<R><ETag>&quot;{etag}&quot;</ETag></R>"

    def _say(self, status: int, headers: dict[str, str], body: str, *, with_body: bool) -> None:
        headers = {"Content-Length": str(len(body))} | headers
        if with_body and not body:
            headers["Content-Length"] = "0"
        lines = [f"HTTP/1.1 {status} So", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        self.wfile.write("\r\n".join(lines).encode() + (body.encode() if with_body else b""))


class Server(socketserver.ThreadingTCPServer):
    """A thread per connection."""

    daemon_threads = True
    request_queue_size = 128

    def get_request(self) -> tuple[socket.socket, object]:
        """Take a connection; answers go out at once."""
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address


@contextmanager
def running() -> Iterator[str]:
    """The store in a process of its own; its address."""
    command = [sys.executable, "-m", "tests.benchmarks.discarding"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, "the store did not start"
            yield found[0]
        finally:
            process.terminate()


def main() -> None:
    """Serve until the process is ended."""
    with Server(("127.0.0.1", 0), Store) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
