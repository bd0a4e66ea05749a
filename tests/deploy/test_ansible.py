"""The ansible role, run for a control PC and a rig that are two homes on this computer; systemd alone is left out."""

from __future__ import annotations

import getpass
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.bridge import wait_until
from tests.deploy import unit_file
from tests.deploy.installers import ROOT, Tools
from tests.security.four_bridges import free_port

ANSIBLE = ROOT / "server" / "deploy" / "ansible"
PATCH = ROOT / "matlab" / "compat" / "patches" / "opticka-addOptickaToPath.patch"
CONTROL, RIG = "control-pc", "cagelab-001"
pytestmark = pytest.mark.timeout(600)  # ansible takes seconds for each task, and installs twice


@dataclass
class Lab:
    """Two accounts and an inventory that names them."""

    tools: Tools
    folder: Path

    def home(self, name: str) -> Path:
        return self.folder / name

    def play(self, playbook: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a playbook; fails when a task did."""
        done = self.attempt(playbook, *options)
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
        return done

    def attempt(self, playbook: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a playbook."""
        inventory = ["-i", str(self.folder / "hosts.json"), f"playbooks/{playbook}.yaml"]
        return self.tools.run(self.folder, "ansible-playbook", *inventory, *options, folder=ANSIBLE)

    def peers(self, name: str) -> list[dict[str, object]]:
        """Whom the bridge of that account trusts; everything in the folder is believed."""
        said = json.loads(unit_file.ask(self.home(name), "peers", "list", "--json").stdout)
        assert said["not_believed"] == []
        found: list[dict[str, object]] = said["peers"]
        return found

    def opticka(self, name: str) -> Path:
        return self.home(name) / "Code" / "opticka" / "addOptickaToPath.m"


def unpatched() -> str:
    """A file that the patch of opticka fits: its context is nothing but the line number."""
    line = int(re.findall(r"^@@ -(\d+),0", PATCH.read_text(), re.MULTILINE)[0])
    return "".join(f"% line {number}\n" for number in range(1, line + 20))


def account(lab: Lab, name: str, role: str, wheel: Path) -> dict[str, object]:
    """A home with an opticka, and what the inventory says of it."""
    home = lab.home(name)
    lab.opticka(name).parent.mkdir(parents=True)
    lab.opticka(name).write_text(unpatched())
    subprocess.run(["git", "init", "-q", str(lab.opticka(name).parent)], check=True)
    environ = lab.tools.environ(home) | {"XDG_RUNTIME_DIR": str(home / "run")}
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "ansible_host": "127.0.0.1",
        "cagelab_bridge_role": role,
        "cagelab_bridge_home": str(home),
        "cagelab_bridge_state": str(home / ".local" / "state" / "cagelab-bridge"),
        "cagelab_bridge_environment": environ,
        "cagelab_bridge_service": False,
        "cagelab_bridge_wheel": str(wheel),
        "cagelab_bridge_lab": "CogLab",
        "cagelab_bridge_root": str(home / "data"),
        "cagelab_bridge_lan_port": free_port("127.0.0.1"),
    }


