"""The parts of this computer that several tests look at."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cagelab_bridge.cli.doctoring.patient import Patient
from cagelab_bridge.config import Settings
from cagelab_bridge.identity.peer_files import Found
from cagelab_bridge.local_files import LocalFiles
from cagelab_bridge.ports import FileStat


@contextmanager
def local_files() -> Iterator[LocalFiles]:
    """Its files; SIGIO, which they take, is given back afterwards."""
    before = signal.getsignal(signal.SIGIO)
    try:
        yield LocalFiles()
    finally:
        signal.signal(signal.SIGIO, before)


def bare_patient(home: Path, **more: Any) -> Patient:
    """What `doctor` sees where nothing runs and nothing was set up, but for `more`."""
    nothing: dict[str, Any] = {
        "environ": {},
        "home": home,
        "settings_file": home / "bridge.toml",
        "settings": Settings(),
        "settings_trouble": None,
        "state": home / "state",
        "identity": None,
        "identity_trouble": None,
        "peers": Found(),
        "running": (),
        "answers": None,
        "silence": None,
    }
    return Patient(**(nothing | more))


def stat_of(path: Path) -> FileStat:
    """What the bridge knows of a file before it reads it."""
    found = path.stat()
    return FileStat(size=found.st_size, mtime_ns=found.st_mtime_ns, ctime_ns=found.st_ctime_ns, inode=found.st_ino)
