"""Attacks on the file that holds the access token, by whoever can write to a folder on its way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cagelab_bridge import endpoint
from cagelab_bridge.errors import Forbidden
from tests.acceptance.bridge import Bridge
from tests.integration.doors.test_endpoint import ours


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A runtime folder that does not exist yet."""
    return tmp_path / "run"


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_attack_60_an_open_folder_is_refused(folder: Path, mode: int) -> None:
    """A folder others can look into or write to is used neither for writing nor for reading."""
    endpoint.write(folder, ours())
    folder.chmod(mode)
    with pytest.raises(Forbidden, match=f"{mode:04o}"):
        endpoint.write(folder, ours())
    with pytest.raises(Forbidden):
        endpoint.read(folder)


@pytest.mark.parametrize("mode", [0o644, 0o620, 0o604])
def test_attack_60_an_open_file_is_refused(folder: Path, mode: int) -> None:
    """A token others can read is known; one they can write may be theirs."""
    endpoint.write(folder, ours()).chmod(mode)
    with pytest.raises(Forbidden) as refused:
        endpoint.read(folder)
    assert refused.value.hint


def test_attack_60_a_link_instead_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    """A link may point where somebody else wants."""
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Forbidden):
        endpoint.write(folder, ours())
    with pytest.raises(Forbidden):
        endpoint.read(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give things away")
@pytest.mark.parametrize("given_away", ["folder", "file"])
def test_attack_60_what_belongs_to_another_account_is_refused(folder: Path, given_away: str) -> None:
    """A folder or file that another account put there is refused, whatever it says."""
    path = endpoint.write(folder, ours())
    os.chown(folder if given_away == "folder" else path, 65534, 65534)
    with pytest.raises(Forbidden, match="another account"):
        endpoint.read(folder)


def test_attack_60_a_bridge_does_not_start_where_others_get_at_its_token(tmp_path: Path) -> None:
    """The process ends with the reason, and no token lies there."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o777)
    bridge = Bridge(tmp_path)
    ended = subprocess.run(
        [sys.executable, "-m", "cagelab_bridge.cli", "serve"],
        env=bridge.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 8
    assert "is open to other accounts (mode 0777)" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list((tmp_path / "run").iterdir()) == []
