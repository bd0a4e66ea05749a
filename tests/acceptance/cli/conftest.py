"""A real bridge with its sandbox, and the real command line as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge.cli.rehearsal import process

Outcome = subprocess.CompletedProcess[str]
PROGRAM = (sys.executable, "-m", "cagelab_bridge.cli")
SECONDS = 120.0  # a command that takes longer hangs


def environment(**more: str) -> dict[str, str]:
    """The tests' environment without settings of this account."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CAGELAB_BRIDGE_")}
    return clean | more


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A running bridge: its folders, and what it printed when it was ready."""

    runtime: Path
    root: Path
    facts: dict[str, Any]

    def run(self, *arguments: str, stdin: str | None = None) -> Outcome:
        """Run one command to its end."""
        return subprocess.run(
            [*PROGRAM, *arguments],
            env=environment(CAGELAB_BRIDGE_RUNTIME=str(self.runtime)),
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def read(self, *arguments: str) -> Any:
        """Run one command that must succeed, with `--json`; what it prints."""
        outcome = self.run(*arguments, "--json")
        assert outcome.returncode == 0, outcome.stderr
        return json.loads(outcome.stdout)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("bridge")
    with process.running(folder, folder / "data") as facts:
        yield Rig(runtime=folder / "run", root=folder / "data", facts=facts)


@pytest.fixture
def started(rig: Rig) -> Callable[..., dict[str, Any]]:
    """Starts sessions; answers the session as JSON."""

    def start(*more: str) -> dict[str, Any]:
        session: dict[str, Any] = rig.read("start", "--subject", "TestSubject", "--project", "demo", *more)
        return session

    return start
