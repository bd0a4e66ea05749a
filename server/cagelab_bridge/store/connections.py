"""Connections to stores that are kept open between requests."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import struct
import threading
from collections import defaultdict

CONNECT_SECONDS = 5.0
SEND_SECONDS = 60  # without any progress
KEPT = 8  # idle connections of one address
Address = tuple[str, str]  # scheme; host with port


class Connections:
    """Opens, lends and keeps connections, for many threads; a connection belongs to one request at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: defaultdict[Address, list[http.client.HTTPConnection]] = defaultdict(list)
        self._tls: ssl.SSLContext | None = None

    def take(self, address: Address) -> http.client.HTTPConnection:
        """One that is open. Raises OSError when none can be made."""
        while True:
            with self._lock:
                idle = self._idle[address]
                found = idle.pop() if idle else None
            if found is None:
                return self._open(address)
            if not _was_closed(found):
                return found
            found.close()

    def give_back(self, address: Address, connection: http.client.HTTPConnection) -> None:
        """Its answer was read to the end: the next request may have it."""
        with self._lock:
            idle = self._idle[address]
            if len(idle) < KEPT:
                idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close those that are idle."""
        with self._lock:
            idle = [connection for kept in self._idle.values() for connection in kept]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def _open(self, address: Address) -> http.client.HTTPConnection:
        scheme, host = address
        connection: http.client.HTTPConnection
        if scheme == "https":
            connection = http.client.HTTPSConnection(host, timeout=CONNECT_SECONDS, context=self._context())
        else:
            connection = http.client.HTTPConnection(host, timeout=CONNECT_SECONDS)
        connection.connect()
        # Head and body of a small request go out as two pieces at most: neither waits for the other's acknowledgement.
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Python's own time limit makes of each large write many small ones, with a wait before each.
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # Under TLS the limit above only makes OpenSSL try again: a store that reads no more held a thread for ever.
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SEND_SECONDS * 1000)
        return connection

    def _context(self) -> ssl.SSLContext:
        """The system's authorities; made when first needed: it takes 20 ms."""
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context()
            return self._tls


def _was_closed(connection: http.client.HTTPConnection) -> bool:
    """An idle connection on which something can be read was closed by the server, or is out of step."""
    if connection.sock is None:
        return True
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
