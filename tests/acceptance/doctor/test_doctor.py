"""`doctor` on whole computers: with nothing wrong, with ten things wrong, and without a bridge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cagelab_bridge.identity.identity import load_or_make
from cagelab_bridge.models import Lending
from tests.acceptance.doctor import ailments
from tests.acceptance.doctor.ward import Computer, Verdict, Ward, free_port, opened, peer


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A control PC and a rig with nothing wrong."""
    with opened(tmp_path_factory.mktemp("healthy")) as ward:
        ward.open()
        yield ward


def found(verdict: Verdict, planted: dict[str, tuple[str, str, str]]) -> None:
    """Each of the planted things (severity, matter, words of the sentence) was found, once, and nothing else was; each
    with what to do; worst first; no secret shown."""
    unexplained = list(verdict.wrong)
    for name, (severity, about, words) in planted.items():
        mine = [one for one in unexplained if one[:2] == (severity, about) and re.search(words, one[2])]
        assert len(mine) == 1, (name, verdict.wrong)
        unexplained.remove(mine[0])
    assert unexplained == []
    assert (verdict.code, verdict.healthy) == (6, False)
    assert all(look["hint"] for look in verdict.looks if look["severity"] in ("error", "warning"))
    order = [("error", "warning", "info", "ok").index(look["severity"]) for look in verdict.looks]
    assert order == sorted(order)
    assert ailments.SECRET not in verdict.text


def test_a_healthy_control_pc_has_nothing_wrong(healthy: Ward) -> None:
    """Nothing but what is good to know; and what was looked at is said."""
    verdict = healthy.control.doctor()
    assert (verdict.wrong, verdict.role) == ([], "control")
    looked = {look["about"] for look in verdict.looks}
    assert looked >= {"bridge", "journal", "identity", "folders", "settings", "keyring", "environment", "peers", "rigs"}
    assert looked >= {"memory", "store", "repository", "alyx", "clock", "lending", "token", "zone"}
    said = {look["about"]: look["message"] for look in verdict.looks}
    assert "signs each of their requests" in said["lending"]  # the sandbox's store has no temporary keys
    assert said["rigs"].startswith("rig-1 is connected")


def test_a_healthy_rig_has_nothing_wrong(healthy: Ward) -> None:
    """It needs no account, no key pair and no keyring of its own."""
    verdict = healthy.rig.doctor()
    assert (verdict.wrong, verdict.role) == ([], "rig")
    said = {look["about"]: look["message"] for look in verdict.looks}
    assert said["LAN door"].startswith("The rig listens for paired bridges")


