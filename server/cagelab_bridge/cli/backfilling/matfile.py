"""Reads the few facts of a session that old MAT files tell: a structure of texts, and a count.

Only structures, texts and numbers are readable outside MATLAB; objects (`dt`, `rE`) are not. The libraries are an
extra: `pip install "cagelab-bridge[backfill]"`.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cagelab_bridge.services import hdf5

# Where CageLab, its games and opticka keep what the operator chose: variable → the session's structure in it.
HOLDERS = ("in", "opts")
RUN, SETTINGS = "r", "tS"  # CageLab's state of a run; opticka's settings of a task
WANTED = (*HOLDERS, RUN, SETTINGS)
LONGEST = 10_000  # letters of a text
DAMAGED = (OSError, ArithmeticError, LookupError, TypeError, ValueError, EOFError, RuntimeError, zlib.error)


class UnreadableError(Exception):
    """Why a file tells nothing, as a sentence."""


def read(path: Path) -> dict[str, Any]:
    """{"session": {name: text}, "n_trials": count, "runName": text}, as far as it tells. Raises UnreadableError."""
    try:
        with path.open("rb") as file:
            head = file.read(hdf5.HEAD)
        if hdf5.ends_early(head, path.stat().st_size):
            raise UnreadableError(f"{path.name} is torn: its writer did not finish it.")
        tells = _hdf5(path) if hdf5.SIGNATURE in head else _older(path)
    except ImportError as problem:
        raise UnreadableError(
            f'{path.name} was not read: {problem.name} is missing (pip install "cagelab-bridge[backfill]").'
        ) from problem
    except DAMAGED as problem:
        raise UnreadableError(f"{path.name} cannot be read: {str(problem).splitlines()[0][:200]}.") from problem
    return _facts(tells)


def _facts(tells: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for holder in HOLDERS:
        structure = tells.get(holder)
        if isinstance(structure, Mapping) and isinstance(structure.get("session"), Mapping):
            found.setdefault("session", dict(structure["session"]))
    run, settings = tells.get(RUN), tells.get(SETTINGS)
    if isinstance(run, Mapping) and isinstance(run.get("trialN"), float | int):
        found["n_trials"] = run["trialN"]
    if isinstance(settings, Mapping) and isinstance(settings.get("runName"), str):
        found["runName"] = settings["runName"]
    return found


# -- version 7.3 -------------------------------------------------------------------------------------------------------


def _hdf5(path: Path) -> dict[str, Any]:
    import h5py

    with h5py.File(path, "r") as file:
        return {name: _group(file[name], 2) for name in WANTED if isinstance(file.get(name), h5py.Group)}


def _group(group: Any, depth: int) -> dict[str, Any]:
    """The texts and single numbers of a structure, and of those in it."""
    import h5py

    found: dict[str, Any] = {}
    for name, item in group.items():
        if isinstance(item, h5py.Group):
            if depth > 1:
                found[name] = _group(item, depth - 1)
        elif isinstance(item, h5py.Dataset):
            value = _dataset(item)
            if value is not None:
                found[name] = value
    return found


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

    found: dict[str, Any] = loadmat(path, variable_names=list(WANTED), simplify_cells=True)
    return found
