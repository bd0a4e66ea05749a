"""A real S3 server for the tests: `rclone serve s3` on a folder, on a free port of loopback."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

ACCESS_KEY = "test-access-key"
SECRET_KEY = "test-secret-key-canary"


class RcloneServer:
    """Starts, stops and restarts the server on the same port; ends only the process it started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._address = "127.0.0.1:0"
        self._process: subprocess.Popen[str] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://{self._address}"

    def start(self) -> None:
        """Start and wait until it says where it listens."""
        program = shutil.which("rclone", path=str(Path(sys.executable).parent)) or "rclone"
        environ = {
            "PATH": os.defpath,
            "HOME": str(self.folder),
            "RCLONE_CONFIG": os.devnull,
            "RCLONE_AUTH_KEY": f'"{ACCESS_KEY},{SECRET_KEY}"',
        }
        arguments = [program, "serve", "s3", "--addr", self._address, str(self.folder)]
        self._process = subprocess.Popen(arguments, env=environ, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        for line in self._process.stderr:
            found = re.search(r"Starting s3 server on \[http://([^/\]]+)", line)
            if found:
                self._address = found.group(1)
                break
        else:
            raise RuntimeError("rclone did not start.")
        threading.Thread(target=self._process.stderr.read, daemon=True).start()

    def stop(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stderr is not None
            self._process.stderr.close()
            self._process = None
