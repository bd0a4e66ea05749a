"""A man in the middle: passes bytes on from one loopback address to another, and keeps them all."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

BLOCK = 65536
CHUNK = 32 * 1024  # bytes between two breaths where it is slow


class Wiretap:
    """Listens at once; where to pass on to may be said later, and changed."""

    def __init__(self, host: str = "127.0.0.1", *, keeps: int = 64 * 1024 * 1024) -> None:
        """`keeps`: bytes remembered of each direction of a connection."""
        self.host = host
        self.target: tuple[str, int] | None = None
        self.bytes_per_second = 0.0  # 0: as fast as it goes; of open connections too
        self._keeps = keeps
        self._kept: list[bytearray] = []
        self._open: set[socket.socket] = set()
        self._closed = False
        self._listener = socket.create_server((host, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """As an address of HTTP."""
        return f"http://{self.host}:{self.port}"

    def heard(self) -> bytes:
        """Everything that passed, in both directions."""
        return b"\0".join(bytes(kept) for kept in list(self._kept))

    def cut(self) -> None:
        """End the connections there are."""
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop listening."""
        self._closed = True
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(near,), daemon=True).start()

    def _pass(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self.target or ("127.0.0.1", 9), timeout=10)
            far.settimeout(None)
        except OSError:
            near.close()
            return
        self._open |= {near, far}
        back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
        back.start()
        self._pump(near, far, slow=True)
        back.join()
        self._open -= {near, far}
        near.close()
        far.close()

    def _pump(self, source: socket.socket, sink: socket.socket, *, slow: bool = False) -> None:
        kept = bytearray()
        self._kept.append(kept)
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK if slow and self.bytes_per_second else BLOCK):
                if len(kept) < self._keeps:
                    kept += data
                sink.sendall(data)
                if slow and self.bytes_per_second:
                    time.sleep(len(data) / self.bytes_per_second)  # a slow line
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