def test_ten_things_wrong_with_a_control_pc_are_found_and_nothing_else(tmp_path: Path) -> None:
    """Keyring, key, peers, other devices, leftovers, environment, the record of the repository."""
    plaintext = {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"}
    with opened(tmp_path, repository={"globus_path": "elsewhere"}) as ward:
        control = ward.control
        control.bridge.extra |= plaintext
        raw = Lending(raw_keys=True)
        control.peers.write(replace(peer(ward.rig.identity, "rig-1", "rig", ward.port), lending=raw))
        control.peers.write(peer(load_or_make(tmp_path / "off", "now"), "rig-off", "rig", free_port()))
        control.peers.write(peer(load_or_make(tmp_path / "other", "now"), "rig-other", "rig", ward.port))
        (control.state / "peers" / "broken.toml").write_text("roles = [")
        (control.state / "peers" / "broken.toml").chmod(0o644)
        ailments.mc_config(control.home)
        ailments.old_data(control.home)
        ward.open()
        (control.state / "identity" / "key.pem").chmod(0o644)
        verdict = control.doctor(CAGELAB_BRIDGE_SECRET_STORE=ailments.SECRET)
    planted = {
        "a keyring of plain text": ("error", "keyring", "not trusted"),
        "a key that others can read": ("error", "identity", r"key\.pem is open to other accounts"),
        "a secret in the environment": ("error", "environment", "CAGELAB_BRIDGE_SECRET_STORE"),
        "keys of mc": ("error", "leftovers", r"\.mc/config\.json holds the secret keys of coglab as"),
        "another device at an address": ("error", "rigs", "answers another device than rig-other"),
        "a malformed peer": ("warning", "peers", r"peers/broken\.toml is not believed"),
        "raw keys for a rig": ("warning", "peers", "rig-1 may be lent the store's own key pair"),
        "a rig that is off": ("warning", "rigs", "rig-off cannot be reached"),
        "a record that misleads ONE": ("warning", "repository", "globus_path"),
        "old data with secrets": ("warning", "leftovers", r"lastTaskRun\.mat holds an object of the old alyxManager"),
    }
    assert len(planted) == 10
    found(verdict, planted)


def test_ten_things_wrong_with_a_rig_are_found_and_nothing_else(tmp_path: Path) -> None:
    """Door, folders, settings, peers, a copied disk, leftovers, environment, plain http."""
    wrong = {
        "SERVER_LAN_ADDRESS": "127.0.0.1",
        "FILES_LEAK_GUARD": "off",
        "NETWORK_INSECURE_HOSTS": "*",
    }
    with opened(tmp_path, rig=wrong) as ward:
        rig = ward.rig
        (rig.state / "peers" / "linked.toml").symlink_to(rig.state / "peers" / "control-pc.toml")
        ailments.set_aside(rig.state)
        ailments.plain_keyring(rig.home)
        ailments.matlab_preferences(rig.home)
        ward.open()
        rig.settings_file.chmod(0o664)
        rig.state.chmod(0o755)
        verdict = rig.doctor(SSLKEYLOGFILE=str(tmp_path / "keys.log"))
    planted = {
        "settings that others may write": ("error", "settings", "can be written by other accounts"),
        "a keyring file of plain text": ("error", "leftovers", r"keyring_pass\.cfg holds passwords as plain text"),
        "keys in MATLAB's preferences": ("error", "leftovers", r"matlabprefs\.mat hold a key"),
        "a state folder that others may read": ("warning", "folders", "is open to other accounts"),
        "a disk that was copied": ("warning", "identity", "copied from another computer"),
        "no leak guard": ("warning", "settings", "leak guard is off"),
        "a log of TLS keys": ("warning", "environment", "SSLKEYLOGFILE"),
        "a door where nobody comes": ("warning", "LAN door", "where no other computer comes"),
        "plain http to every host": ("warning", "plain http", "every host"),
        "a peer that is a link": ("warning", "peers", r"peers/linked\.toml is not believed"),
    }
    assert len(planted) == 10
    found(verdict, planted)


def test_without_a_bridge_its_files_are_looked_at_all_the_same(tmp_path: Path) -> None:
    """And it is said what could not be looked at; rigs are looked for from here."""
    with opened(tmp_path) as ward:
        control = ward.control
        ward.rig.bridge.start()
        verdict = control.doctor()
        assert [about for _, about, _ in verdict.wrong] == ["bridge"]
        said = [look["message"] for look in verdict.looks]
        assert any(message.startswith("Not looked at, because the bridge does not answer") for message in said)
        assert f"rig-1 answers at 127.0.0.1:{ward.port}." in said
        control.settings_file.write_text(f'[bridge]\nrole = "control"\n[alyx]\npassword = "{ailments.SECRET}"\n')
        ailments.start_file(control.home)
        control.peers.write(peer(load_or_make(tmp_path / "other", "now"), "rig-1", "rig", ward.port))
        (control.state / "identity" / "computer.json").write_text('{"machine": "another", "cards": []}')
        (control.state / "identity" / "key.pem").chmod(0o640)
        verdict = control.doctor()
    assert [(severity, about) for severity, about, _ in verdict.wrong] == [
        ("error", "bridge"),
        ("error", "identity"),
        ("error", "identity"),
        ("error", "settings"),
        ("error", "environment"),
        ("error", "rigs"),
    ]
    assert ailments.SECRET not in verdict.text


def test_a_healthy_workstation_has_nothing_wrong(healthy: Ward, tmp_path: Path) -> None:
    """It needs no identity, no peers and no door."""
    computer = Computer(tmp_path / "workstation", "workstation")
    computer.bridge.start()
    try:
        computer.bridge.enter(healthy.lab)
        verdict = computer.doctor()
    finally:
        computer.bridge.end()
    assert (verdict.wrong, verdict.role) == ([], "workstation")


def test_servers_that_are_away_are_told_as_such(tmp_path: Path) -> None:
    """The bridge answers, and what can be looked at without them is."""
    with opened(tmp_path) as ward:
        ward.open()
        assert ward.control.doctor().wrong == []  # now it knows the names
        ward.sandbox.stop()
        verdict = ward.control.doctor()
    assert [(severity, about) for severity, about, _ in verdict.wrong] == [("error", "alyx"), ("warning", "store")]
    assert {"rigs", "lending", "memory", "journal"} <= {look["about"] for look in verdict.looks}


def test_a_bridge_that_clients_do_not_find_is_found(tmp_path: Path) -> None:
    """Two on one journal would be refused: what keeps the second from starting is told."""
    with opened(tmp_path) as ward:
        ward.rig.bridge.start()
        (tmp_path / "rig" / "run" / "endpoint.json").unlink()
        verdict = ward.rig.doctor()
        assert [about for _, about, _ in verdict.wrong] == ["bridge", "second bridge"]
        assert f"(process {ward.rig.bridge.pid})" in verdict.wrong[1][2]
