"""A real file server for the tests: Samba's smbd in the foreground, on a free port of loopback, with its own settings,
users and folders."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from cagelab_bridge.ports import StoreKeys
from cagelab_bridge.secret import Secret

PLACES = os.pathsep.join((os.defpath, "/usr/sbin", "/sbin", "/usr/local/sbin"))
SMBD = shutil.which("smbd", path=PLACES)
PDBEDIT = shutil.which("pdbedit", path=PLACES)
PASSWORD = "file-server-canary-password"
SHARE = "cogdata"
PATIENCE = 30.0  # seconds until it listens


def require() -> None:
    """Skip, in so many words, where there is no smbd; in CI fail."""
    if SMBD is None or PDBEDIT is None:
        if os.environ.get("CI"):
            pytest.fail("smbd is missing in CI")
        pytest.skip("NOT CHECKED: file servers, because Samba is missing (apt-get install samba)")


class SmbdServer:
    """Starts, stops and restarts the server on the same port; ends only the processes it started."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """`settings`: of the share and the server, in smb.conf's words with underscores."""
        self.user = pwd.getpwuid(
            os.geteuid()
        ).pw_name  # smbd knows the users of the system only, and works as one of them
        self.folder = folder
        self.shared = folder / "shared"
        self.settings = {"server smb encrypt": "desired", "server min protocol": "SMB3"}
        self.settings |= {name.replace("_", " "): value for name, value in settings.items()}
        self.share = ["read only = no"]
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """As credentials are kept for it."""
        return f"smb://127.0.0.1:{self.port}"

    @property
    def keys(self) -> StoreKeys:
        """The right user and password."""
        return StoreKeys(endpoint=self.endpoint, access_key=self.user, secret_key=Secret(PASSWORD))

    def start(self) -> None:
        """Start it, and wait until it listens."""
        assert SMBD is not None
        self._prepare()
        command = [SMBD, "--foreground", "--no-process-group", f"--configfile={self._file}"]
        with (self.folder / "smbd.out").open("ab") as out:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert self._process.poll() is None, self.said()
                assert time.monotonic() < end, self.said()
                time.sleep(0.05)  # between two looks whether it listens
            else:
                return

    def stop(self) -> None:
        """End it at once with all its connections, as a power cut would: it has a process for each, in one group."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let none of its processes go on."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGCONT)

    def connections(self) -> int:
        """Clients that are connected now, as the kernel of this computer tells."""
        wanted = f"0100007F:{self.port:04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[1] == wanted and row[3] == "01" for row in rows)  # 01: established

    def said(self) -> str:
        """Its logs."""
        return "\n".join(path.read_text(errors="replace")[-4000:] for path in self.folder.glob("*.out"))

    @property
    def _file(self) -> Path:
        return self.folder / "smb.conf"

    def _prepare(self) -> None:
        assert PDBEDIT is not None
        self.shared.mkdir(parents=True, exist_ok=True)
        for name in ("private", "state"):
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file.write_text(self._text())
        if not (self.folder / "private" / "passdb.tdb").exists():
            command = [PDBEDIT, f"--configfile={self._file}", "--create", "--user", self.user, "--password-from-stdin"]
            said = subprocess.run(
                command, input=f"{PASSWORD}\n{PASSWORD}\n", capture_output=True, text=True, check=False, timeout=30
            )
            assert said.returncode == 0, said.stdout + said.stderr

    def _text(self) -> str:
        state, private = self.folder / "state", self.folder / "private"
        folders = ("lock directory", "state directory", "cache directory", "pid directory", "ncalrpc dir")
        most = {
            **dict.fromkeys(folders, str(state)),
            "private dir": str(private),
            "passdb backend": f"tdbsam:{private}/passdb.tdb",
            "server role": "standalone server",
            "smb ports": str(self.port),
            "interfaces": "127.0.0.1/8",
            "bind interfaces only": "yes",
            "disable netbios": "yes",
            "load printers": "no",
            "disable spoolss": "yes",
            "map to guest": "never",
            "log file": str(self.folder / "smbd.log.out"),
            "usershare max shares": "0",
        } | self.settings
        lines = [f"{name} = {value}" for name, value in most.items()]
        share = [f"path = {self.shared}", "create mask = 0600", "directory mask = 0700", *self.share]
        return "\n".join(["[global]", *lines, f"[{SHARE}]", *share, ""])


def _free_port() -> int:
    """One that nobody has just now: smbd cannot choose itself."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
