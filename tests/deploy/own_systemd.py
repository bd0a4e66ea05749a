"""A real `systemd --user` for an account of a computer of the test; what needs a booted one (linger) is not there."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.computer import Account, Computer

SYSTEMD = Path("/lib/systemd/systemd")
CGROUPS = Path("/sys/fs/cgroup")
OURS = ("cgroup.procs", "tasks", "cgroup.subtree_control", "cgroup.threads")
BUS = ("systemctl", "--user", "--runtime", "mask", "gnome-keyring-daemon.socket", "gnome-keyring-daemon.service")


def why_not() -> str:
    """Why there can be none; empty: there can."""
    if not SYSTEMD.exists():
        return "systemd is not installed"
    if not hierarchies() or not all(os.access(place, os.W_OK) for place in hierarchies()):
        return "no group of processes can be made"
    return ""


def hierarchies() -> list[Path]:
    """Where systemd keeps its groups of processes: one place, or two where version 1 is still in use."""
    if (CGROUPS / "cgroup.procs").exists():
        return [CGROUPS]
    return [place for name in ("systemd", "unified") if ((place := CGROUPS / name) / "cgroup.procs").exists()]


@contextmanager
def groups(name: str, account: Account) -> Iterator[list[Path]]:
    """Groups of processes that the account may divide further, as logind gives them to it. Empty them before."""
    made = [place / f"cagelab-walk-{os.getpid()}-{name}" for place in hierarchies()]
    try:
        for group in made:
            group.mkdir()
            for file in (".", *OURS):
                with contextlib.suppress(FileNotFoundError):
                    os.chown(group / file, account.uid, account.uid)
        yield made
    finally:
        for group in made:
            for below in sorted((one for one in group.rglob("*") if one.is_dir()), reverse=True):
                below.rmdir()
            group.rmdir()


@contextmanager
def running(computer: Computer, into: list[Path]) -> Iterator[None]:
    """Started as a login does it, with the account's bus; ended in order, as when the computer is shut down."""
    enter = " ".join(f"echo 0 > {group}/cgroup.procs;" for group in into)
    shell = f"{enter} exec {' '.join(computer.becoming())} {SYSTEMD} --user --log-target=console"
    with (computer.folder / "systemd.log").open("wb") as log:
        process = subprocess.Popen(
            [*computer.entering(root=True), "sh", "-c", shell],
            env=computer.environ(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        told = "until systemctl --user is-system-running --wait >/dev/null 2>&1; do sleep 0.1; done"
        computer.run("timeout", "30", "sh", "-c", told)
        yield
    finally:
        with contextlib.suppress(AssertionError):
            computer.run("systemctl", "--user", "exit")
        process.wait(30)


def unlock_keyring(computer: Computer) -> bool:
    """A keyring with a password, open, as a desktop's login opens it; False where none is installed."""
    program = Path("/usr/bin/gnome-keyring-daemon")
    if not program.exists():
        return False
    computer.run(*BUS)
    computer.run(str(program), "--daemonize", "--unlock", "--components=secrets", text="not-a-real-password")
    return True
