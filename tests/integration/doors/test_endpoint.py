"""endpoint.json: found by our own programs, safe from others."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cagelab_bridge import endpoint
from cagelab_bridge.endpoint import Endpoint
from cagelab_bridge.errors import BridgeError, Forbidden, InvalidInput, Unreachable
from cagelab_bridge.secret import Secret


def ours(**changed: object) -> Endpoint:
    """The endpoint of a bridge that runs: this process."""
    fields: dict[str, object] = {
        "version": "1.2.3",
        "pid": os.getpid(),
        "grpc": "127.0.0.1:4001",
        "gateway": "http://127.0.0.1:4002",
        "token": Secret("the-token"),
        "started_at": "2026-11-20T12:00:00Z",
        "sandbox": False,
    }
    return Endpoint(**{**fields, **changed})  # type: ignore[arg-type]  # a test's shorthand


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A runtime folder that does not exist yet."""
    return tmp_path / "run"


def test_what_was_written_is_read(folder: Path) -> None:
    """Clients get every field back."""
    path = endpoint.write(folder, ours(sandbox=True))
    assert path == folder / "endpoint.json"
    assert endpoint.read(folder) == ours(sandbox=True)


def test_the_file_has_the_promised_form(folder: Path) -> None:
    """Clients in other languages rely on these names and types."""
    written = json.loads(endpoint.write(folder, ours()).read_text())
    assert written == {
        "version": "1.2.3",
        "pid": os.getpid(),
        "grpc": "127.0.0.1:4001",
        "gateway": "http://127.0.0.1:4002",
        "token": "the-token",
        "started_at": "2026-11-20T12:00:00Z",
        "sandbox": False,
    }


def test_only_we_can_read_it(folder: Path) -> None:
    """Folder 0700 and file 0600, whatever the umask."""
    before = os.umask(0)
    try:
        path = endpoint.write(folder, ours())
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_writing_again_replaces_whole_files_only(folder: Path) -> None:
    """A restart replaces the file in one step and leaves nothing beside it; a left-over of a crash is no hindrance."""
    endpoint.write(folder, ours())
    (folder / f".endpoint.json.{os.getpid()}").write_text("half a file")
    endpoint.write(folder, ours(token=Secret("new")))
    assert endpoint.read(folder).token == Secret("new")
    assert os.listdir(folder) == ["endpoint.json"]


def test_the_token_is_not_printed() -> None:
    """A log line or traceback with an endpoint holds no token."""
    assert "the-token" not in repr(ours())


def test_a_link_instead_of_the_file_is_refused(folder: Path, tmp_path: Path) -> None:
    """Reading follows no link, and writing replaces it instead of writing through it."""
    endpoint.write(folder, ours()).rename(tmp_path / "elsewhere.json")
    (folder / "endpoint.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(Forbidden):
        endpoint.read(folder)
    endpoint.write(folder, ours(version="2"))
    assert json.loads((tmp_path / "elsewhere.json").read_text())["version"] == "1.2.3"
    assert endpoint.read(folder).version == "2"


def test_a_pipe_instead_of_the_file_does_not_hang(folder: Path) -> None:
    """Nor does anything else that is not a file."""
    folder.mkdir(mode=0o700)
    os.mkfifo(folder / "endpoint.json", 0o600)
    with pytest.raises(Forbidden):
        endpoint.read(folder)


def test_no_bridge_is_told_with_how_to_start_one(folder: Path) -> None:
    """Without a file no bridge runs."""
    with pytest.raises(Unreachable) as absent:
        endpoint.read(folder)
    assert absent.value.reason == "unavailable:bridge"
    assert "cagelab-bridge serve" in absent.value.hint


def test_a_dead_bridge_is_told(folder: Path) -> None:
    """A file whose process is gone says that the bridge is gone, and how to start it."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    endpoint.write(folder, ours(pid=process.pid))
    with pytest.raises(Unreachable, match=f"process {process.pid}") as absent:
        endpoint.read(folder)
    assert "cagelab-bridge serve" in absent.value.hint


@pytest.mark.parametrize("pid", [0, -1, 2**70])
def test_an_impossible_process_is_gone(folder: Path, pid: int) -> None:
    """Process ids that kill(2) takes for groups, or not at all, are no bridge."""
    endpoint.write(folder, ours(pid=pid))
    with pytest.raises(Unreachable):
        endpoint.read(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"pid": "x"}', "\xff", '{"pid": {}}', "[" * 100_000])
def test_a_damaged_file_is_told(folder: Path, text: str) -> None:
    """Garbage is an error with a hint, and none of it is quoted."""
    path = endpoint.write(folder, ours())
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InvalidInput, match="cannot be understood"):
        endpoint.read(folder)


def test_a_bridge_removes_its_own_file_only(folder: Path) -> None:
    """A bridge that stops late does not take away the file of the one that replaced it."""
    endpoint.write(folder, ours(token=Secret("other")))
    assert not endpoint.remove(folder, ours())
    assert endpoint.read(folder).token == Secret("other")
    assert endpoint.remove(folder, ours(token=Secret("other")))
    assert not endpoint.remove(folder, ours(token=Secret("other")))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"CAGELAB_BRIDGE_RUNTIME": "/r", "XDG_RUNTIME_DIR": "/x", "HOME": "/h"}, ["/r"]),
        ({"XDG_RUNTIME_DIR": "/x", "HOME": "/h"}, ["/x/cagelab-bridge", "/h/.cache/cagelab-bridge/run"]),
        ({"HOME": "/h"}, ["/h/.cache/cagelab-bridge/run"]),
        ({"CAGELAB_BRIDGE_RUNTIME": "", "XDG_RUNTIME_DIR": "", "HOME": "/h"}, ["/h/.cache/cagelab-bridge/run"]),
    ],
)
def test_the_folder_follows_a_rule_of_three(environment: dict[str, str], expected: list[str]) -> None:
    """Clients in every language compute the same folders."""
    assert [str(folder) for folder in endpoint.folders(environment)] == expected


def test_the_first_folder_with_a_living_bridge_is_taken(tmp_path: Path) -> None:
    """A bridge started without a login session is found, also when a dead one left its file in the first folder."""
    places = (tmp_path / "none", tmp_path / "dead", tmp_path / "alive")
    endpoint.write(places[1], ours(pid=2**70))
    endpoint.write(places[2], ours())
    assert endpoint.find(places) == ours()


def test_finding_none_tells_the_last_reason(tmp_path: Path) -> None:
    """What `find` raises names a file somebody can look at."""
    with pytest.raises(BridgeError, match=str(tmp_path / "none")):
        endpoint.find((tmp_path / "none",))
