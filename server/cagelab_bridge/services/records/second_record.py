"""The readable second record of a session, `session.json` in its folder: rows to document, document to rows. Pure.

The document holds every field of the session's rows in the journal but those that mean nothing in another life (see
LEFT_OUT); paths are relative to the session folder. It never holds a secret: the journal has none.
"""

from __future__ import annotations

import dataclasses
import json
import posixpath
import types
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from json.encoder import encode_basestring
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.models import AccountKey, Amendment, File, Session, Spec, Transfer, Trouble

T = TypeVar("T")
NAME = "session.json"
FORMAT = "cagelab-bridge session record"
VERSION = 1
ABOUT = (
    "What cagelab-bridge knows of this session. Do not edit it: it is written anew whenever something changes, and "
    "`cagelab-bridge recover` rebuilds a lost journal from it. It is not uploaded."
)
HEAD = 4096  # bytes at the beginning that tell whose file it is
# Told by where the entry stands, and what every part that arrives would change: the store is asked for that.
LEFT_OUT = {Transfer: {"session_id"}, File: {"transfer_id", "session_id", "path", "bytes_sent"}}
# Compiled once: json.dumps makes an encoder for each call, and a session may have 100,000 files.
_LEAF = json.JSONEncoder(ensure_ascii=False)
_FILE = json.JSONEncoder(ensure_ascii=False, separators=(",\n          ", ": "))


@dataclass(frozen=True, kw_only=True)
class Record:
    """What one `session.json` says; transfers oldest first."""

    session: Session
    transfers: tuple[Transfer, ...]
    files: tuple[File, ...]
    bridge_version: str
    host: str


# -- rows to document ------------------------------------------------------------------------------------------------


def render(record: Record) -> bytes:
    """The document as text, UTF-8."""
    files: dict[str, list[File]] = {}
    for file in record.files:
        files.setdefault(file.transfer_id, []).append(file)
    printer = Printer(record.session, bridge_version=record.bridge_version, host=record.host)
    pieces = [printer.begin()]
    for transfer in record.transfers:
        pieces += (printer.transfer(transfer), printer.files(files.get(transfer.id, [])))
    return b"".join((*pieces, printer.end()))


class Printer:
    """The document piece by piece, in the order begin, transfer, files, files, transfer, …, end: a session may have
    100,000 files, and nobody needs all of them in memory at once."""

    def __init__(self, session: Session, *, bridge_version: str, host: str) -> None:
        self._session = session
        self._bridge_version = bridge_version
        self._host = host
        self._transfers = 0
        self._files = 0  # of the transfer that is being printed

    def begin(self) -> bytes:
        """All that comes before the transfers."""
        head = {
            "about": ABOUT,
            "format": FORMAT,
            "version": VERSION,
            "bridge_version": self._bridge_version,
            "host": self._host,
            "session": _plain(self._session),
        }
        return _encoded(f'{_printed(head, "")[:-2]},\n  "transfers": [')

    def transfer(self, transfer: Transfer) -> bytes:
        """A transfer; its files follow."""
        folder = self._session.folder
        fields = _plain(transfer) | {"paths": [posixpath.relpath(path, folder) for path in transfer.paths]}
        text = (
            f'{self._closed()}{"," if self._transfers else ""}\n    {_printed(fields, "    ")[:-6]},\n      "files": ['
        )
        self._transfers += 1
        self._files = 0
        return _encoded(text)

    def files(self, files: Sequence[File]) -> bytes:
        """More files of the transfer that was printed last."""
        text = "".join(
            f"{',' if number else ''}\n{_file(file)}" for number, file in enumerate(files, start=self._files)
        )
        self._files += len(files)
        return _encoded(text)

    def end(self) -> bytes:
        """The end of the document."""
        last = "\n  ]" if self._transfers else "]"
        return _encoded(f"{self._closed()}{last}\n}}\n")

    def _closed(self) -> str:
        """The end of the transfer before."""
        if not self._transfers:
            return ""
        return "\n      ]\n    }" if self._files else "]\n    }"


def _encoded(text: str) -> bytes:
    # Half a surrogate pair, from an odd file name, is written as the escape that JSON has for it.
    return text.encode(errors="backslashreplace")


def _file(file: File) -> str:
    """One file; fields that say nothing are left out, as there may be many files."""
    said = {name: _value(value) for name in FIELDS[File] if (value := getattr(file, name)) != DEFAULTS[File].get(name)}
    return f"        {{\n          {_FILE.encode(said)[1:-1]}\n        }}"


def _printed(value: Any, margin: str) -> str:
    """As `json.dumps` with an indent of two spaces would print it; the standard library's is not compiled, and slow."""
    if isinstance(value, str):
        return encode_basestring(value)
    inner = f"{margin}  "
    if isinstance(value, dict) and value:
        lines = [f"{inner}{encode_basestring(name)}: {_printed(entry, inner)}" for name, entry in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{margin}}}"
    if isinstance(value, list) and value:
        lines = [f"{inner}{_printed(entry, inner)}" for entry in value]
        return "[\n" + ",\n".join(lines) + f"\n{margin}]"
    if type(value) is int:
        return str(value)
    if value is None or type(value) is bool:
        return LITERALS[value]
    return "[]" if value == [] else _LEAF.encode(value)


def _plain(noun: Any) -> dict[str, Any]:
    """A noun as JSON values, in the order of its fields."""
    return {name: _value(getattr(noun, name)) for name in FIELDS[type(noun)]}


def _value(value: Any) -> Any:
    if type(value) in AS_IT_IS:
        return value
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_value(entry) for entry in value]
    return _plain(value) if dataclasses.is_dataclass(value) else value


