"""A real sshd on loopback, whose one account is a rig's; and the real ssh, with settings of the test's own."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
THERE = Path(SSHD).exists() and shutil.which("ssh") is not None and shutil.which("ssh-keygen") is not None
USER = getpass.getuser()

# Runs what was asked for, with the rig's own environment; or, in its place, what the test put into `instead`.
WRAPPER = """#!/bin/sh
cd {folder}
. ./environment
if [ -x ./instead ]; then exec ./instead; fi
exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
"""


class SshServer:
    """One sshd; what it runs sees the environment of one bridge."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        folder.mkdir()
        self.port = _free_port()
        for name in ("host", "user", "other"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(command, check=True)
        (folder / "authorized").write_text((folder / "user.pub").read_text())
        wrapper = folder / "wrapper"
        wrapper.write_text(WRAPPER.format(folder=folder))
        wrapper.chmod(0o700)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        lines = [f"export {name}='{value}'" for name, value in {**environment, "PATH": path}.items()]
        (folder / "environment").write_text("\n".join(lines) + "\n")
        (folder / "sshd.conf").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\n"
            f"AuthorizedKeysFile {folder}/authorized\n"
            f"StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\nPidFile none\n"
            f"ForceCommand {wrapper}\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve until `stop`."""
        if os.geteuid() == 0:  # sshd wants its empty folder then
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(self.folder / "sshd.conf")], stderr=log)
        end = time.monotonic() + 10
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)  # until it listens
        raise AssertionError((self.folder / "log").read_text())

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def instead(self, script: str | None) -> None:
        """Run this shell script whatever was asked for; None: what was asked for."""
        path = self.folder / "instead"
        path.unlink(missing_ok=True)
        if script is not None:
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o700)

    def known_as(self, *hosts: str) -> str:
        """Lines of known_hosts."""
        kind, key, *_ = (self.folder / "host.pub").read_text().split()
        return "".join(f"[127.0.0.1]:{self.port},{host} {kind} {key}\n" for host in hosts)


def client(folder: Path, hosts: dict[str, SshServer]) -> Path:
    """A folder with an `ssh` that is the real one with the test's settings: these names are these servers."""
    folder.mkdir()
    sections = [
        f"Host {name}\n  HostName 127.0.0.1\n  HostKeyAlias {name}\n  Port {server.port}\n"
        f"  IdentityFile {server.folder}/user\n"
        for name, server in hosts.items()
    ]
    common = f"Host *\n  IdentitiesOnly yes\n  UserKnownHostsFile {folder}/known\n  GlobalKnownHostsFile none\n"
    (folder / "config").write_text("".join(sections) + common)
    (folder / "known").write_text("".join(server.known_as(name) for name, server in hosts.items()))
    program = folder / "ssh"
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/calls\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n')
    program.chmod(0o700)
    return folder


@contextmanager
def serving(server: SshServer) -> Iterator[SshServer]:
    """The server, while the block runs."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
