"""Who gets through the LAN door: only the holder of a key whose certificate is in the trust list at this moment."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import grpc
import grpc.aio
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cagelab_bridge.errors import CertificateRefused, NotPairedThere, OtherDevice, PeerUnreachable
from cagelab_bridge.identity.certificates import check_peer_certificate, fingerprint_of_pem
from cagelab_bridge.identity.trust_list import Trusted
from cagelab_bridge.models import Peer
from tests.security.forged import forge, instead, key_usage, without
from tests.security.lan import STATUS, Known, Rig, dial, linked, made, opened, refusal, status
from tests.security.recording import recorded

UNAVAILABLE, UNAUTHENTICATED = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """A rig that trusts nobody yet."""
    async with opened(tmp_path / "rig") as one:
        yield one


@pytest.fixture
def control(tmp_path: Path) -> Known:
    """A control PC."""
    return made(tmp_path / "control")


async def test_a_paired_control_pc_is_let_in(rig: Rig, control: Known) -> None:
    """And the handler learns who it is, by its certificate."""
    await rig.pair(control, "control-pc", "control")
    async with linked(control, rig.as_peer()) as link:
        assert await link.call(STATUS, b"", 5)
    (caller,) = rig.desk.callers
    assert (caller.role, caller.peer, caller.door) == ("control", "control-pc", "lan")
    assert caller.fingerprint == control.identity.fingerprint


async def test_attack_01_no_certificate_is_refused_in_the_handshake(rig: Rig, control: Known) -> None:
    """Nothing of the bridge is reached without one."""
    await rig.pair(control, "control-pc", "control")
    assert await refusal(dial(rig, None, None)) is UNAVAILABLE
    assert rig.desk.callers == []


async def test_attack_02_an_unpaired_certificate_is_refused_in_the_handshake(
    rig: Rig, control: Known, tmp_path: Path
) -> None:
    """Looking like a bridge is not enough; the one refused is told to pair."""
    await rig.pair(control, "control-pc", "control")
    stranger = made(tmp_path / "stranger")
    assert await refusal(dial(rig, stranger.identity.key.reveal(), stranger.identity.certificate_pem)) is UNAVAILABLE
    async with linked(stranger, rig.as_peer()) as link:
        with pytest.raises(NotPairedThere, match="not paired there"):
            await link.call(STATUS, b"", 5)
    assert rig.desk.callers == []


async def test_attack_03_a_paired_certificate_without_its_key_is_worthless(
    rig: Rig, control: Known, tmp_path: Path
) -> None:
    """The certificate is public; what counts is the key. No TLS library even sends it without: gRPC's own refuses."""
    await rig.pair(control, "control-pc", "control")
    thief = made(tmp_path / "thief")
    assert await refusal(dial(rig, thief.identity.key.reveal(), control.identity.certificate_pem)) is UNAVAILABLE
    assert rig.desk.callers == []


async def test_attack_04_a_paired_device_cannot_bring_in_others(rig: Rig, control: Known) -> None:
    """A certificate signed by a paired bridge's key is refused in the handshake: it may not sign."""
    await rig.pair(control, "control-pc", "control")
    signer = serialization.load_pem_private_key(control.identity.key.reveal().encode(), None)
    subject = check_peer_certificate(control.identity.certificate_pem).subject
    key, leaf = forge(issuer=subject, signer=signer)
    for chain in (leaf, leaf + control.identity.certificate_pem):
        assert await refusal(dial(rig, key, chain)) is UNAVAILABLE
    assert rig.desk.callers == []


@pytest.mark.parametrize("usage", ["absent", "may sign"])
async def test_attack_04_even_a_signing_certificate_brings_in_nobody(rig: Rig, usage: str) -> None:
    """Had a certificate that may sign slipped into the trust list, what it signs would still be a stranger's."""
    may_sign = key_usage(digital_signature=True, key_cert_sign=True)
    extensions = without(type(may_sign)) if usage == "absent" else instead(may_sign, critical=True)
    signer = ec.generate_private_key(ec.SECP256R1())
    _, anchor = forge(signer, extensions=extensions)
    mark = fingerprint_of_pem(anchor.encode())
    slipped = Peer(name="slipped", fingerprint=mark, certificate_pem=anchor, roles=frozenset(("control",)))
    rig.trust.now = Trusted(rig.trust.now.generation + 1, {mark: slipped})
    subject = anchor_subject(anchor)
    key, leaf = forge(issuer=subject, signer=signer)
    found = await refusal(dial(rig, key, leaf + anchor))
    assert found in (UNAVAILABLE, UNAUTHENTICATED)  # TLS accepts it without keyUsage; the gate does not
    assert rig.desk.callers == []


def anchor_subject(pem: str) -> str:
    """The common name."""
    return x509.load_pem_x509_certificate(pem.encode()).subject.rfc4514_string().removeprefix("CN=")


async def test_attack_06_nobody_takes_the_name_of_another_device(rig: Rig, control: Known) -> None:
    """A certificate with another's name, which would hide that one, is refused; the other goes on."""
    await rig.pair(control, "control-pc", "control")
    name = check_peer_certificate(control.identity.certificate_pem).subject
    _, candidate = forge(subject=name)
    with pytest.raises(CertificateRefused, match="hide another"):
        check_peer_certificate(candidate)
    text = rig.files.path("control-pc").read_text().replace(control.identity.certificate_pem.strip(), candidate.strip())
    (rig.files.folder / "a-first-one.toml").write_text(text)
    rig.trust.refresh()
    assert [peer.name for peer in rig.trust.peers()] == ["control-pc"]
    async with linked(control, rig.as_peer()) as link:
        assert await link.call(STATUS, b"", 5)


