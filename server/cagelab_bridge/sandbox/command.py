"""Run a sandbox from the command line until it is told to end."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .http_face import PortError
from .keep import KeepError
from .s3_server import S3Error
from .sandbox import Sandbox
from .seed import SeedError


def run(
    alyx_port: int = 0, s3_port: int = 0, seed: Path | None = None, keep: Path | None = None, *, s3: bool = True
) -> int:
    """Start a sandbox, print its addresses and accounts, and wait for SIGTERM or SIGINT. Answers the exit status.

    2 means it could not start; one sentence on stderr says why and what to do.
    """
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    try:
        with Sandbox(alyx_port, s3_port, seed, keep, s3=s3) as sandbox:
            sys.stdout.write(sandbox.describe() + "\nEnd it with Ctrl-C.\n")
            sys.stdout.flush()
            done.wait()
    except (SeedError, KeepError, PortError, S3Error) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m cagelab_bridge.sandbox`."""
    parser = argparse.ArgumentParser(
        prog="python -m cagelab_bridge.sandbox", description="An Alyx and an S3 store on this computer, for play."
    )
    parser.add_argument("--alyx-port", type=int, default=0, help="port of Alyx; 0 takes any free one")
    parser.add_argument("--s3-port", type=int, default=0, help="port of the store; 0 takes any free one")
    parser.add_argument("--seed", type=Path, help="JSON file with what Alyx holds at the start")
    parser.add_argument("--keep", type=Path, help="folder in which the data survives a restart")
    parser.add_argument("--no-s3", action="store_true", help="leave the store out")
    given = parser.parse_args(arguments)
    return run(given.alyx_port, given.s3_port, given.seed, given.keep, s3=not given.no_s3)
