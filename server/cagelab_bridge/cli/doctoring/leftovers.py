"""Secrets that programs of before left lying about as plain text. Names the file, never the secret."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from cagelab_bridge.cli.doctoring.environment import ROTATE
from cagelab_bridge.cli.doctoring.look import Look, error, fine, info, warning
from cagelab_bridge.cli.doctoring.patient import Patient
from cagelab_bridge.store.mat5 import Inflated
from cagelab_bridge.store.searching import Stretch

MC_FOLDERS = (".mc", ".mcli")
PLAIN_KEYRING = ".local/share/python_keyring/keyring_pass.cfg"  # of the package keyrings.alt: base64
PREFERENCES = ".matlab/*/matlabprefs.mat"
OLD_CLASS = (b"alyxManager", b"AWS_KEY")  # an object of the old class: it saves its password and keys with it
OLD_PREFERENCES = (b"AWS_KEY", b"AWS_SECRET", b"AlyxPassword", b"MINIO_KEY")
MOST_FILES, MOST_BYTES, SECONDS = 300, 256 * 1024 * 1024, 5.0
BLOCK = 1024 * 1024


def plain(patient: Patient) -> Iterator[Look]:
    """No program of before left a password or key as plain text."""
    home = patient.home
    for folder in MC_FOLDERS:
        yield from _mc(home / folder / "config.json")
    if (home / PLAIN_KEYRING).is_file():
        sentence = f"{home / PLAIN_KEYRING} holds passwords as plain text (base64)."
        yield error("leftovers", sentence, f"Delete it, and uninstall keyrings.alt. {ROTATE}")
    for path in sorted(home.glob(PREFERENCES)):
        if holds(path, OLD_PREFERENCES, time.monotonic() + SECONDS, together=False):
            sentence = f"MATLAB's preferences {path} hold a key or password."
            yield error("leftovers", sentence, f"In MATLAB: rmpref for those names. {ROTATE}")


def _mc(path: Path) -> Iterator[Look]:
    try:
        aliases = json.loads(path.read_bytes()).get("aliases") or {}
        kept = [str(name) for name, alias in aliases.items() if name != "play" and _is_key(alias.get("secretKey"))]
    except FileNotFoundError:
        return
    except (OSError, ValueError, AttributeError):
        yield info(
            "leftovers", f"{path} cannot be understood; it may hold keys of a store.", "Delete it if mc is gone."
        )
        return
    if kept:
        sentence = f"{path} holds the secret keys of {', '.join(kept)} as plain text."
        yield error("leftovers", sentence, f"`mc alias remove` each of them, or delete the file. {ROTATE}")


def _is_key(text: object) -> bool:
    return isinstance(text, str) and bool(text) and not text.startswith("YOUR-")  # mc's own examples


def old_data(patient: Patient) -> Iterator[Look]:
    """MAT files that the old classes saved with the lab's password and keys inside: those few that were saved last."""
    found = _newest(patient)
    end, looked = time.monotonic() + SECONDS, 0
    for path in found[:MOST_FILES]:
        if time.monotonic() > end:
            break
        looked += 1
        if holds(path, OLD_CLASS, end, together=True):
            sentence = f"{path} holds an object of the old alyxManager, with the Alyx password and the store's keys."
            yield warning("leftovers", sentence, f"Keep it from others; a copy may be in the bucket. {ROTATE}")
    more = f"; {len(found) - looked} older ones were not" if len(found) > looked else ""
    if found:
        yield fine("leftovers", f"{looked} MAT files were looked into{more}.")


def _newest(patient: Patient) -> list[Path]:
    """MAT files of the home folder and the data, newest first; a search that takes long is cut short."""
    end = time.monotonic() + SECONDS
    found = {path: path.lstat().st_mtime for path in patient.home.glob("*.mat") if path.is_file()}
    for folder in {patient.home / "OptickaFiles", Path(patient.settings.lab_root).expanduser()}:
        for place, _, names in os.walk(folder):
            for path in (Path(place, name) for name in names if name.endswith(".mat")):
                with contextlib.suppress(OSError):  # it went meanwhile
                    if stat.S_ISREG(path.lstat().st_mode):
                        found[path] = path.lstat().st_mtime
            if time.monotonic() > end:
                break
    return sorted(found, key=lambda path: -found[path])


def holds(path: Path, words: tuple[bytes, ...], end: float, *, together: bool) -> bool:
    """Whether the file holds one of the words, or all of them; in compressed variables too (not in those of HDF5)."""
    needles = {word: word.decode("ascii") for word in words}
    plain, inflated, mat, read = Stretch(needles), Stretch(needles), Inflated(), 0
    try:
        with path.open("rb") as file:
            while (block := file.read(BLOCK)) and read < MOST_BYTES and time.monotonic() < end:
                read += len(block)
                plain.feed(block)
                for piece in mat.feed(block):
                    inflated.feed(piece)
    except OSError:
        return False
    seen = plain.found | inflated.found
    return len(seen) == len(words) if together else bool(seen)