async def test_attack_07_another_rig_at_the_address_gets_nothing(rig: Rig, control: Known, tmp_path: Path) -> None:
    """Not even one that is paired, too: the handshake fails before a byte of the call is sent."""
    await rig.pair(control, "control-pc", "control")
    wanted = made(tmp_path / "wanted")
    async with recorded(rig.port) as wire:
        peer = replace(wanted.peer("rig8", "rig", address="127.0.0.1"), port=wire.port)
        async with linked(control, peer) as link:
            with pytest.raises(OtherDevice, match="another device than rig8"):
                await link.call(STATUS, b"canary" * 200, 5)
    assert rig.desk.callers == []
    # After the greeting and an alert (the probe adds a greeting of its own) nothing went out.
    assert all(len(record) < 100 for record in wire.application_records()), wire.application_records()


async def test_attack_08_a_malformed_file_is_named_and_hides_no_other(
    rig: Rig, control: Known, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Files before and after it are read; the log says which one is bad, and why."""
    first, last = made(tmp_path / "first"), made(tmp_path / "last")
    await rig.pair(first, "a-first", "control")
    with caplog.at_level(logging.WARNING):
        (rig.files.folder / "m-middle.toml").write_bytes(b'certificate = """\n\xff\xfe-----BEGIN')
        await rig.pair(last, "z-last", "control")
    assert "peers/m-middle.toml" in caplog.text
    assert "not TOML" in caplog.text
    for known in (first, last):
        async with linked(known, rig.as_peer()) as link:
            assert await link.call(STATUS, b"", 5)


@pytest.mark.parametrize("how", ["group", "others", "link", "folder", "second name", "pipe"])
async def test_attack_09_a_file_that_others_could_write_is_not_believed(
    rig: Rig, control: Known, tmp_path: Path, how: str
) -> None:
    """As with authorized_keys: whoever may write there could let anybody in. A pipe does not hold anybody up."""
    await rig.pair(control, "control-pc", "control")
    path = rig.files.path("control-pc")
    if how in ("group", "others"):
        path.chmod(0o664 if how == "group" else 0o646)
    elif how == "folder":
        rig.files.folder.chmod(0o777)
    elif how == "link":
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
    elif how == "second name":
        (tmp_path / "elsewhere").hardlink_to(path)
    else:
        path.unlink()
        os.mkfifo(path, 0o600)
    rig.trust.refresh()
    assert rig.trust.peers() == []
    assert rig.trust.findings()[0].hint
    async with linked(control, rig.as_peer()) as link:
        with pytest.raises(NotPairedThere):
            await link.call(STATUS, b"", 5)


async def test_attack_10_without_peers_everybody_is_refused_and_the_door_stays_open(rig: Rig, control: Known) -> None:
    """The first one to be paired gets in without a restart."""
    async with linked(control, rig.as_peer()) as link:
        with pytest.raises(NotPairedThere):
            await link.call(STATUS, b"", 5)
    own = rig.known.identity  # the stand-in among the roots: only the rig has its key, and even it is no peer
    assert await refusal(dial(rig, own.key.reveal(), own.certificate_pem)) is UNAUTHENTICATED
    await rig.pair(control, "control-pc", "control")
    async with linked(control, rig.as_peer()) as link:
        assert await link.call(STATUS, b"", 5)


async def test_nobody_at_the_address_is_told_as_such(rig: Rig, control: Known) -> None:
    """No connection and nothing that speaks TLS are both: unreachable."""

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, linked(control, replace(rig.as_peer(), port=port)) as link:
        with pytest.raises(PeerUnreachable, match="else than a bridge"):
            await link.call(STATUS, b"", 5)
    async with linked(control, replace(rig.as_peer(), port=port)) as link:
        with pytest.raises(PeerUnreachable, match="no bridge listens"):
            await link.call(STATUS, b"", 5)


async def test_the_openings_of_the_door_are_all_behind_mutual_tls(rig: Rig, control: Known) -> None:
    """Neither health nor reflection is offered, to nobody: a paired peer hears that there is no such method."""
    await rig.pair(control, "control-pc", "control")
    channel = dial(rig, control.identity.key.reveal(), control.identity.certificate_pem)
    assert await status(channel)
    for method in ("/grpc.health.v1.Health/Check", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"):
        ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ask(b"", timeout=5)
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    await channel.close()


async def test_attack_43_a_files_name_writes_no_lines_of_its_own_into_the_log(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """Line feeds and escape sequences are shown as such, in the log and in the status."""
    rig.files.folder.mkdir(mode=0o700, exist_ok=True)
    with caplog.at_level(logging.DEBUG):
        (rig.files.folder / "x\nERROR all is lost\x1b[2J.toml").write_text("x")
        rig.trust.refresh()
    told = caplog.text + "".join(finding.field + finding.message for finding in rig.trust.findings())
    assert "\\nERROR all is lost\\x1b[2J" in told
    assert "\nERROR" not in told
    assert "\x1b" not in told
