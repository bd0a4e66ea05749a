"""`init`, `id` and `peers`: what they write, and what they leave alone."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cagelab_bridge.cli.bridge_role import give_role, role_in
from cagelab_bridge.cli.group import cagelab_bridge
from cagelab_bridge.errors import InvalidInput, WrongState
from cagelab_bridge.identity.certificates import check_peer_certificate, new_certificate
from cagelab_bridge.identity.device_ids import device_id, fingerprint_of


class Account:
    """The command line of an account with folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.settings, self.state = folder / "bridge.toml", folder / "state"

    def run(self, *arguments: str, stdin: str | None = None) -> Result:
        environment = {
            "CAGELAB_BRIDGE_CONFIG": str(self.settings),
            "CAGELAB_BRIDGE_STATE": str(self.state),
            "CAGELAB_BRIDGE_BRIDGE_ROLE": None,
            "COLUMNS": None,
        }
        return CliRunner().invoke(cagelab_bridge, arguments, input=stdin, env=environment, catch_exceptions=False)

    def json(self, *arguments: str) -> dict[str, object]:
        found = self.run(*arguments, "--json")
        assert found.exit_code == 0, found.output
        record: dict[str, object] = json.loads(found.stdout)
        return record


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """With empty settings and no identity."""
    made = Account(tmp_path)
    made.settings.touch()
    return made


def test_init_gives_the_role_and_an_identity_once(account: Account) -> None:
    """Again it changes nothing, and shows the same device id."""
    first = account.json("init", "--role", "rig")
    assert first["role"] == "rig"
    assert first["changed"] is True
    again = account.json("init", "--role", "rig")
    assert again == {**first, "changed": False}
    assert account.json("init") == again
    assert account.run("id").stdout.strip() == first["device_id"]


def test_init_changes_a_role_only_when_told_so(account: Account) -> None:
    """A control PC must not become a rig by a mistyped line of a script."""
    account.run("init", "--role", "control")
    before = account.settings.read_text()
    refused = account.run("init", "--role", "rig")
    assert refused.exit_code == 6
    assert "--change-role" in refused.stderr
    assert account.settings.read_text() == before
    assert account.run("init", "--role", "rig", "--change-role").exit_code == 0
    assert role_in(account.settings) == "rig"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version = 1",
        '# ours\nversion = 1\n\n[lab]\nname = "CogLab"  # the lab\n',
        '[lab]\nname = "x"\n\n[bridge]\n# what we are\n',
        "[bridge]",
        "[ bridge ] # here\n\n[files]\nquiet_seconds = 1.0",
        '[bridge]\nrole = "workstation" # so far\n\n[[odd]]\n',
    ],
)
def test_the_rest_of_the_settings_stays_as_it_is(tmp_path: Path, text: str) -> None:
    """Comments and order are people's work."""
    path = tmp_path / "bridge.toml"
    path.write_text(text)
    assert give_role(path, "rig", change=True)
    after = path.read_text()
    assert tomllib.loads(after)["bridge"]["role"] == "rig"
    kept = [line for line in text.splitlines() if line.strip() and not line.startswith("role")]
    assert [line for line in after.splitlines() if line in kept] == kept
    assert not give_role(path, "rig", change=False)
    assert path.read_text() == after


@pytest.mark.parametrize("text", ["not toml", 'bridge = "x"', 'bridge.role = "rig"\nversion = 1\n', "\xff"])
def test_settings_that_cannot_be_understood_are_left_alone(tmp_path: Path, text: str) -> None:
    """And the sentence says what to do."""
    path = tmp_path / "bridge.toml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises((InvalidInput, WrongState)) as refused:
        give_role(path, "control", change="." not in text)
    assert refused.value.hint
    assert path.read_text(encoding="latin-1") == text


def test_the_certificate_that_id_prints_is_the_one_of_the_device_id(account: Account) -> None:
    """It makes the identity where there is none: ansible needs no second step."""
    shown = account.run("id", "--cert").stdout
    assert device_id(check_peer_certificate(shown).fingerprint) == account.run("id").stdout.strip()
    assert "PRIVATE" not in shown


