"""Files as CageLab and opticka leave them, written without MATLAB."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io

SESSION = {
    "subjectName": "TestSubject",
    "researcherName": "researcher",
    "labName": "CogLab",
    "location": "Box-1",
    "project": "demo",
    "procedure": "Behavior training/tasks",
    "useAlyx": True,
}


def details(path: Path, **more: Any) -> None:
    """A details file: the settings of a task as JSON."""
    write(path, json.dumps({"session": SESSION, "task": "match", "alyx": [], "rewardTime": 250} | more).encode())


def events(path: Path, trials: int, correct: int) -> None:
    """A table of events with CageLab's last line."""
    write(path, f"time\tmessage\n0\tbegin\n9\tSession ended: {trials} trials ({correct} correct)\n".encode())


def write(path: Path, data: bytes, *, changed: str = "") -> None:
    """A file; `changed`: when it changed last, naive, UTC."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if changed:
        age(path, changed)


def age(path: Path, changed: str) -> None:
    """It changed last at that time, naive, UTC."""
    moment = datetime.fromisoformat(changed).replace(tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))


def newer_mat(path: Path, session: dict[str, Any], trials: int) -> None:
    """A MAT file of version 7.3, with the structures `in` and `r` as MATLAB stores them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w", userblock_size=512) as file:
        structure = _structure(file, "in")
        inner = _structure(structure, "session")
        for name, value in session.items():
            _text(inner, name, value) if isinstance(value, str) else _number(inner, name, value)
        _number(_structure(file, "r"), "trialN", trials)
    with path.open("r+b") as file_of_bytes:
        file_of_bytes.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")


def older_mat(path: Path, session: dict[str, Any], trials: int) -> None:
    """A MAT file of version 7."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(path, {"in": {"session": session}, "r": {"trialN": float(trials)}}, do_compression=True)


def _structure(parent: Any, name: str) -> Any:
    group = parent.create_group(name)
    group.attrs["MATLAB_class"] = np.bytes_(b"struct")
    return group


def _text(parent: Any, name: str, value: str) -> None:
    units = np.frombuffer(value.encode("utf-16-le"), dtype="<u2")
    item = parent.create_dataset(name, data=units.reshape(-1, 1) if value else np.zeros(2, dtype="<u8"))
    item.attrs["MATLAB_class"] = np.bytes_(b"char")
    if not value:
        item.attrs["MATLAB_empty"] = np.uint8(1)


def _number(parent: Any, name: str, value: float) -> None:
    item = parent.create_dataset(name, data=np.array([[float(value)]]))
    item.attrs["MATLAB_class"] = np.bytes_(b"double")


def state(root: Path) -> dict[str, tuple[int, int, int, int, bytes]]:
    """Everything below a folder: mode, inode, times of change (content and entry), bytes."""
    found = {}
    for path in sorted((root, *root.rglob("*"))):
        seen = path.lstat()
        data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path)] = (seen.st_mode, seen.st_ino, seen.st_mtime_ns, seen.st_ctime_ns, data)
    return found
