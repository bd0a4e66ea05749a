"""Has MAT files read by a process of its own: the libraries fall over some damaged files, and take a program along."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from cagelab_bridge.cli.backfilling.matfile import UnreadableError

MODULE = "cagelab_bridge.cli.backfilling.matfile"
SECONDS = 60.0  # for one file


class MatReader:
    """Starts the process when the first file is to be read, and anew after one that ended it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, path: Path) -> dict[str, Any]:
        """What `matfile.read` says. Raises UnreadableError."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        watch = threading.Timer(SECONDS, process.kill)
        watch.start()
        try:
            process.stdin.write(json.dumps(str(path)).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = b""
        finally:
            watch.cancel()
        if not line.endswith(b"\n"):
            self.close()
            raise UnreadableError(f"{path.name} cannot be read (the program that reads it gave up).")
        answer: dict[str, Any] = json.loads(line)
        if "why" in answer:
            raise UnreadableError(answer["why"])
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = [sys.executable, "-m", MODULE]
            self._process = subprocess.Popen(  # noqa: S603  # this very interpreter and a module of ours
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        return self._process

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def __enter__(self) -> MatReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self.close()
