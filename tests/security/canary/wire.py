"""Remembers what goes over the wire, and what the kernel shows of a process."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from pathlib import Path


class Wire:
    """A port of the loopback that passes everything on to another, and remembers what clients sent."""

    def __init__(self) -> None:
        self.target = 0
        self.sent = bytearray()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Take no more connections."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                near.close()
                continue
            for source, sink, kept in ((near, far, self.sent), (far, near, None)):
                threading.Thread(target=_pump, args=(source, sink, kept), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket, kept: bytearray | None) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if kept is not None:
                kept += data
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    source.close()


class Watcher:
    """Samples the command line and environment of a process and its children, for as long as it lives."""

    def __init__(self, pid: int) -> None:
        self.seen: set[tuple[str, bytes]] = set()
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join(10)

    def _look(self) -> None:
        while not self._over.wait(0.1):
            for pid in (self._pid, *_children(self._pid)):
                for name in ("cmdline", "environ"):
                    with contextlib.suppress(OSError):  # it ended just now, or nobody may look
                        self.seen.add((f"/proc/{pid}/{name}", Path(f"/proc/{pid}/{name}").read_bytes()))


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children") if os.path.isdir(f"/proc/{pid}/task") else ():
        with contextlib.suppress(OSError):
            found += map(int, task.read_text().split())
    return found
