"""The trust list: peers as files, found by name or address, and who is told of changes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from cagelab_bridge.errors import InvalidInput, PeerUnknown
from cagelab_bridge.identity.certificates import check_peer_certificate, new_certificate
from cagelab_bridge.identity.peer_files import PeerFiles
from cagelab_bridge.identity.peer_text import parse_peer, peer_text
from cagelab_bridge.identity.trust_list import TrustList
from cagelab_bridge.models import Lend, Lending, Peer, PeerChange
from cagelab_bridge.runtime import SystemRuntime


def a_peer(name: str, *roles: str, address: str = "", lending: Lending | None = None) -> Peer:
    found = check_peer_certificate(new_certificate()[1])
    return Peer(
        name=name,
        fingerprint=found.fingerprint,
        certificate_pem=found.pem,
        roles=frozenset(roles or ("rig",)),
        address=address,
        port=7461,
        lending=lending or Lending(),
    )


@pytest.fixture
def files(tmp_path: Path) -> PeerFiles:
    """Of a bridge without peers."""
    return PeerFiles(tmp_path / "state", "0" * 64)


def listed(files: PeerFiles) -> TrustList:
    return TrustList(files, SystemRuntime())


def test_a_peer_is_read_as_it_was_written(files: PeerFiles) -> None:
    """Name, role, place and lending, odd characters included."""
    lending = Lending(lend=Lend.AFTER_FORWARD, subjects=('M"1\\', "größe\x7f"), projects=("p",), raw_keys=True)
    peer = a_peer("pacman-002", "rig", "client", address="192.168.3.22", lending=lending)
    files.write(peer)
    assert listed(files).peers() == [peer]
    control = a_peer("control-pc", "control")
    assert parse_peer("control-pc", peer_text(control).encode(), "") == control


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('roles = ["king"]', "roles"),
        ("roles = []", "roles"),
        ('roles = "rig"', "list"),
        ("port = 0", "port"),
        ("port = true", "port"),
        ('port = "7461"', "port"),
        ('address = "-oProxyCommand=x"', "address"),
        ('address = "rig7:22"', "address"),
        ('lend = "always"', "lend"),
        ("lend_raw_keys = 1", "lend_raw_keys"),
        ("subjects = [1]", "subjects"),
        ('colour = "red"', "colour"),
        ('certificate = ""', "PEM"),
    ],
)
def test_a_file_that_says_something_else_is_named_with_the_reason(files: PeerFiles, line: str, word: str) -> None:
    """Nothing is guessed: a misspelt limit must not be a limit that is not there."""
    good = a_peer("good", address="10.0.0.1")
    files.write(good)
    key = line.partition(" ")[0]
    kept = [one for one in peer_text(a_peer("bad", address="10.0.0.2")).split("\n") if not one.startswith(f"{key} =")]
    (files.folder / "bad.toml").write_text(
        "\n".join([line, *kept]) if key != "certificate" else f'roles = ["rig"]\n{line}'
    )
    found = listed(files)
    assert found.peers() == [good]
    (finding,) = found.findings()
    assert finding.field == "peers/bad.toml"
    assert word in finding.message
    assert finding.hint


def test_the_same_certificate_twice_counts_once(files: PeerFiles) -> None:
    """Else removing one of the files would not end the trust."""
    peer = a_peer("a")
    files.write(peer)
    files.write(replace(peer, name="b"))
    found = listed(files)
    assert [one.name for one in found.peers()] == ["a"]
    assert "a has the same certificate" in found.findings()[0].message


def test_other_files_in_the_folder_are_named_hidden_ones_are_not(files: PeerFiles) -> None:
    """A certificate that ansible put there bare is no peer; an editor's hidden file is nobody's business."""
    files.write(a_peer("a"))
    (files.folder / "rig7.crt").write_text("x")
    (files.folder / ".a.toml.swp").write_text("x")
    (files.folder / "large.toml").write_text("#" * 20_000)
    (files.folder / "odd\n.toml").write_text("x")
    found = listed(files)
    assert [one.name for one in found.peers()] == ["a"]
    assert sorted(finding.field for finding in found.findings()) == [
        "peers/'odd\\n.toml'",
        "peers/large.toml",
        "peers/rig7.crt",
    ]


def test_root_may_bring_files(files: PeerFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ansible runs as root; somebody else's files are not believed."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    files.write(a_peer("a"))
    os.chown(files.path("a"), 12345, 12345)
    assert "belongs to another account" in listed(files).findings()[0].message
    os.chown(files.path("a"), 0, 0)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    for place in (files.folder, files.folder.parent):
        os.chown(place, 12345, 12345)
    assert [one.name for one in listed(files).peers()] == ["a"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a", "a/b", "a b", "-a", ".a", "a\n", "ä", "a" * 64, "a.toml", "a\0"]
)
def test_a_name_that_is_no_file_name_is_refused(files: PeerFiles, name: str) -> None:
    """It comes from another computer, and becomes a path here."""
    with pytest.raises(InvalidInput, match="cannot name a peer"):
        files.path(name)


def test_a_peer_is_found_by_name_by_address_or_by_both(files: PeerFiles) -> None:
    """As the GUI writes it, in any case; a name counts also where the address has changed."""
    two, three = a_peer("pacman-002", address="192.168.3.22"), a_peer("pacman-003", address="Rig3.lab")
    for peer in (two, three, a_peer("client", "client")):
        files.write(peer)
    trust = listed(files)
    for text in ("pacman-002", "192.168.3.22", "192.168.3.22  pacman-002", " PACMAN-002\t", "192.168.3.22:7461"):
        assert trust.by_name_or_address(text) == two
    assert trust.by_name_or_address("10.9.9.9  pacman-002") == two
    assert trust.by_name_or_address("rig3.lab") == three
    with pytest.raises(InvalidInput, match=r"pacman-002, pacman-003"):
        trust.by_name_or_address("192.168.3.22  pacman-003")
    with pytest.raises(PeerUnknown) as unknown:
        trust.by_name_or_address("pacman-02")
    assert "Did you mean pacman-002" in unknown.value.hint
    for text in ("", "   ", "a b c", "nobody"):
        with pytest.raises(PeerUnknown):
            trust.by_name_or_address(text)
    assert trust.by_fingerprint(two.fingerprint) == two
    assert trust.by_fingerprint("0" * 64) is None


async def test_changes_are_told_once_and_by_kind(files: PeerFiles) -> None:
    """Added, removed, changed; a new certificate or another role is both removed and added."""
    trust = listed(files)
    told: list[PeerChange] = []
    trust.on_change(told.append)
    first = a_peer("a", address="10.0.0.1")
    files.write(first)
    trust.refresh()
    trust.refresh()
    assert told == [PeerChange(added=(first,))]
    moved = replace(first, address="10.0.0.2")
    files.write(moved)
    trust.refresh()
    assert told[1:] == [PeerChange(changed=(moved,))]
    other_role = replace(moved, roles=frozenset(("client",)), lending=Lending())
    files.write(other_role)
    trust.refresh()
    assert told[2:] == [PeerChange(added=(other_role,), removed=(moved,))]
    renewed = a_peer("a", "client")
    files.write(renewed)
    trust.refresh()
    assert told[3:] == [PeerChange(added=(renewed,), removed=(other_role,))]
    files.remove("a")
    trust.refresh()
    assert told[4:] == [PeerChange(removed=(renewed,))]
    assert trust.peers() == []


async def test_rights_are_watched_as_well_as_contents(files: PeerFiles) -> None:
    """A chmod is noticed like an edit."""
    files.write(a_peer("a"))
    trust = listed(files)
    for place, wrong, right in ((files.path("a"), 0o666, 0o644), (files.folder, 0o777, 0o700)):
        place.chmod(wrong)
        trust.refresh()
        assert trust.peers() == []
        place.chmod(right)
        trust.refresh()
        assert len(trust.peers()) == 1


async def test_a_callers_mistake_does_not_stop_the_watch(files: PeerFiles) -> None:
    """Whoever is told may fail; the list goes on following the files (and trusts nobody meanwhile)."""
    trust = listed(files)

    def fail(change: PeerChange) -> None:
        if change.added and change.added[0].name == "a":
            raise RuntimeError("of the test")

    trust.on_change(fail)
    trust.start()
    files.write(a_peer("a"))
    runtime = SystemRuntime()
    while trust.now.generation < 2:
        await runtime.sleep(0.02)
    files.remove("a")
    files.write(a_peer("b"))
    while [peer.name for peer in trust.peers()] != ["b"]:
        await runtime.sleep(0.02)
    await trust.stop()


def test_64_peers_are_looked_at_within_a_moment(files: PeerFiles) -> None:
    """The look happens between two calls: it must not be felt, not even when one of many files has changed."""
    for number in range(64):
        files.write(a_peer(f"rig{number}", address="10.0.0.1"))
    trust = listed(files)
    runtime, took = SystemRuntime(), []
    for _ in range(5):
        files.write(a_peer("rig7", address="10.0.0.2"))
        began = runtime.monotonic()
        trust.refresh()
        took.append(runtime.monotonic() - began)
    assert len(trust.peers()) == 64
    print(f"\none of 64 changed: {1000 * min(took):.1f} ms")
    assert min(took) < 0.1
