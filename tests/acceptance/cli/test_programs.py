"""The long-running programs: they begin fast, say that they are ready, and end in order."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.acceptance.cli.conftest import PROGRAM, SECONDS, environment


def test_demo_checks_out_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Exit code 0, the verdict, and no process or folder of it is left."""
    outcome = subprocess.run(
        [*PROGRAM, "demo"],
        env=environment(TMPDIR=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "BLOCKED  touch.samples" in outcome.stdout
    assert "DONE     touch.samples" in outcome.stdout
    assert outcome.stdout.count("the same on the disk, in Alyx and in the store") == 6
    assert "Everything checks out." in outcome.stdout
    assert list(tmp_path.iterdir()) == []
    assert [line for line in _processes() if str(tmp_path) in line] == []


def _processes() -> list[str]:
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    return [line.replace(b"\0", b" ").decode(errors="replace") for line in lines]


def test_demo_can_keep_its_files(tmp_path: Path) -> None:
    """--keep-files leaves the six files where it says."""
    kept = tmp_path / "kept"
    arguments = [*PROGRAM, "demo", "--keep-files", str(kept)]
    subprocess.run(arguments, env=environment(), capture_output=True, timeout=SECONDS, check=True)
    assert len([path for path in kept.rglob("*") if path.is_file() and path.name != "session.json"]) == 6


def test_serve_says_ready_and_stops_in_order(tmp_path: Path) -> None:
    """A line that begins with "ready" once endpoint.json is there; SIGTERM ends it with 0 within five seconds."""
    arguments = [*PROGRAM, "serve", "--state", str(tmp_path / "state"), "--runtime", str(tmp_path / "run")]
    process = subprocess.Popen(
        arguments, env=environment(HOME=str(tmp_path)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        assert json.loads((tmp_path / "run" / "endpoint.json").read_text(encoding="utf-8"))["pid"] == process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    assert not (tmp_path / "run" / "endpoint.json").exists()


def test_sandbox_prints_addresses_and_accounts() -> None:
    """Both servers are named with accounts and keys; Ctrl-C ends them with 0."""
    process = subprocess.Popen([*PROGRAM, "sandbox"], env=environment(), stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        shown = ""
        while "Ctrl-C" not in shown:
            line = process.stdout.readline()
            assert line, shown
            shown += line
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
    for word in ("Alyx", "account", "password", "Store", "key"):
        assert word in shown


def test_help_is_there_at_once() -> None:
    """`--help` loads no verb and no library it does not need: under 0.3 s."""
    best = SECONDS
    for _ in range(3):  # the best of three: the machine may be busy with other things
        began = time.monotonic()
        subprocess.run([*PROGRAM, "--help"], env=environment(), capture_output=True, check=True)
        best = min(best, time.monotonic() - began)
    assert best < 0.3


def test_serve_loads_no_rich() -> None:
    """The bridge does not carry what only tables need."""
    program = "import sys; from cagelab_bridge.cli import serve; serve.hide_foreign_command_line(); "
    program += "import cagelab_bridge.cli.hosting, httpx; print('rich' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


@pytest.mark.parametrize(
    "arguments", [("serve", "--alyx-port", "1"), ("serve", "--grpc-port", "x"), ("sandbox", "--seed", "/no")]
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    """Options that do not fit are wrong usage, before anything starts."""
    outcome = subprocess.run([*PROGRAM, *arguments], env=environment(), capture_output=True, check=False)
    assert outcome.returncode == 2
