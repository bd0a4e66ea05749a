"""The network between bridges: the LAN door of a rig, the rigs of a control PC, and what goes without encryption."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
from collections.abc import Iterator, Sequence

from cagelab_bridge._gen.cagelab.bridge.v1 import rigs_pb2, session_pb2
from cagelab_bridge.cli.doctoring.look import Look, error, fine, info, of_trouble, warning
from cagelab_bridge.cli.doctoring.patient import Patient
from cagelab_bridge.errors import InvalidInput, NotLoggedIn, OtherDevice, PeerUnreachable
from cagelab_bridge.models import Peer
from cagelab_bridge.peers.probe import Absent, certificate_at
from cagelab_bridge.plain_http import ANYWHERE, PlainHttp, is_loopback
from cagelab_bridge.runtime import SystemRuntime

RIGHT, OTHER = "", "another device"
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only compared
PLAIN = "anybody in the network between can read the Alyx password, the store's key and the data"


def answering(places: Sequence[tuple[str, int, str]]) -> list[str]:
    """Who answers at each (address, port, fingerprint): RIGHT, OTHER, or why nobody does. All at once, 3 s at most."""

    async def one(address: str, port: int, fingerprint: str) -> str:
        try:
            certificate = await certificate_at(address, port, SystemRuntime())
        except Absent as absent:
            return str(absent)
        return RIGHT if hashlib.sha256(certificate).hexdigest() == fingerprint else OTHER

    async def every() -> list[str]:
        return list(await asyncio.gather(*(one(*place) for place in places)))

    return asyncio.run(every())


def lan_door(patient: Patient) -> Iterator[Look]:
    """It listens where it should, and only on rigs."""
    if patient.answers is None:
        return
    place = patient.answers.status.lan_address
    if patient.role != "rig":
        if place:
            sentence = f"This {patient.role} listens for other computers at {place}."
            yield error("LAN door", sentence, "Only rigs do: start the bridge again, in the role it shall have.")
        return
    if not place or patient.identity is None:
        sentence = "This rig does not listen for its control PC."
        yield error("LAN door", sentence, "Start the bridge again; its log says why the door stayed shut.")
        return
    yield from _door(patient, place, patient.identity.fingerprint)


def _door(patient: Patient, place: str, fingerprint: str) -> Iterator[Look]:
    host, _, port = place.rpartition(":")
    host, wanted = host.strip("[]"), patient.settings.server_lan_port
    (answer,) = answering([(WILDCARDS.get(host, host), int(port), fingerprint)])
    if answer == OTHER:
        sentence = f"At {place}, where this rig listens, another device answers."
        yield error("LAN door", sentence, "Stop the other program, or give the rig another [server] lan_port.")
    elif answer:
        hint = "Look for a firewall on this computer, and at the bridge's log."
        yield error("LAN door", f"The rig's door at {place} does not open: {answer}.", hint)
    elif wanted not in (0, int(port)):
        sentence = f"The rig listens at port {port}; the settings say {wanted}."
        yield warning("LAN door", sentence, "Start the bridge again.")
    elif is_loopback(host):
        sentence = f"The rig listens at {place}, where no other computer comes."
        yield warning("LAN door", sentence, 'Set lan_address = "0.0.0.0" under [server] in bridge.toml.')
    else:
        yield fine("LAN door", f"The rig listens for paired bridges at {place}.")


def rigs(patient: Patient) -> Iterator[Look]:
    """Each rig of a control PC is there, is the right one, and of the same version."""
    if patient.role != "control":
        return
    known = {rig.name: rig for rig in patient.answers.rigs} if patient.answers else {}
    rigs = [peer for peer in patient.peers.peers if "rig" in peer.roles]
    away = [peer for peer in rigs if peer.address and not (peer.name in known and known[peer.name].connected)]
    answers = dict(zip(away, answering([(one.address, one.port, one.fingerprint) for one in away]), strict=True))
    for peer in rigs:
        if not peer.address:
            sentence = f"The file of {peer.name} names no address: it is never called."
            yield warning("rigs", sentence, f'Write address = "…" into peers/{peer.name}.toml.')
        elif peer in answers:
            yield _away(peer, answers[peer], known.get(peer.name))
        else:
            yield from _connected(known[peer.name], patient)


def _away(peer: Peer, answer: str, rig: rigs_pb2.Rig | None) -> Look:
    place = f"{peer.address}:{peer.port}"
    if answer == OTHER:
        return error("rigs", f"At {place} answers another device than {peer.name}.", OtherDevice.hint)
    if answer:
        return warning("rigs", f"{peer.name} cannot be reached at {place}: {answer}.", PeerUnreachable.hint)
    if rig is None:
        return fine("rigs", f"{peer.name} answers at {place}.")
    return error("rigs", rig.reason or f"{peer.name} is not connected.", rig.hint or PeerUnreachable.hint)


def _connected(rig: rigs_pb2.Rig, patient: Patient) -> Iterator[Look]:
    assert patient.answers is not None  # it told of the rig
    status = patient.answers.status
    yield fine("rigs", f"{rig.name} is connected ({rig.address}, version {rig.version}).")
    if rig.version != status.version:
        sentence = f"{rig.name} has version {rig.version} of the bridge, this control PC {status.version}."
        yield warning("version", sentence, "Install the same version on all computers of the lab.")
    if rig.sandbox and not status.sandbox:
        yield warning("rigs", f"{rig.name} runs on its sandbox: nothing there is real.", "Start its bridge without it.")
    if rig.reason:
        yield warning(
            "lending", f"{rig.name} lacks credentials: {rig.reason}", rig.hint or "See `cagelab-bridge rigs`."
        )
    for notice in rig.notices:
        if notice.severity == session_pb2.SEVERITY_ERROR:
            yield warning("rigs", f"{rig.name} says: {notice.message}", notice.hint)


def plain_http(patient: Patient) -> Iterator[Look]:
    """Where secrets go without encryption, and what that means."""
    found = list(_unencrypted(patient))
    yield from found or [fine("plain http", "No password or key leaves this computer unencrypted.")]


def _unencrypted(patient: Patient) -> Iterator[Look]:
    hosts = patient.settings.network_insecure_hosts
    try:
        plain = PlainHttp(hosts)
    except InvalidInput:
        return  # the settings are told as such
    for host in hosts:
        if host == ANYWHERE:
            hint = "Name the hosts instead, under [network] insecure_hosts in bridge.toml, or use https."
            yield warning("plain http", f"Plain http may go to every host: {PLAIN}.", hint)
        elif not is_loopback(host):
            sentence = f"Plain http may go to {host}: {PLAIN}."
            yield (warning if _is_public(host) else info)("plain http", sentence, "Give that server https.")
    if not patient.settings.store_smb_encryption:
        sentence = "Data goes to file servers that cannot encrypt: others in the network can read it."
        yield info("plain SMB", sentence, 'Switch on encryption there, and take smb_encryption = "off" out of [store].')
    urls = {patient.settings.alyx_url}
    if patient.answers is not None:
        urls |= {account.alyx_url for account in patient.answers.status.accounts}
        urls |= {store.endpoint for store in patient.answers.status.stores}
    for url in sorted(filter(None, urls)):
        yield from _refused(plain, url)


def _refused(plain: PlainHttp, url: str) -> Iterator[Look]:
    try:
        plain.demand(url if "://" in url else f"http://{url}", NotLoggedIn)
    except NotLoggedIn as refusal:
        yield of_trouble("plain http", refusal)


def _is_public(host: str) -> bool:
    """An address of the internet. Of a name nothing is known: it is not looked up."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False
