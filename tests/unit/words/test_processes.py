"""Telling whether a process of this computer still runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cagelab_bridge import runtime
from cagelab_bridge.errors import FileUnreadable
from cagelab_bridge.runtime import SystemRuntime

SLEEPER = "import ctypes, sys; ctypes.CDLL(None).prctl(15, b') Z 1 ('); print(flush=True); sys.stdin.read()"


def test_a_process_is_known_by_its_beginning_until_it_dies() -> None:
    """The same ticks as long as it lives, whatever its name holds; none once it is dead, buried or not."""
    process = subprocess.Popen([sys.executable, "-c", SLEEPER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.readline()
    began = SystemRuntime().process_started(process.pid)
    mine = SystemRuntime().process_started(os.getpid())
    assert began is not None
    assert mine is not None
    assert began >= mine > 0
    assert SystemRuntime().process_started(process.pid) == began
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and nobody buried it
    assert SystemRuntime().process_started(process.pid) is None
    process.wait()
    assert SystemRuntime().process_started(process.pid) is None
    process.stdin.close()
    process.stdout.close()


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 1])
def test_a_number_that_is_no_process_is_none(pid: int) -> None:
    """Zero, negative numbers (which mean groups), and more than Linux gives out."""
    assert SystemRuntime().process_started(pid) is None


def test_where_there_is_no_proc_a_signal_tells(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Elsewhere than on Linux only existence is known."""
    monkeypatch.setattr(runtime, "PROC", tmp_path / "nothing")
    assert SystemRuntime().process_started(os.getpid()) == 1
    assert SystemRuntime().process_started(1) == 1  # somebody else's
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert SystemRuntime().process_started(process.pid) is None


def test_a_process_that_cannot_be_looked_at_is_not_called_dead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Too many open files, say: that is no reason to end somebody's session."""
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").mkdir()
    monkeypatch.setattr(runtime, "PROC", tmp_path)
    with pytest.raises(FileUnreadable):
        SystemRuntime().process_started(7)


@pytest.mark.skipif(not Path("/proc/uptime").is_file(), reason="only Linux says how long it is up, sleep included")
def test_the_clock_of_leases_goes_on_while_the_computer_sleeps() -> None:
    """A lease of four hours is over after a night in which the rig was suspended: /proc/uptime counts such time too."""
    uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    assert abs(SystemRuntime().monotonic() - uptime) < 1.0
