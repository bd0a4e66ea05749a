"""The GitHub workflow that is to run the toolbox on MATLAB itself: what of it can be run without MATLAB."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.matlab.test_octave import run

PROJECT = Path(__file__).parents[2]
WORKFLOW = PROJECT / ".github" / "workflows" / "matlab.yml"
GONE_WITHIN = 30  # seconds


def test_workflow_runs_tasks_that_exist() -> None:
    """Each buildtool task of the workflow is one of buildfile.m."""
    tasks = set(re.findall(r"^function (\w+)Task\(", (PROJECT / "matlab" / "buildfile.m").read_text(), re.MULTILINE))
    used = re.findall(r"buildtool ([a-z ]+)", WORKFLOW.read_text())
    assert used
    assert {task for line in used for task in line.split()} <= tasks


@pytest.mark.octave
def test_workflows_bridge_serves_the_tests(tmp_path: Path) -> None:
    """The bridge that the workflow starts outlives its starter, and the variables it prints lead the m-tests to it."""
    command = re.search(r"run: python (-m \S+) ", WORKFLOW.read_text())
    assert command is not None
    done = subprocess.run(
        [sys.executable, *command[1].split(), str(tmp_path / "bridge")],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    environ = dict(line.split("=", 1) for line in done.stdout.splitlines())
    pid = int(environ.pop("CLBRIDGE_TEST_PID"))
    try:
        run("sandbox", "test_status_tells_what_runs", HOME=str(tmp_path), **environ)
        run("compat", "test_gui_logs_in_and_fills_its_lists", HOME=str(tmp_path), **environ)
    finally:
        ended = os.pidfd_open(pid)
        os.kill(pid, signal.SIGTERM)
        gone, _, _ = select.select([ended], [], [], GONE_WITHIN)
        os.close(ended)
    assert gone
