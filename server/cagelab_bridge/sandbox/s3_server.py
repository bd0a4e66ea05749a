"""An S3 server on loopback: `rclone serve s3` over a folder."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from . import pdeath

_ADDRESS = re.compile(rb"http://127\.0\.0\.1:(\d+)")
START_S = 20.0


class S3Error(RuntimeError):
    """The S3 server cannot run; the text says why and what to do."""


@dataclass
class _Life:
    """One process of rclone: the thread that reads what the last one said may still be at it."""

    told: threading.Event = field(default_factory=threading.Event)  # it listens, or is gone
    announced: bool = False  # it has said that it listens; otherwise another server may be on the port
    log: list[bytes] = field(default_factory=list)


class S3Server:
    """Runs rclone over `folder` (a temporary one when None), in which each bucket is a folder.

    The key pair reaches rclone through its own environment, not through its command line. Killed with this process.
    """

    def __init__(
        self, key: str, secret: str, *, folder: Path | None = None, port: int = 0, buckets: Iterable[str] = ()
    ) -> None:
        self.key = key
        self.secret = secret
        self.port = port
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self.folder = folder
        self._buckets = tuple(buckets)
        self.process: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        return f"S3Server({self.url!r}, folder={str(self.folder)!r})"

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start rclone and wait until it answers. A server stopped before takes its old port again.

        Raises S3Error when rclone is missing or does not start.
        """
        program = find_rclone()
        folder = self._folder()
        for bucket in self._buckets:
            (folder / bucket).mkdir(parents=True, exist_ok=True)
        life = _Life()
        # The thread stays as long as the process does, because Linux ties the process to the thread that started it.
        threading.Thread(target=self._run, args=(program, folder, life), name="sandbox-s3", daemon=True).start()
        if not life.told.wait(START_S) or not life.announced or not self._answers():
            self.stop()
            said = b"".join(life.log[-3:]).decode(errors="replace").strip()
            raise S3Error(f"The S3 server (rclone) did not start on port {self.port}. It said: {said or 'nothing'}")

    def stop(self) -> None:
        """End rclone; temporary objects stay until `close`."""
        process, self.process = self.process, None
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End rclone and remove a temporary folder."""
        self.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _folder(self) -> Path:
        if self.folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="cagelab-sandbox-")
            self.folder = Path(self._temporary.name)
        return self.folder

    def _run(self, program: str, folder: Path, life: _Life) -> None:
        serve = ["serve", "s3", "--config", os.devnull, "--addr", f"127.0.0.1:{self.port}", str(folder)]
        command = [sys.executable, "-I", "-S", pdeath.__file__, str(os.getpid()), program, *serve]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RCLONE_")}
        # rclone reads the variable as a comma-separated list, so the pair is quoted to stay one entry.
        environment["RCLONE_AUTH_KEY"] = f'"{self.key},{self.secret}"'
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert self.process.stderr is not None
        with self.process.stderr as said:
            for line in said:
                life.log = [*life.log[-20:], line]
                if match := _ADDRESS.search(line):
                    self.port = int(match[1])
                    life.announced = True
                    life.told.set()
        life.told.set()

    def _answers(self) -> bool:
        until = time.monotonic() + START_S
        while self.process is not None and self.process.poll() is None and time.monotonic() < until:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/")
                connection.getresponse()
            except OSError:
                time.sleep(0.01)
            else:
                return True
            finally:
                connection.close()
        return False


def find_rclone() -> str:
    """The rclone beside this Python, or in the path. Raises S3Error saying how to get it."""
    beside = Path(sys.executable).with_name("rclone")
    found = str(beside) if beside.is_file() else shutil.which("rclone")
    if found is None:
        raise S3Error("The sandbox needs rclone for its S3 store. Run: pip install 'cagelab-bridge[sandbox]'")
    return found
