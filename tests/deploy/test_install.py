"""`uv tool install` and `pipx install`, as the guides say: the program works without this checkout's environment."""

from __future__ import annotations

from pathlib import Path

import pytest

import cagelab_bridge
from tests.deploy.installers import ROOT, Tools

VERSION = f"cagelab-bridge {cagelab_bridge.__version__}\n"


def test_uv_installs_the_wheel_upgrades_and_uninstalls_it(tools: Tools, wheel: Path, tmp_path: Path) -> None:
    """With the sandbox's extra the demo runs through: installed, nothing of the development tools is needed."""
    installed = tools.run(tmp_path, "uv", "tool", "install", f"{wheel}[sandbox]")
    assert installed.returncode == 0, installed.stderr
    program = tmp_path / ".local" / "bin" / "cagelab-bridge"
    assert tools.run(tmp_path, str(program), "--version").stdout == VERSION
    shown = tools.run(tmp_path, str(program), "demo")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    again = tools.run(tmp_path, "uv", "tool", "install", "--force", str(wheel))
    assert again.returncode == 0, again.stderr
    assert tools.run(tmp_path, str(program), "--version").stdout == VERSION
    removed = tools.run(tmp_path, "uv", "tool", "uninstall", "cagelab-bridge")
    assert removed.returncode == 0, removed.stderr
    assert not program.exists()


@pytest.mark.parametrize("from_checkout", [False, True], ids=["wheel", "checkout"])
def test_pipx_installs_it(tools: Tools, wheel: Path, tmp_path: Path, from_checkout: bool) -> None:
    """From the wheel, and from a checkout, whose folder stays as it is."""
    before = {path.name for path in ROOT.iterdir()}
    installed = tools.run(tmp_path, "pipx", "install", str(ROOT if from_checkout else wheel))
    assert installed.returncode == 0, installed.stderr
    program = tmp_path / ".local" / "bin" / "cagelab-bridge"
    assert tools.run(tmp_path, str(program), "--version").stdout == VERSION
    assert {path.name for path in ROOT.iterdir()} == before