def test_peers_are_listed_shown_exported_imported_and_removed(account: Account, tmp_path: Path) -> None:
    """An exported file is taken in by another control PC, with the device id."""
    account.run("init", "--role", "control")
    pem = new_certificate()[1]
    wanted = device_id(check_peer_certificate(pem).fingerprint)
    (tmp_path / "rig7.pem").write_text(pem)
    bare = account.run("peers", "import", "rig7", str(tmp_path / "rig7.pem"), "--id", wanted)
    assert bare.exit_code == 3
    assert "--role rig" in bare.stderr
    place = ("--role", "rig", "--address", "10.0.0.17")
    assert account.run("peers", "import", "rig7", str(tmp_path / "rig7.pem"), "--id", wanted, *place).exit_code == 0
    shown = account.json("peers", "show", "rig7")
    assert (shown["device_id"], shown["address"], shown["port"]) == (wanted, "10.0.0.17", 7461)
    assert fingerprint_of(wanted) == shown["fingerprint"]
    exported = account.run("peers", "export", "rig7").stdout

    other = Account(tmp_path / "other")
    other.settings.parent.mkdir()
    other.run("init", "--role", "control")
    assert other.run("peers", "import", "rig7", "-", "--id", wanted, stdin=exported).exit_code == 0
    assert other.json("peers", "show", "rig7") == shown

    account.state.joinpath("peers", "bad.toml").write_text("x")
    listed = account.json("peers", "list")
    assert [one["name"] for one in listed["peers"]] == ["rig7"]  # type: ignore[attr-defined]  # a list of records
    assert listed["not_believed"][0]["file"] == "peers/bad.toml"  # type: ignore[index]  # a list of records
    assert "bad.toml" in account.run("peers", "list").stdout
    assert account.run("peers", "remove", "bad").exit_code == 0
    assert account.run("peers", "remove", "rig7").exit_code == 0
    assert account.run("peers", "remove", "rig7").exit_code == 4
    assert account.run("peers", "remove", "../identity/computer").exit_code == 3
    assert "There are no peers" in account.run("peers", "list").stdout


def test_a_rig_that_is_taken_in_again_is_lent_no_more_than_before(account: Account, tmp_path: Path) -> None:
    """What somebody wrote into its file stays, also for a new certificate in its name; the raw key is allowed to the
    old device only. What an exported file says counts as it is."""
    account.run("init", "--role", "control")
    file, kept = tmp_path / "rig7.pem", account.state / "peers" / "rig7.toml"

    def taken_in(*options: str) -> dict[str, object]:
        wanted = device_id(check_peer_certificate(file.read_text()).fingerprint)
        done = account.run("peers", "import", "rig7", str(file), "--id", wanted, "--role", "rig", *options)
        assert done.exit_code == 0, done.stderr
        return account.json("peers", "show", "rig7")

    file.write_text(new_certificate()[1])
    taken_in("--address", "10.0.0.17", "--port", "7000")
    narrow = (
        kept.read_text()
        .replace('lend = "lab"', 'lend = "after-forward"')
        .replace("lend_raw_keys = false", "lend_raw_keys = true")
    )
    kept.write_text(narrow)
    again = taken_in()
    assert again["lending"] == {"lend": "after-forward", "subjects": [], "projects": [], "raw_keys": True}
    assert (again["address"], again["port"]) == ("10.0.0.17", 7000)
    file.write_text(new_certificate()[1])
    another = taken_in("--replace", "--port", "7001")
    assert another["lending"] == {"lend": "after-forward", "subjects": [], "projects": [], "raw_keys": False}
    assert (another["address"], another["port"]) == ("10.0.0.17", 7001)


def test_a_rig_without_an_address_is_told_of(account: Account, tmp_path: Path) -> None:
    """Its control PC would never call it, and nobody would know why."""
    account.run("init", "--role", "control")
    file = tmp_path / "rig7.pem"
    file.write_text(new_certificate()[1])
    wanted = device_id(check_peer_certificate(file.read_text()).fingerprint)
    place = ("peers", "import", "rig7", str(file), "--id", wanted, "--role", "rig")
    assert "--address" in account.run(*place).stdout
    assert "--address" not in account.run(*place, "--address", "10.0.0.17").stdout


def test_peers_need_an_identity(account: Account) -> None:
    """The hint says how to make one; looking makes none."""
    refused = account.run("peers", "list")
    assert refused.exit_code == 4
    assert "cagelab-bridge init" in refused.stderr
    assert not account.state.exists()
