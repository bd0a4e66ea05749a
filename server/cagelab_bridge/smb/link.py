"""One connection to a file server: logged in, signed and encrypted. Blocking; one thread at a time."""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
from typing import Any

from smbprotocol.connection import Connection
from smbprotocol.exceptions import SMBConnectionClosed, SMBException
from smbprotocol.session import Session
from smbprotocol.tree import TreeConnect

from cagelab_bridge.errors import Refused
from cagelab_bridge.secret import Secret
from cagelab_bridge.smb.refusals import reached, told

CONNECT_SECONDS = 15  # a small file server may have to wake its disks
ANSWER_SECONDS = 120
SEND_SECONDS = 60  # without any progress
DFS_HINT = "Write the file server itself into the share's address, not the name that leads there."
# They tell at length what they send; whatever goes wrong is raised, and said in the bridge's words.
for _library in ("smbprotocol", "spnego"):
    logging.getLogger(_library).setLevel(logging.CRITICAL + 1)


class PatientConnection(Connection):  # type: ignore[misc]  # the library has no types
    """The library's, with an end to every wait: without one a server that hangs holds a thread for ever."""

    def receive(self, request: Any, wait: bool = True, timeout: float | None = None, **_more: object) -> Any:
        """See the library. Links on the server are not followed. Raises SMBConnectionClosed after the time."""
        seconds = ANSWER_SECONDS if timeout is None else timeout
        try:
            return super().receive(request, wait, seconds, False)
        except SMBException as problem:
            if str(problem).startswith("Connection timeout"):
                raise SMBConnectionClosed("No answer in time.") from problem
            raise


class Link:
    """A login at a server. `tree` opens a share of it; it stays open."""

    def __init__(self, endpoint: str, server: tuple[str, int], client: str) -> None:
        """`server`: host and port; `client`: a UUID that names this bridge's process to the server."""
        self.endpoint = endpoint
        self._server = server
        self._connection = PatientConnection(bytes.fromhex(client.replace("-", "")), *server, require_signing=True)
        self._session: Any = None
        self._trees: dict[str, Any] = {}

    def connect(self, user: str, password: Secret, *, encrypted: bool) -> None:
        """Log in. `encrypted`: refuse a server that cannot encrypt. Raises Unreachable, Denied, Refused …"""
        with reached(self.endpoint):
            self._connection.connect(timeout=CONNECT_SECONDS)
            self._limit_sending()
            # A server that can encrypt does, whatever the settings say.
            encrypted = encrypted or bool(self._connection.supports_encryption)
            session = Session(self._connection, user, password.reveal(), require_encryption=encrypted)
            try:
                session.connect()
            finally:
                session.password = None  # it is not needed any more
        self._session = session

    def tree(self, share: str) -> Any:
        """The library's connection to a share. Raises Refused (about "bucket" or "dfs"), Denied …"""
        if share not in self._trees:
            tree = TreeConnect(self._session, rf"\\{self._server[0]}\{share}")
            with told(f"the share {share}", self.endpoint):
                tree.connect()
            if tree.is_dfs_share:
                raise Refused(f"{share} at {self.endpoint} leads to other servers (DFS).", about="dfs", hint=DFS_HINT)
            self._trees[share] = tree
        return self._trees[share]

    @property
    def connection(self) -> Any:
        """The library's own."""
        return self._connection

    @property
    def alive(self) -> bool:
        """False once the server has closed it."""
        transport = self._connection.transport
        return bool(transport is not None and transport.connected)

    def cut(self) -> None:
        """End it at once, from any thread, whatever it does: its own threads notice, and so does the server."""
        sock = self._socket()
        if sock is not None:
            with contextlib.suppress(OSError):  # it is gone already
                sock.shutdown(socket.SHUT_RDWR)

    def _limit_sending(self) -> None:
        sock = self._socket()
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))

    def _socket(self) -> socket.socket | None:
        transport = self._connection.transport
        found: socket.socket | None = None if transport is None else transport._sock
        return found
