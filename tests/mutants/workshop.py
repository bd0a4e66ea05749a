"""Makes a copy of the source without a safeguard, and lets the simulator look at it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.mutants.catalogue import Mutant

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "server"
LONGEST = 600  # seconds for one mutant
SCHEDULES = 1500  # at most, until the first that does not hold
KILLED, ALIVE = 10, 11  # exit codes; anything else is a mutant that does not run
PROGRAM = """
import sys
from tests.simulation.campaign import hunt
sys.exit({alive} if hunt({schedules}) is None else {killed})
"""


def make(mutant: Mutant, folder: Path) -> None:
    """Copy the source to `folder` and take the safeguard out."""
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for change in mutant.changes:
        path = folder / "cagelab_bridge" / change.file
        text = path.read_text(encoding="utf-8")
        assert text.count(change.text) == 1, f"{mutant.name}: {change.file} has changed"
        path.write_text(text.replace(change.text, change.without), encoding="utf-8")


def killed(folder: Path, schedules: int = SCHEDULES) -> bool:
    """True when the simulator finds out. Raises RuntimeError for a mutant that does not run."""
    environ = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        found = _run(environ, folder, schedules)
    except subprocess.TimeoutExpired:
        return False  # not found out in time
    if found.returncode not in (KILLED, ALIVE):
        raise RuntimeError(found.stderr[-2000:])
    return found.returncode == KILLED


def _run(environ: dict[str, str], folder: Path, schedules: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(schedules=schedules, killed=KILLED, alive=ALIVE)],
        env=environ,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
