"""uv, pipx and ansible, run for an account whose home is a folder of the test."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Tools:
    """Programs in a folder."""

    folder: Path

    def environ(self, home: Path) -> dict[str, str]:
        """Of that account; what was downloaded before is not downloaded again."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        dropped = ("CAGELAB_", "XDG_", "UV_", "PIPX_", "ANSIBLE_", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        caches = {"UV_CACHE_DIR": str(cache / "uv"), "PIP_CACHE_DIR": str(cache / "pip")}
        path = f"{home}/.local/bin:{self.folder}:{os.environ['PATH']}"
        faster = {"UV_PYTHON_DOWNLOADS": "never", "ANSIBLE_PIPELINING": "1"}
        return kept | caches | faster | {"HOME": str(home), "PATH": path}

    def run(self, home: Path, *command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run one for that account."""
        program, *arguments = command
        found = self.folder / program
        return subprocess.run(
            [str(found) if found.exists() else program, *arguments],
            env=self.environ(home),
            cwd=folder or home,
            capture_output=True,
            text=True,
            timeout=540,
            check=False,
        )
