"""What the files of an old session say of it: the details (JSON), the events (a table), the MAT file."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cagelab_bridge.cli.backfilling.mat_reader import MatReader
from cagelab_bridge.cli.backfilling.matfile import UnreadableError
from cagelab_bridge.services.delivery import hdf5

DETAILS, EVENTS, RAW = "opticka.details*.json", "events.table*.tsv", ("opticka.raw*.mat", "matlab.raw*.mat")
LARGEST = 16 * 1024 * 1024  # bytes of a details or events file that is looked into
MOST_JSON = 256 * 1024  # letters that go into Alyx's record
# CageLab notes the end of a session among its events.
ENDED = re.compile(r"Session ended: (\d+) trials \((\d+) correct\)")
# What a session's structure calls things; a text or a list of texts.
NAMES = {
    "lab": "labName",
    "location": "location",
    "experimenters": "researcherName",
    "projects": "project",
    "procedures": "procedure",
    "brain_region": "brainRegion",
    "task_protocol": "taskProtocol",
}
# Objects of the program say nothing of the session, and an old one may hold what nobody should read.
LEFT_OUT = {"alyx", "zmq", "alyxlink", "password", "token", "secret", "aws_id", "aws_key"}


@dataclass(kw_only=True)
class Details:
    """What was found; `said`: sentences about what could not be used."""

    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    n_trials: int | None = None
    n_correct_trials: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def first(self, name: str) -> str:
        """The only or first text of that name; "" for none."""
        return "".join(self.names.get(name, ())[:1])


def read(files: Iterable[Path], reader: MatReader) -> Details:
    """From all files of a session; `reader` for the MAT files. A file that is damaged is told, and stops nothing."""
    found = Details()
    files = sorted(files)
    for path in _fitting(files, DETAILS):
        _details(path, found)
    for path in _fitting(files, EVENTS):
        _events(path, found)
    for path in _fitting(files, *RAW):
        if _is_torn(path):
            found.said.append(f"{path.name} is torn: its writer did not finish it.")
        elif not found.names or found.n_trials is None:  # else it need not be opened
            _mat(path, found, reader)
    return found


def _fitting(files: Iterable[Path], *patterns: str) -> list[Path]:
    return [path for path in files if any(fnmatchcase(path.name, pattern) for pattern in patterns)]


def _text(path: Path, found: Details) -> str:
    try:
        if path.stat().st_size > LARGEST:
            found.said.append(f"{path.name} is too large to be looked into.")
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as problem:
        found.said.append(f"{path.name} cannot be read: {problem.strerror}.")
        return ""


def _details(path: Path, found: Details) -> None:
    text = _text(path, found)
    if not text:
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        found.said.append(f"{path.name} is no JSON object.")
        return
    _session(document.get("session"), found)
    _counts(document, found)
    kept = clean(document)
    if len(json.dumps(kept | found.facts, ensure_ascii=False)) > MOST_JSON:
        found.said.append(f"{path.name} is too long for Alyx's record; it is uploaded as a file.")
    else:
        found.facts = kept | found.facts


def _session(structure: Any, found: Details) -> None:
    """Names that no earlier file told."""
    if not isinstance(structure, Mapping):
        return
    for name, theirs in NAMES.items():
        value = structure.get(theirs)
        values = value if isinstance(value, list) else [value]
        texts = tuple(text.strip() for text in values if isinstance(text, str) and text.strip())
        if texts:
            found.names.setdefault(name, texts)


def _counts(document: Mapping[str, Any], found: Details) -> None:
    """As alyxUploader writes them."""
    if found.n_trials is None:
        found.n_trials = _count(document.get("totalTrials"))
    if found.n_correct_trials is None:
        found.n_correct_trials = _count(document.get("totalCorrect"))


def _events(path: Path, found: Details) -> None:
    """A later line counts more: a session may be ended anew."""
    ends = ENDED.findall(_text(path, found))
    if ends and found.n_trials is None:
        found.n_trials, found.n_correct_trials = (int(text) for text in ends[-1])


def _is_torn(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return bool(hdf5.ends_early(file.read(hdf5.HEAD), path.stat().st_size))
    except OSError:
        return False  # reading it says what is wrong


def _mat(path: Path, found: Details, reader: MatReader) -> None:
    try:
        told = reader.read(path)
    except UnreadableError as why:
        found.said.append(str(why))
        return
    _session(told.get("session"), found)
    if told.get("runName"):
        found.names.setdefault("task_protocol", (told["runName"],))
    if found.n_trials is None:
        found.n_trials = _count(told.get("n_trials"))


def _count(value: Any) -> int | None:
    whole = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return int(value) if whole and 0 <= value < 2**31 and value == int(value) else None


def clean(value: Any) -> Any:
    """As JSON that Alyx takes (no NaN, no infinity), without the program's objects and whatever is called a secret."""
    if isinstance(value, dict):
        return {name: clean(entry) for name, entry in value.items() if name.casefold() not in LEFT_OUT}
    if isinstance(value, list):
        return [clean(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
