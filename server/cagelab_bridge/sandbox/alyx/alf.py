"""File and folder names of ALF, the naming rule ONE and Alyx share."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

SESSION = r"(?P<subject>[\w.-]+)/(?P<date>\d{4}-\d{2}-\d{2})/(?P<number>\d{1,3})"
_SESSION_PATH = re.compile(SESSION)
_FOLDER = re.compile(rf"((?P<lab>\w+)/Subjects/)?{SESSION}/((?P<collection>[\w./-]+)/)?(#(?P<revision>[\w.-]+)#/)?")
_LOOSE_FOLDER = re.compile(r"((?P<collection>[\w./-]+)/)?(#(?P<revision>[\w.-]+)#/)?")
_FILE = re.compile(
    r"_?(?P<namespace>(?<=_)[a-zA-Z0-9]+)?_?(?P<object>\w+)"
    r"\.(?P<attribute>(?:_[a-z]+_)?[a-zA-Z0-9]+(?:_times(?=[_.])|_intervals(?=[_.]))?)"
    r"(?:_(?P<timescale>\w+))?(?:\.(?P<extra>[.\w-]+))*\.(?P<extension>\w+)$"
)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Where a file lies: `folder` is subject/date/number as written, then collection, revision and name."""

    folder: str
    collection: str
    revision: str
    name: str


def session_of(path: str) -> tuple[str, str, int] | None:
    """Subject, date and number at the start of a path, None when it does not begin like that."""
    match = _SESSION_PATH.match(path)
    return None if match is None else (match["subject"], match["date"], int(match["number"]))


def place(folder: str, file: str) -> Place | None:
    """Split the path of a file in a session. None when a revision folder is not the last one.

    Raises ValueError when the path has no session in it. A collection with a letter ALF does not know is dropped
    without a word, as Alyx 3.6.1 does.
    """
    whole = PurePosixPath(folder, file)
    match = _FOLDER.search(whole.parent.as_posix() + "/")
    if match is None:
        raise ValueError(whole.parent.as_posix())
    revision = match["revision"] or ""
    parts = whole.parent.parts
    if revision and parts.index(f"#{revision}#") != len(parts) - 1:
        return None
    session = f"{match['subject']}/{match['date']}/{match['number']}"
    return Place(session, match["collection"] or "", revision, whole.name)


def loose_place(folder: str, file: str) -> Place | None:
    """Split the path of a file outside any session. None when its folders are no ALF folders."""
    whole = PurePosixPath(folder, file)
    parent = "" if len(whole.parts) == 1 else whole.parent.as_posix()
    match = _LOOSE_FOLDER.match(parent + "/")
    collection, revision = (match["collection"] or "", match["revision"] or "") if match else ("", "")
    expected = len(collection.split("/")) if collection else 0
    if len(whole.parent.parts) != expected + bool(revision):
        return None
    return Place("", collection, revision, whole.name)


@lru_cache(maxsize=1024)
def _matcher(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern.casefold()))


@lru_cache(maxsize=8192)  # each file is held against each of the many types, and the names are often the same
def matches_type(file: str, name: str, pattern: str) -> bool:
    """Whether a file is of a dataset type: by its pattern, or without one by `object.attribute`."""
    if pattern.strip():
        return _matcher(pattern).match(file.casefold()) is not None
    match = _FILE.match(file)
    if match is None:
        return PurePosixPath(file).stem == name
    return f"{match['object']}.{_attribute(match)}" == name


def _attribute(match: re.Match[str]) -> str:
    return str(match["attribute"])


def with_uuid(path: str, key: str) -> str:
    """The path with a UUID before the extension, in place of one that is there already."""
    folder, slash, name = path.rpartition("/")
    stem, extension = posixpath.splitext(name)
    parts = stem.split(".")
    if _UUID.fullmatch(parts[-1]):
        parts.pop()
    return f"{folder}{slash}{'.'.join([*parts, key])}{extension}"
