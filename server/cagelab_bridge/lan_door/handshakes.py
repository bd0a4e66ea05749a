"""Whom TLS lets in, from one handshake to the next: the trust list as a TLS configuration."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

import grpc

from cagelab_bridge.identity.identity import Identity
from cagelab_bridge.identity.trust_list import Trusted

UNTRUSTWORTHY = 70  # EX_SOFTWARE: the exit code of a bridge that could not tell whom to trust
log = logging.getLogger(__name__)


class Handshakes:
    """gRPC asks `_next` before each handshake, in a thread of its own.

    Were it to raise, gRPC would go on with the old trust and let removed peers in. So the process ends instead: whoever
    supervises it starts it anew, with the files as they are.
    """

    def __init__(self, identity: Identity, trusted: Callable[[], Trusted]) -> None:
        """`trusted`: the present trust list; asked from any thread."""
        self._identity, self._trusted = identity, trusted
        self._sent = -1

    def credentials(self) -> grpc.ServerCredentials:
        """For the port of the LAN door; a client without a certificate is refused."""
        return grpc.dynamic_ssl_server_credentials(
            self._made(),
            self._next,  # type: ignore[arg-type]  # None for "as before" is documented; the stub forgot it
            require_client_authentication=True,
        )

    def _next(self) -> grpc.ServerCertificateConfiguration | None:
        try:
            return None if self._trusted().generation == self._sent else self._made()
        except BaseException:  # noqa: BLE001 - whatever it is, gRPC would swallow it and trust as before
            log.critical("the trust list cannot be used; the bridge ends rather than trust those who were removed")
            os._exit(UNTRUSTWORTHY)

    def _made(self) -> grpc.ServerCertificateConfiguration:
        # A new configuration also makes tickets for the resumption of old connections worthless.
        trusted = self._trusted()
        own = self._identity.certificate_pem
        # Without peers the own certificate stands in, whose key nobody else has: nobody gets in.
        roots = "".join(peer.certificate_pem for peer in trusted.by_fingerprint.values()) or own
        pair = (self._identity.key.reveal().encode("ascii"), own.encode("ascii"))
        made = grpc.ssl_server_certificate_configuration([pair], root_certificates=roots.encode("ascii"))
        self._sent = trusted.generation
        return made
