"""A real `cagelab-bridge serve --sandbox` for the tests of the MATLAB toolbox.

For tests on MATLAB itself, `python -m tests.matlab.sandbox_bridge FOLDER` starts one, leaves it running, and prints the
variables that `run_tests('sandbox')` and `run_tests('compat')` need as NAME=VALUE lines, the bridge's process id as
CLBRIDGE_TEST_PID among them. This needs nothing but the installed bridge.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY_WITHIN = 60  # seconds
QUIET = "0.2"  # seconds a file must rest before it is delivered: the tests write theirs at once


@dataclass(frozen=True)
class SandboxBridge:
    """A bridge that runs."""

    environ: dict[str, str]


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Start a bridge on a sandbox of its own; everything it writes lies below `folder`."""
    runtime = folder / "run"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CAGELAB_", "XDG_"))}
    places = ["--state", str(folder / "state"), "--runtime", str(runtime)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "cagelab_bridge.cli", "serve", "--sandbox", "--json", *places],
            env={**kept, "HOME": str(folder), "CAGELAB_BRIDGE_FILES_QUIET_SECONDS": QUIET},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )


@contextmanager
def sandbox_bridge(folder: Path) -> Iterator[SandboxBridge]:
    """Start a bridge on a sandbox of its own below `folder`; stops it at the end."""
    process = start(folder)
    try:
        yield SandboxBridge(_environ(_ready(process, folder / "log"), folder / "run"))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _ready(process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    """The line that says that the bridge takes calls."""
    assert process.stdout is not None
    deadline = time.monotonic() + READY_WITHIN
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(deadline - time.monotonic()) else b""
    assert line, f"The bridge did not get ready:\n{log.read_text(errors='replace')}"
    told: dict[str, Any] = json.loads(line)
    return told


def _environ(told: dict[str, Any], runtime: Path) -> dict[str, str]:
    """What the m-tests need to know, besides the place of endpoint.json."""
    sandbox = told["sandbox"]
    return {
        "CAGELAB_BRIDGE_RUNTIME": str(runtime),
        "CLBRIDGE_TEST_URL": sandbox["alyx_url"],
        "CLBRIDGE_TEST_USER": "researcher",
        "CLBRIDGE_TEST_PASSWORD": sandbox["accounts"]["researcher"],
        "CLBRIDGE_TEST_STORE": sandbox["s3_url"],
        "CLBRIDGE_TEST_KEY": sandbox["s3_key"],
        "CLBRIDGE_TEST_SECRET": sandbox["s3_secret"],
    }


def leave_running(folder: Path) -> dict[str, str]:
    """Start a bridge that outlives this program; what tests need to know."""
    folder.mkdir(parents=True, exist_ok=True)
    process = start(folder)
    return {**_environ(_ready(process, folder / "log"), folder / "run"), "CLBRIDGE_TEST_PID": str(process.pid)}


if __name__ == "__main__":
    for name, value in leave_running(Path(sys.argv[1]).absolute()).items():
        sys.stdout.write(f"{name}={value}\n")
