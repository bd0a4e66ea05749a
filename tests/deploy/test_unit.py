"""The systemd unit: systemd understands it, and what it starts works in the surroundings that it gives."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy import unit_file
from tests.deploy.unit_file import UNIT, ask, environ, started


def verified(text: str, home: Path) -> str:
    """What systemd finds wrong."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("NOT CHECKED: there is no systemd-analyze here")
    copy = home / UNIT.name
    copy.write_text(text)
    found = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(copy)],
        env=environ(home),
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stderr + ("" if found.returncode == 0 else f"exit {found.returncode}")


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """As it stands, and with the credential that is commented out; a setting that does not exist is noticed."""
    unit_file.install(tmp_path)
    text = UNIT.read_text()
    assert verified(text, tmp_path) == ""
    assert verified(text.replace("#LoadCredential=", "LoadCredential="), tmp_path) == ""
    assert "Unknown key" in verified(text.replace("LimitCORE=", "LimitCOAR="), tmp_path)


def test_what_the_unit_starts_says_when_it_is_ready_and_stops_in_order(tmp_path: Path) -> None:
    """READY=1 comes when clients can call; nothing it wrote is open to others; SIGTERM ends it with 0."""
    unit_file.install(tmp_path)
    with started(tmp_path) as process:
        said = ask(tmp_path, "status", "--json")
        assert said.returncode == 0, said.stderr
        assert int(json.loads(said.stdout)["process_id"]) == process.pid
        limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
        assert next(line.split()[-3] for line in limits if line.startswith("Max core")) == "0"
    assert process.returncode == 0
    state = tmp_path / ".local" / "state" / "cagelab-bridge"
    written = [path for path in [state, *state.rglob("*")] if path.stat().st_mode & 0o077]
    assert written == []
    assert (state / "journal.db").exists()


def test_the_unit_hands_over_secrets_as_a_credential(tmp_path: Path) -> None:
    """A file as the unit's LoadCredential gives it: the bridge holds the key pair, and says where it is from."""
    unit_file.install(tmp_path)
    credentials = tmp_path / "credentials"
    credentials.mkdir(mode=0o700)
    line = next(line for line in UNIT.read_text().splitlines() if line.startswith("#LoadCredential="))
    name = line.partition("=")[2].partition(":")[0]
    (credentials / name).write_text("store http://127.0.0.1:9 lab-key not-a-real-secret\n")
    with started(tmp_path, CREDENTIALS_DIRECTORY=str(credentials)):
        held = json.loads(ask(tmp_path, "secrets", "list", "--json").stdout)["credentials"]
    assert [(one["identity"], one["source"]) for one in held] == [("lab-key", "systemd")]


def test_mistakes_that_do_not_mend_themselves_are_not_tried_again(tmp_path: Path) -> None:
    """A wrong setting and a wrong option end it with a code for which the unit says not to restart."""
    unit_file.install(tmp_path)
    final = set(unit_file.settings(UNIT.read_text())["RestartPreventExitStatus"][0].split())
    settings = tmp_path / ".config" / "cagelab-bridge" / "bridge.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("[lab]\nnmae = 'CogLab'\n")
    assert str(ask(tmp_path, "serve").returncode) in final
    settings.write_text("")
    assert str(ask(tmp_path, "serve", "--no-such-option").returncode) in final
