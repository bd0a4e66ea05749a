"""Connections to peers. Each believes one certificate and nothing else: no authority, no name, no address."""

from __future__ import annotations

from typing import Final

import grpc
import grpc.aio

from cagelab_bridge.models import Peer
from cagelab_bridge.peers.link import GrpcPeerLink
from cagelab_bridge.ports import Runtime
from cagelab_bridge.secret import Secret

TLS_NAME = "bridge.cagelab.internal"  # stands in every bridge's certificate; the computer's own name may change
MAX_ANSWER = 16 * 1024 * 1024  # bytes; a peer must not fill this computer's memory
OPTIONS: Final = (
    ("grpc.ssl_target_name_override", TLS_NAME),
    ("grpc.enable_http_proxy", 0),  # else everything goes through the university's proxy
    ("grpc.use_local_subchannel_pool", 1),  # a peer that was paired anew never gets an old connection
    ("grpc.max_receive_message_length", MAX_ANSWER),
    ("grpc.compression_enabled_algorithms_bitset", 1),
    # A dead peer is noticed within 15 s: a ping after 10 s without a sign, 5 s to answer it.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.ping_timeout_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
    # One that comes back is found within seconds.
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.min_reconnect_backoff_ms", 5_000),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.dns_min_time_between_resolutions_ms", 5_000),
)


class GrpcPeerDoor:
    """`ports.PeerDoor` over gRPC and mutual TLS."""

    def __init__(self, key: Secret, certificate_pem: str, runtime: Runtime) -> None:
        """`key`, `certificate_pem`: this bridge's own."""
        self._key, self._certificate = key, certificate_pem.encode("ascii")
        self._runtime = runtime
        self._links: set[GrpcPeerLink] = set()

    def connect(self, peer: Peer) -> GrpcPeerLink:
        """A connection to the peer; dials at the first call."""
        credentials = grpc.ssl_channel_credentials(
            root_certificates=peer.certificate_pem.encode("ascii"),
            private_key=self._key.reveal().encode("ascii"),
            certificate_chain=self._certificate,
        )
        host = f"[{peer.address}]" if ":" in peer.address else peer.address
        channel = grpc.aio.secure_channel(f"{host}:{peer.port}", credentials, options=OPTIONS)
        link = GrpcPeerLink(channel, peer, self._runtime, self._links.discard)
        self._links.add(link)
        return link

    async def close(self) -> None:
        """Close all connections."""
        for link in list(self._links):
            await link.close()
