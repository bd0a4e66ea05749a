"""The systemd unit as a text, and its ExecStart run as systemd would run it, without systemd."""

from __future__ import annotations

import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

UNIT = Path(__file__).resolve().parents[2] / "server" / "deploy" / "systemd" / "cagelab-bridge.service"
READY_WITHIN = 60.0  # seconds


def settings(text: str) -> dict[str, list[str]]:
    """What the unit sets, by name."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, given, value = line.partition("=")
        if given and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def install(home: Path) -> Path:
    """The program where uv and pipx put it."""
    place = home / ".local" / "bin" / "cagelab-bridge"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(Path(sys.executable).parent / "cagelab-bridge")
    return place


def environ(home: Path, **more: str) -> dict[str, str]:
    """What a user's systemd gives to a unit: no shell's variables."""
    runtime = home / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    given = {"HOME": str(home), "USER": "lab", "LOGNAME": "lab", "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin"}
    return given | {"SHELL": "/bin/sh", "XDG_RUNTIME_DIR": str(runtime)} | more


def command(home: Path) -> list[str]:
    """ExecStart, with the locks that need no systemd."""
    given = settings(UNIT.read_text())
    locks = ["setpriv", "--no-new-privs"] if shutil.which("setpriv") else []
    limits = f"ulimit -c {given['LimitCORE'][0]}; umask {given['UMask'][0]}"
    program = shlex.split(given["ExecStart"][0].replace("%h", str(home)))
    return ["sh", "-c", f'{limits}; exec "$@"', "sh", *locks, *program]


@contextmanager
def started(home: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """The bridge, once it has told that it is ready; ended by SIGTERM."""
    place = home / "notify"
    place.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices, (home / "log").open("ab") as log:
        notices.bind(str(place))
        notices.settimeout(READY_WITHIN)
        surroundings = environ(home, NOTIFY_SOCKET=str(place), **more)
        process = subprocess.Popen(command(home), env=surroundings, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            try:
                heard = notices.recv(4096)
            except TimeoutError:
                raise AssertionError((home / "log").read_text()) from None
            assert heard == b"READY=1"
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(30)


class Service:
    """The unit's program of an account, started and stopped as `systemctl --user` would."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._running = ExitStack()

    def start(self) -> None:
        """Start it, and wait until it says that it is ready. The unit is the one that the account copied."""
        copied = self._home / ".config" / "systemd" / "user" / UNIT.name
        assert copied.read_text() == UNIT.read_text()
        self._running.enter_context(started(self._home))

    def stop(self) -> None:
        """End it; nothing happens where it does not run."""
        self._running.close()

    def restart(self) -> None:
        """End it and start it."""
        self.stop()
        self.start()


def ask(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as that account."""
    program = home / ".local" / "bin" / "cagelab-bridge"
    return subprocess.run(
        [program, *arguments], env=environ(home), capture_output=True, text=True, timeout=60, check=False
    )
