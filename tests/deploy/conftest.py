"""The tools of those who install the bridge, and a wheel of this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.installers import ROOT, Tools

WANTED = ("ansible-core", "pipx", "uv")


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """A fresh environment with ansible, uv and pipx."""
    folder = tmp_path_factory.mktemp("tools")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    fetched = subprocess.run(
        [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *WANTED],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    if fetched.returncode != 0:
        pytest.skip(f"NOT CHECKED: {', '.join(WANTED)} cannot be had: {fetched.stderr.strip()[-300:]}")
    return Tools(folder / "bin")


@pytest.fixture(scope="session")
def wheel(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bridge as a wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    built = tools.run(folder, "uv", "build", "--wheel", "--out-dir", str(folder), str(ROOT))
    if built.returncode != 0 and not os.environ.get("CI") and "hatchling" in built.stderr:
        pytest.skip(f"NOT CHECKED: hatchling cannot be had: {built.stderr.strip()[-300:]}")
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("*.whl")
    return found