@pytest.fixture(scope="module")
def lab(tools: Tools, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Installed, started by no one yet, and paired by the inventory."""
    if shutil.which("git") is None:
        pytest.skip("NOT CHECKED: git is not installed")
    made = Lab(tools, tmp_path_factory.mktemp("lab"))
    hosts = {
        "control": {"hosts": {CONTROL: account(made, CONTROL, "control", wheel)}},
        "cagelab": {"hosts": {RIG: account(made, RIG, "rig", wheel)}},
    }
    (made.folder / "hosts.json").write_text(json.dumps(hosts))
    made.play("bridge")
    return made


@pytest.fixture
def running(lab: Lab) -> Iterator[Lab]:
    """Both bridges, as the unit starts them."""
    with unit_file.started(lab.home(RIG)), unit_file.started(lab.home(CONTROL)):
        yield lab


@pytest.mark.parametrize("playbook", ["bridge", "bridge-matlab", "bridge-remove"])
def test_the_playbooks_can_be_read(tools: Tools, tmp_path: Path, playbook: str) -> None:
    """With the inventory that comes along, every task and module is known."""
    options = ["-i", "inventory/hosts.yaml", "--syntax-check", "-e", "target=all", f"playbooks/{playbook}.yaml"]
    read = tools.run(tmp_path, "ansible-playbook", *options, folder=ANSIBLE)
    assert read.returncode == 0, read.stdout + read.stderr


def test_the_inventory_pairs_control_pc_and_rig(running: Lab) -> None:
    """Each trusts the other in its role; the control PC reaches the rig where the inventory says."""
    assert [(peer["name"], peer["roles"]) for peer in running.peers(CONTROL)] == [(RIG, ["rig"])]
    assert [(peer["name"], peer["roles"]) for peer in running.peers(RIG)] == [(CONTROL, ["control"])]

    def connected() -> bool:
        said = unit_file.ask(running.home(CONTROL), "rigs", "--json")
        (rig,) = json.loads(said.stdout)["rigs"]
        return bool(rig["connected"])

    assert wait_until(connected)


def test_a_second_run_changes_nothing(lab: Lab) -> None:
    """Nor would it, says --check; settings that somebody changed stay."""
    settings = lab.home(RIG) / ".config" / "cagelab-bridge" / "bridge.toml"
    settings.write_text(settings.read_text() + "# mine\n")
    for options in ((), ("--check", "--limit", RIG)):
        done = lab.play("bridge", *options)
        assert set(re.findall(r"changed=(\d+)", done.stdout)) == {"0"}, done.stdout
    assert settings.read_text().endswith("# mine\n")


def test_the_patch_of_opticka_comes_back_after_a_reset(lab: Lab) -> None:
    """Applied once, however often the role ran; after CageLab has reset the code it is applied again."""
    opticka = lab.opticka(RIG)
    once = opticka.read_text()
    assert "addCagelabBridge" in once
    opticka.write_text(unpatched())
    lab.play("bridge-matlab", "-e", f"target={RIG}")
    assert opticka.read_text() == once
    assert (opticka.parents[1] / "cagelab-bridge" / "matlab" / "compat" / "alyxManager.m").is_file()


NEWER = "99.0.0"


def newer(tools: Tools, folder: Path) -> Path:
    """A wheel of this checkout that calls itself newer."""
    copy = folder / "newer"
    shutil.copytree(ROOT / "server" / "cagelab_bridge", copy / "server" / "cagelab_bridge")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy)
    (copy / "server" / "cagelab_bridge" / "__init__.py").write_text(f'"""Newer."""\n\n__version__ = "{NEWER}"\n')
    built = tools.run(folder, "uv", "build", "--wheel", "--out-dir", str(folder), str(copy))
    assert built.returncode == 0, built.stderr
    return next(folder.glob("*.whl"))


def test_an_upgrade_keeps_the_work_in_the_journal(lab: Lab, tmp_path: Path) -> None:
    """The program is replaced while the old one runs; the new one, once started, has what the old one accepted."""
    home = lab.home(RIG)
    wheel = newer(lab.tools, tmp_path)
    with unit_file.started(home):
        reserved = unit_file.ask(home, "reserve", "TestSubject", "--lab", "CogLab", "--json")
        assert reserved.returncode == 0, reserved.stderr
        lab.play("bridge", "--limit", RIG, "-e", f"cagelab_bridge_wheel={wheel}")
    with unit_file.started(home):
        assert json.loads(unit_file.ask(home, "status", "--json").stdout)["version"] == NEWER
        known = json.loads(unit_file.ask(home, "sessions", "--json").stdout)["sessions"]
    assert json.loads(reserved.stdout)["session_id"] in {one["session_id"] for one in known}


SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >> "$HOME/calls"
case "$*" in
*show*) printf 'LoadState=loaded\\nActiveState=inactive\\nSubState=dead\\n' ;;
*is-enabled*) exit 1 ;;
esac
"""
LOGINCTL = '#!/bin/sh\necho "loginctl $*" >> "$HOME/calls"\n'


def test_the_unit_is_put_in_place_enabled_and_started(lab: Lab) -> None:
    """What systemd would be asked, by stand-ins for its programs: the account's own systemd, and to run on its own."""
    home = lab.home(RIG)
    for name, text in (("systemctl", SYSTEMCTL), ("loginctl", LOGINCTL)):
        (home / ".local" / "bin" / name).write_text(text)
        (home / ".local" / "bin" / name).chmod(0o755)
    lab.play("bridge", "--limit", RIG, "-e", "cagelab_bridge_service=true", "-e", "ansible_become=false")
    calls = (home / "calls").read_text().splitlines()
    unit = "cagelab-bridge.service"
    for wanted in ("daemon-reload", f"enable {unit}", f"start {unit}"):
        assert f"systemctl --user {wanted}" in calls
    if not Path("/var/lib/systemd/linger", getpass.getuser()).exists():
        assert f"loginctl enable-linger {getpass.getuser()}" in calls
    copied = home / ".config" / "systemd" / "user" / unit
    assert copied.read_text() == unit_file.UNIT.read_text()


def test_removal_stops_while_work_is_left_and_then_leaves_only_the_journal(lab: Lab) -> None:
    """Whether work is left is asked; what goes is program, classes, patch and trust; the state folder stays."""
    home = lab.home(RIG)
    refused = lab.attempt("bridge-remove", "-e", f"target={RIG}")
    assert refused.returncode != 0
    assert "not delivered" in refused.stdout
    assert (home / ".local" / "bin" / "cagelab-bridge").exists()
    lab.play("bridge-remove", "-e", f"target={RIG}", "-e", "cagelab_bridge_anyway=true")
    assert not (home / ".local" / "bin" / "cagelab-bridge").exists()
    assert lab.opticka(RIG).read_text() == unpatched()
    assert not (home / "Code" / "cagelab-bridge" / "matlab").exists()
    assert lab.peers(CONTROL) == []
    assert (home / ".local" / "state" / "cagelab-bridge" / "journal.db").exists()
