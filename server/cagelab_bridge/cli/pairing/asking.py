"""The control PC's side of pairing with one rig."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from dataclasses import dataclass
from typing import Any

from cagelab_bridge.cli.own_identity import Own
from cagelab_bridge.cli.pairing import lines
from cagelab_bridge.cli.pairing.ssh import Talk, Target, host_name, talk
from cagelab_bridge.cli.taking_in import check, kept
from cagelab_bridge.errors import Code, NotPairedThere, PairingRefused, PeerRefused
from cagelab_bridge.identity.certificates import check_peer_certificate
from cagelab_bridge.identity.peer_text import checked_address, checked_name
from cagelab_bridge.models import Peer
from cagelab_bridge.peers.door import GrpcPeerDoor
from cagelab_bridge.runtime import SystemRuntime

STATUS = "/cagelab.bridge.v1.Bridge/GetStatus"
PATIENCE = 8.0  # seconds: the rig's bridge looks at its peers' files twice a second
CODES = {code.value for code in Code}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One rig to pair with; what is empty is found out."""

    target: Target
    name: str = ""
    address: str = ""
    port: int = 0
    replace: bool = False
    init: bool = False  # make it a rig, if it is nothing yet


@dataclass(frozen=True, kw_only=True)
class Paired:
    """What came of it."""

    peer: Peer
    verified: bool  # a call over mutual TLS came through; False: the bridge there does not run


async def pair(own: Own, wish: Wish, my_name: str) -> Paired:
    """Pair this control PC with one rig. Raises BridgeError, with both sides as they were."""
    checked_name(my_name)
    address = checked_address(wish.address or await host_name(wish.target))
    async with talk(wish.target, ("pair-answer",)) as rig:
        offer = {"name": my_name, "certificate": own.identity.certificate_pem, "replace": wish.replace}
        await rig.say(lines.write("offer", version=lines.VERSION, init=wish.init, **offer))
        answer = await _heard(rig, wish, "answer")
        certificate = check_peer_certificate(answer["certificate"], own.identity.fingerprint)
        if not 0 < answer["port"] < 65536:
            raise PairingRefused("The other computer names no port.")
        peer = Peer(
            name=checked_name(wish.name or _name(wish.target.host, answer["name"])),
            fingerprint=certificate.fingerprint,
            certificate_pem=certificate.pem,
            roles=frozenset(("rig",)),
            address=address,
            port=wish.port or answer["port"],
        )
        check(own.files, peer, replace=wish.replace)
        with kept(own.files, peer, replace=wish.replace) as known:
            await rig.say(lines.write("confirm", fingerprint=peer.fingerprint))
            await _heard(rig, wish, "kept")
            if answer["running"]:
                await _called(own, known)
            await rig.say(lines.write("done"))
            await _heard(rig, wish, "bye")
    return Paired(peer=known, verified=answer["running"])


async def _called(own: Own, peer: Peer) -> None:
    """Call the rig over mutual TLS. Raises PeerTrouble: another device answers there, nobody does …"""
    runtime = SystemRuntime()
    door = GrpcPeerDoor(own.identity.key, own.identity.certificate_pem, runtime)
    end = runtime.monotonic() + PATIENCE
    refused = True
    try:
        link = door.connect(peer)
        while refused:
            try:
                await link.call(STATUS, b"", PATIENCE)
                refused = False
            except NotPairedThere:
                if runtime.monotonic() > end:
                    raise
                await asyncio.sleep(0.2)  # it has the file; it looks twice a second
    finally:
        await door.close()


async def _heard(rig: Talk, wish: Wish, step: str) -> dict[str, Any]:
    """The fields of the rig's next line. Raises what the rig says it failed with."""
    fields = lines.read(await rig.hear(), step, "failed")
    if fields["step"] != "failed":
        return fields
    code = Code(fields["code"]) if fields["code"] in CODES else Code.INTERNAL
    said = f"{wish.target.host}: {fields['message'][:500]}"
    raise PeerRefused(said, code=code, about=fields["about"][:50], hint=fields["hint"][:500])


def _name(host: str, own_word: str) -> str:
    """What to call the rig: as it was called here, or as it calls itself where that is only an address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.partition(".")[0]
    return plain_name(own_word)


def plain_name(host: str) -> str:
    """A computer's name as a peer's."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", host.partition(".")[0]).strip("._-")[:63] or "unnamed"
