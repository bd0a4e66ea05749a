"""Why a call to a peer failed, in the words of the person who must mend it."""

from __future__ import annotations

import hashlib
import ssl
from datetime import UTC, datetime

import grpc
import grpc.aio
from google.protobuf.message import DecodeError
from google.rpc import status_pb2

from cagelab_bridge._gen.cagelab.bridge.v1 import error_pb2
from cagelab_bridge.errors import (
    BridgeError,
    ClockWrong,
    Code,
    DeadlineExceeded,
    NotPairedThere,
    OtherDevice,
    PeerRefused,
    PeerUnreachable,
)
from cagelab_bridge.models import Peer
from cagelab_bridge.peers.probe import Absent, certificate_at
from cagelab_bridge.ports import Runtime

CERTIFICATES_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)  # of all bridges
DETAILS_KEY = "grpc-status-details-bin"
_NOT_CONNECTED = "failed to connect"  # how gRPC begins when no connection could be made, rather than lost


async def cause(error: grpc.aio.AioRpcError, peer: Peer, runtime: Runtime, *, ready: bool) -> BridgeError:
    """The error to raise. `ready`: there is a connection."""
    detail, code = _detail(error), Code(_word(error.code()))
    if code is Code.UNAUTHENTICATED:
        return NotPairedThere(f"{peer.name} does not know this bridge, or no longer.")
    if code is Code.DEADLINE_EXCEEDED:  # whichever side noticed first
        answered = ready or detail is not None
        return DeadlineExceeded(f"{peer.name} did not answer in time.") if answered else _unreachable(peer, "no answer")
    if detail is not None:
        about = detail.reason.partition(":")[2]
        said = f"{peer.name}: {error.details()}"
        return PeerRefused(said, code=code, about=about, hint=detail.hint, retryable=detail.retryable)
    if code is Code.UNAVAILABLE and _NOT_CONNECTED in (error.details() or ""):
        return await _not_connected(peer, runtime)
    if code in (Code.UNAVAILABLE, Code.CANCELED):
        return _unreachable(peer, "the connection broke" if ready or code is Code.CANCELED else "no connection")
    return PeerRefused(f"{peer.name} answered {code.value}.", code=code)


async def _not_connected(peer: Peer, runtime: Runtime) -> BridgeError:
    """Who answers there, if anybody."""
    if runtime.now() < CERTIFICATES_BEGIN:
        return ClockWrong(f"The clock of this computer says {runtime.now():%Y-%m-%d}.")
    try:
        certificate = await certificate_at(peer.address, peer.port, runtime)
    except Absent as absent:
        return _unreachable(peer, str(absent))
    wanted = hashlib.sha256(ssl.PEM_cert_to_DER_cert(peer.certificate_pem)).digest()
    if hashlib.sha256(certificate).digest() != wanted:
        return OtherDevice(f"At {peer.address}:{peer.port} answers another device than {peer.name}.")
    return NotPairedThere(
        f"{peer.name} refuses this bridge's certificate: it is not paired there (any more), or the clock there stands "
        "before 2020."
    )


def _unreachable(peer: Peer, why: str) -> PeerUnreachable:
    return PeerUnreachable(f"{peer.name} cannot be reached at {peer.address}:{peer.port}: {why}.")


def _word(code: grpc.StatusCode) -> str:
    """gRPC's code as `Code` names it; those that a bridge never gives count as a mistake there."""
    word = {"cancelled": "canceled"}.get(code.name.lower(), code.name.lower())
    return word if word in {known.value for known in Code} else Code.INTERNAL.value


def _detail(error: grpc.aio.AioRpcError) -> error_pb2.ErrorDetail | None:
    """What a bridge said of its error; None where gRPC itself made it."""
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_KEY and isinstance(value, bytes):
            detail = error_pb2.ErrorDetail()
            try:
                if any(packed.Unpack(detail) for packed in status_pb2.Status.FromString(value).details):
                    return detail
            except DecodeError:
                return None
    return None