def _defaults(kind: type) -> dict[str, Any]:
    """What a field is when nothing is said."""
    found = {}
    for field in dataclasses.fields(kind):
        if field.default is not dataclasses.MISSING:
            found[field.name] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            found[field.name] = field.default_factory()
    return found


NOUNS: tuple[type, ...] = (Spec, AccountKey, Trouble, Amendment, Session, Transfer, File)
HINTS = {kind: get_type_hints(kind) for kind in NOUNS}
DEFAULTS = {kind: _defaults(kind) for kind in NOUNS}
FIELDS = {kind: [name for name in HINTS[kind] if name not in LEFT_OUT.get(kind, ())] for kind in NOUNS}
LITERALS = {None: "null", True: "true", False: "false"}
AS_IT_IS = frozenset({str, int, bool, type(None)})


# -- document to rows ------------------------------------------------------------------------------------------------


def is_ours(head: bytes) -> bool:
    """True for the beginning (HEAD bytes are enough) of a file that cagelab-bridge wrote."""
    return head.lstrip().startswith(b'{\n  "about": "') and f'"format": "{FORMAT}"'.encode() in head


def owner(head: bytes) -> str:
    """The id of the session whose record begins like that; "" when it is not ours or does not say it."""
    _, found, rest = head.partition(b'"session": {\n    "id": "')
    return rest.partition(b'"')[0].decode(errors="replace") if found and is_ours(head) else ""


def read(data: bytes) -> Record:
    """What a document says; paths are those of the folder it was written in (see `placed`).

    Raises InvalidInput for anything that `render` does not write: nothing is guessed.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise _damaged(f"it is not JSON ({problem})") from problem
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _damaged("it is no session record")
    if document.get("version") != VERSION:
        raise InvalidInput(
            f"It has version {document.get('version')!r}; this bridge knows {VERSION}.",
            about="record",
            hint="Recover it with the bridge that wrote it, or a newer one.",
        )
    session = _noun(Session, document.get("session"), {})
    transfers, files = [], []
    for entry in _dicts(document.get("transfers")):
        own = _dicts(entry.pop("files", None))
        transfer = _noun(Transfer, entry, {"session_id": session.id})
        paths = tuple(_joined(session.folder, path) for path in transfer.paths)
        transfers.append(dataclasses.replace(transfer, paths=paths))
        files += [_read_file(one, transfer, session.folder) for one in own]
    return Record(
        session=session,
        transfers=tuple(transfers),
        files=tuple(files),
        bridge_version=str(document.get("bridge_version")),
        host=str(document.get("host")),
    )


def placed(record: Record, folder: str) -> Record:
    """The same record, for a session whose folder was moved there."""

    def moved(path: str) -> str:
        return posixpath.normpath(f"{folder}/{posixpath.relpath(path, record.session.folder)}")

    return dataclasses.replace(
        record,
        session=dataclasses.replace(record.session, folder=folder),
        transfers=tuple(
            dataclasses.replace(transfer, paths=tuple(moved(path) for path in transfer.paths))
            for transfer in record.transfers
        ),
        files=tuple(dataclasses.replace(file, path=f"{folder}/{file.relative_path}") for file in record.files),
    )


def _read_file(entry: dict[str, Any], transfer: Transfer, folder: str) -> File:
    place = {"transfer_id": transfer.id, "session_id": transfer.session_id}
    path = _joined(folder, entry.get("relative_path"))
    return _noun(File, entry, place | {"path": path, "bytes_sent": 0})


def _noun(kind: type[T], entry: Any, given: dict[str, Any]) -> T:
    """A noun, checked field by field; `given`: fields the document leaves out."""
    if not isinstance(entry, dict):
        raise _damaged(f"a {kind.__name__.lower()} is missing")
    hints = HINTS[kind]
    unknown = entry.keys() - (hints.keys() - given.keys())
    missing = hints.keys() - entry.keys() - given.keys() - DEFAULTS[kind].keys()
    if unknown or missing:
        raise _damaged(f"fields of a {kind.__name__.lower()} are wrong: {', '.join(sorted(unknown | missing))}")
    return kind(**given, **{name: _checked(hints[name], value, name) for name, value in entry.items()})


def _checked(hint: Any, value: Any, name: str) -> Any:
    """The value, if it is of that type. Raises InvalidInput."""
    choices = get_args(hint)
    if get_origin(hint) is types.UnionType:  # X | None
        return None if value is None else _checked(choices[0], value, name)
    if get_origin(hint) is tuple and isinstance(value, list):
        return tuple(_checked(choices[0], entry, name) for entry in value)
    if dataclasses.is_dataclass(hint):
        return _noun(hint, value, {})  # type: ignore[arg-type]  # the hint of a field of ours is a class
    if isinstance(hint, type) and issubclass(hint, StrEnum) and value in list(hint):
        return hint(value)
    # True is an int, but not a count; SQLite holds 64 bits.
    if type(value) is not hint or (isinstance(value, int) and not -(2**63) <= value < 2**63):
        raise _damaged(f"{name} is {value!r}"[:200])
    return value


def _dicts(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise _damaged("a list is missing")
    return value


def _joined(folder: str, path: Any) -> str:
    """An absolute path, if the relative one stays in the session folder: nothing else is ever read."""
    if not isinstance(path, str) or "\0" in path or path.startswith("/") or posixpath.normpath(path) != path:
        raise _damaged(f"a path is {path!r}"[:200])
    if path.split("/")[0] == "..":
        raise _damaged(f"the path {path!r} leads out of the session folder"[:200])
    return folder if path == "." else f"{folder}/{path}"


def _damaged(why: str) -> InvalidInput:
    return InvalidInput(
        f"It cannot be used: {why}.", about="record", hint="Look at the file; a copy of it may be in a backup."
    )
