"""A disk of its own, small enough to be filled."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MIB = 1024 * 1024


class SmallDisk:
    """A tmpfs mounted at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self, but: int = 0) -> None:
        """Take every byte that is left, but so many."""
        with self._filler.open("ab", buffering=0) as file:
            for size in (MIB, 4096, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue  # no room for so much: try less
        os.truncate(self._filler, self._filler.stat().st_size - but)

    def make_room(self) -> None:
        """Somebody cleans up."""
        self._filler.unlink()

    def mount(self, option: str) -> None:
        """Mount it again with "ro" or "rw"."""
        subprocess.run(["mount", "-o", f"remount,{option}", str(self.path)], check=True)


@contextmanager
def mounted(path: Path, size_mib: int = 64) -> Iterator[SmallDisk]:
    """A small disk at `path`; the test is skipped, in so many words, where nobody may mount one."""
    path.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m,mode=700", "tmpfs", str(path)]
    done = subprocess.run(options, capture_output=True, text=True, check=False) if os.geteuid() == 0 else None
    if done is None or done.returncode:
        why = done.stderr.strip() if done else "that takes root"
        pytest.skip(f"NOT CHECKED: full and read-only disks, because no small disk can be mounted here: {why}")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)
