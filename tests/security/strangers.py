"""Servers on loopback that count who comes, and answer whatever they are told, byte by byte."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[[bytes], Iterable[bytes]]  # from the head of a request to the bytes of its answer
PIECE = b"x" * 65536


class Stranger:
    """Listens until the test ends; `heads` holds what arrived, `sent` counts the bytes it could send."""

    def __init__(self, answer: Answer, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.heads: list[bytes] = []
        self.connections = 0
        self.sent = 0
        self.stopping = threading.Event()
        self._answer = answer
        self._tls = tls
        self._listener = socket.create_server((host, 0))
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.address = f"{host}:{self._listener.getsockname()[1]}"
        self.url = f"{'https' if tls else 'http'}://{self.address}"

    def __enter__(self) -> Stranger:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):  # gone already
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _start(self, work: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with self._lock:
                self._open.add(connection)
            self._start(self._serve, connection)

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(5)
        try:
            self._talk(plain)
        finally:
            with self._lock:
                self._open.discard(plain)
            plain.close()

    def _talk(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError):  # whoever came has gone
            connection = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            while head := _head(connection):
                self.heads.append(head)
                for piece in self._answer(head):
                    if self.stopping.is_set():
                        return
                    connection.sendall(piece)
                    self.sent += len(piece)


def _head(connection: socket.socket) -> bytes:
    """The head of a request; its body is read and forgotten."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head


def plain(status: int, body: bytes = b"", **headers: str) -> Answer:
    """Answers always the same."""
    told = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} Told\r\nContent-Length: {len(body)}\r\n{told}\r\n".encode()
    return lambda _head: [head + body]


def endless(head: bytes, size: int, piece: bytes = PIECE) -> Answer:
    """Sends the head and then so many bytes."""

    def pieces(_head: bytes) -> Iterable[bytes]:
        yield head
        for _ in range(size // len(piece)):
            yield piece

    return pieces


def dripping(stranger: Callable[[], Stranger], head: bytes) -> Answer:
    """Sends the head, then a byte now and then until the test ends."""

    def drip(_head: bytes) -> Iterable[bytes]:
        yield head
        while not stranger().stopping.wait(0.02):
            yield b"x"

    return drip


def untrusted(folder: Path) -> ssl.SSLContext:
    """TLS with a certificate for the right name that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    signed = builder.not_valid_before(now - day).not_valid_after(now + day).add_extension(names, critical=False)
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = folder / "tls.pem"
    pem.write_bytes(private + signed.sign(key, hashes.SHA256()).public_bytes(encoding))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
