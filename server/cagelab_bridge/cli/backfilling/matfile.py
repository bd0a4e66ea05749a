"""Reads the few facts of a session that old MAT files tell: a structure of texts, and a count.

As a program it answers a path (JSON) on each line of stdin with a line of JSON; see mat_reader.

Only structures, texts and numbers are readable outside MATLAB; objects (`dt`, `rE`) are not. The libraries are an
extra: `pip install "cagelab-bridge[backfill]"`.
"""

from __future__ import annotations

import json
import resource
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cagelab_bridge.services.delivery import hdf5

# Where CageLab, its games and opticka keep what the operator chose: variable → the session's structure in it.
HOLDERS = ("in", "opts")
RUN, SETTINGS = "r", "tS"  # CageLab's state of a run; opticka's settings of a task
WANTED = (*HOLDERS, RUN, SETTINGS)
LONGEST = 10_000  # letters of a text
MOST_MEMORY = 8 * 1024**3  # bytes of address space: a damaged file may ask for any amount
DAMAGED = (
    OSError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
    EOFError,
    RuntimeError,
    zlib.error,
)


class UnreadableError(Exception):
    """Why a file tells nothing, as a sentence."""


def read(path: Path) -> dict[str, Any]:
    """{"session": {name: text}, "n_trials": count, "runName": text}, as far as it tells. Raises UnreadableError."""
    try:
        with path.open("rb") as file:
            head = file.read(hdf5.HEAD)
        tells = _hdf5(path) if hdf5.SIGNATURE in head else _older(path)
    except ImportError as problem:
        raise UnreadableError(
            f'{path.name} was not read: {problem.name} is missing (pip install "cagelab-bridge[backfill]").'
        ) from problem
    except DAMAGED as problem:
        raise UnreadableError(f"{path.name} cannot be read ({_said(problem)}).") from problem
    return _facts(tells)


def _said(problem: BaseException) -> str:
    """The first line of what a library says."""
    return (str(problem).strip() or type(problem).__name__).splitlines()[0][:200].rstrip(".")


def _facts(tells: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for holder in HOLDERS:
        structure = tells.get(holder)
        if isinstance(structure, Mapping) and isinstance(structure.get("session"), Mapping):
            found.setdefault("session", _texts(structure["session"]))
    run, settings = tells.get(RUN), tells.get(SETTINGS)
    if isinstance(run, Mapping) and isinstance(run.get("trialN"), float | int):
        found["n_trials"] = float(run["trialN"])
    if isinstance(settings, Mapping) and isinstance(settings.get("runName"), str):
        found["runName"] = settings["runName"]
    return found


def _texts(structure: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Texts, and cells of texts."""
    found: dict[str, str | list[str]] = {}
    for name, value in structure.items():
        plain = value.tolist() if hasattr(value, "tolist") else value
        if isinstance(plain, str):
            found[name] = plain
        elif isinstance(plain, list):
            found[name] = [text for text in plain if isinstance(text, str)]
    return found


# -- version 7.3 -------------------------------------------------------------------------------------------------------


def _hdf5(path: Path) -> dict[str, Any]:
    import h5py

    with h5py.File(path, "r") as file:
        return {name: _group(item, 2) for name, item in _items(file) if name in WANTED and isinstance(item, h5py.Group)}


def _group(group: Any, depth: int) -> dict[str, Any]:
    """The texts and single numbers of a structure, and of those in it."""
    import h5py

    found: dict[str, Any] = {}
    for name, item in _items(group):
        if isinstance(item, h5py.Group):
            if depth > 1:
                found[name] = _group(item, depth - 1)
        elif isinstance(item, h5py.Dataset):
            value = _dataset(item)
            if value is not None:
                found[name] = value
    return found


def _items(group: Any) -> Iterator[tuple[str, Any]]:
    """What lies in this very file: no link to another place or file, nothing whose bytes another file has.

    MATLAB writes none of these; with them a planted file would have us read any other one to whoever sees the record.
    """
    import h5py

    for name in group:
        if isinstance(group.get(name, getlink=True), h5py.HardLink):
            item = group[name]
            if not isinstance(item, h5py.Dataset) or not (item.external or item.is_virtual):
                yield name, item


def _dataset(item: Any) -> str | float | None:
    kind = item.attrs.get("MATLAB_class", b"")
    if "MATLAB_empty" in item.attrs or item.dtype.hasobject:
        return "" if kind == b"char" else None
    if kind == b"char" and item.size <= LONGEST:
        # MATLAB stores UTF-16 units, one behind the other.
        return bytes(item[()].astype("<u2").tobytes(order="F")).decode("utf-16-le", errors="replace")
    return float(item[()].flat[0]) if item.size == 1 and item.dtype.kind in "fiu" else None


# -- older versions ----------------------------------------------------------------------------------------------------


def _older(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        with path.open("rb") as file:
            found: dict[str, Any] = loadmat(file, variable_names=list(WANTED), simplify_cells=True)
    except MatReadError as problem:  # a kin of no other error
        raise ValueError(str(problem)) from problem
    return found


def serve() -> None:
    """Answer until stdin ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    for line in sys.stdin.buffer:
        try:
            answer = read(Path(json.loads(line)))
        except UnreadableError as why:
            answer = {"why": str(why)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
