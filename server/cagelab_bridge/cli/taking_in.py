"""Taking a peer into the trust list: what was asked for, and nothing that was there before by surprise."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

from cagelab_bridge.errors import AlreadyExists, InvalidInput, PairingRefused
from cagelab_bridge.identity.certificates import check_peer_certificate
from cagelab_bridge.identity.peer_files import PeerFiles
from cagelab_bridge.identity.peer_text import DEFAULT_PORT, checked_name, parse_peer
from cagelab_bridge.models import Peer


def is_exported(data: bytes) -> bool:
    """True for a file that `peers export` wrote, false for a bare certificate."""
    return b"certificate =" in data


def as_before(peer: Peer, before: Peer | None) -> Peer:
    """The peer with what somebody allowed the one of that name before: paired anew, it is lent no more than it was.

    A place that nobody names stays too. The raw key was allowed to that very device, not to another one in its name.
    """
    if before is None:
        return peer
    same = peer.fingerprint == before.fingerprint
    lending = dataclasses.replace(before.lending, raw_keys=before.lending.raw_keys and same)
    address, port = (peer.address, peer.port) if peer.address else (before.address, before.port)
    return dataclasses.replace(peer, lending=lending, address=address, port=port)


def described(name: str, data: bytes, own_fingerprint: str, roles: tuple[str, ...]) -> Peer:
    """The peer of a certificate (PEM; needs `roles`), or of a file that `peers export` wrote.

    Raises InvalidInput, CertificateRefused.
    """
    checked_name(name)
    if is_exported(data):
        peer = parse_peer(name, data, own_fingerprint)
        return peer if not roles else dataclasses.replace(peer, roles=frozenset(roles))
    if not roles:
        raise InvalidInput("A bare certificate says no role.", about="role", hint="Name it: --role rig.")
    found = check_peer_certificate(data, own_fingerprint)
    return Peer(
        name=name,
        fingerprint=found.fingerprint,
        certificate_pem=found.pem,
        roles=frozenset(roles),
        port=DEFAULT_PORT,
    )


def check(files: PeerFiles, peer: Peer, *, replace: bool, wanted: str = "") -> Peer | None:
    """The peer of that name as it is now; None where there is none.

    `wanted`: the fingerprint that a person read at the other computer. Raises PairingRefused for another one,
    AlreadyExists for a known name with a new certificate (unless `replace`), and for a certificate known by another
    name.
    """
    if wanted and peer.fingerprint != wanted:
        raise PairingRefused(
            "That certificate is not the one of this device id.",
            about="deviceId",
            hint="Find out whose it is. Compare `cagelab-bridge id` on the other computer.",
        )
    known = files.read().peers
    twin = next((one for one in known if one.fingerprint == peer.fingerprint and one.name != peer.name), None)
    if twin is not None:
        raise AlreadyExists(
            f"This bridge is known already, as {twin.name}.",
            about="peer",
            hint=f"Use that name, or first `cagelab-bridge peers remove {twin.name}`.",
        )
    before = next((one for one in known if one.name == peer.name), None)
    if before is not None and before.fingerprint != peer.fingerprint and not replace:
        raise AlreadyExists(
            f"{peer.name} is known with another certificate.",
            about="peer",
            hint="If that computer was set up anew, say --replace. If not, somebody else answers in its name.",
        )
    if before is None and files.path(peer.name).exists() and not replace:
        raise AlreadyExists(
            f"There is a file for {peer.name} that is not believed.",
            about="peer",
            hint="`cagelab-bridge peers list` says why; --replace overwrites it.",
        )
    return before


@contextmanager
def kept(files: PeerFiles, peer: Peer, *, replace: bool) -> Iterator[Peer]:
    """Keep the peer; everything is as it was if the block fails. Gives the peer as it was written.

    One that was paired before keeps what somebody wrote into its file. Raises as `check` does.
    """
    before = check(files, peer, replace=replace)
    if before is not None and before.fingerprint == peer.fingerprint:
        peer = dataclasses.replace(peer, roles=before.roles | peer.roles)
    peer = as_before(peer, before)
    path = files.path(peer.name)
    text = path.read_bytes() if path.exists() else None
    if before != peer:
        files.write(peer)
    try:
        yield peer
    except BaseException:
        files.restore(peer.name, text)
        raise
