"""A bridge with its sandbox in a process of its own, as a person would start it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cagelab_bridge.errors import DeadlineExceeded, WrongState
from cagelab_bridge.sandbox import pdeath

START_SECONDS, STOP_SECONDS = 60.0, 15.0


@contextmanager
def running(folder: Path, root: Path) -> Iterator[dict[str, Any]]:
    """Start `serve --sandbox` with its state in `folder` and sessions in `root`; yields what it prints when ready.

    Raises WrongState where it stops at once, DeadlineExceeded where it does not get ready. At the end it is stopped.
    """
    log = folder / "bridge.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - this very program, with arguments made here
            _command(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(root),
            start_new_session=True,  # so that Ctrl-C reaches the demo only, which then stops it in order
        )
    try:
        yield json.loads(_first_line(process, log))
    finally:
        _stop(process)


def _command(folder: Path) -> list[str]:
    settings = folder / "bridge.toml"  # empty: the settings of this account have no say here
    settings.write_text("", encoding="utf-8")
    places = [f"--config={settings}", f"--state={folder / 'state'}", f"--runtime={folder / 'run'}"]
    program = [sys.executable, "-m", "cagelab_bridge.cli", "serve", "--sandbox", "--json", *places]
    return [sys.executable, pdeath.__file__, str(os.getpid()), *program]  # killed with us, should we be killed


def _environment(root: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("CAGELAB_BRIDGE_")}
    return own | {"CAGELAB_BRIDGE_LAB_ROOT": str(root)}


def _first_line(process: subprocess.Popen[bytes], log: Path) -> bytes:
    """What the bridge prints once it is ready: one line."""
    assert process.stdout is not None
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if select.select([process.stdout], [], [], 0.5)[0]:
            line = process.stdout.readline()
            if line:
                return line
        if process.poll() is not None:
            raise WrongState(
                f"The bridge stopped at its start: {_tail(log)}",
                about="bridge",
                hint="Mend what it says, or run `cagelab-bridge serve --sandbox` to see all of it.",
            )
    raise DeadlineExceeded(f"The bridge was not ready after {START_SECONDS:.0f} s: {_tail(log)}", about="bridge")


def _tail(log: Path) -> str:
    text = log.read_text(encoding="utf-8", errors="replace").strip()
    return text[-2000:] or "it said nothing."


def _stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, as a service manager would; what is left of its own process group after that is killed."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
