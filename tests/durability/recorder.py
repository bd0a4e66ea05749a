"""The journal's own code on an SQLite whose every write, sync and removal is written down.

Python's sqlite3 has no way in; apsw has. `Connection` looks like sqlite3's as far as the journal uses it.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import apsw

from cagelab_bridge.journal import database

NAME = "recorder"
Event = tuple[Any, ...]  # what happened, to which file, …


class Row(dict[str, Any]):
    """A row by name or by place."""

    def __getitem__(self, key: str | int) -> Any:
        return list(self.values())[key] if isinstance(key, int) else super().__getitem__(key)

    def __iter__(self) -> Iterator[Any]:
        """The values, as sqlite3.Row gives them."""
        return iter(self.values())


class Cursor:
    """What one statement gave."""

    def __init__(self, cursor: apsw.Cursor, rowcount: int) -> None:
        self._cursor = cursor
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        values = next(self._cursor)
        return Row(zip([name for name, *_ in self._cursor.getdescription()], values, strict=True))

    def fetchone(self) -> Row | None:
        """The next row."""
        return next(self, None)


class Connection:
    """sqlite3.Connection over apsw; tells the recorder of each commit."""

    def __init__(self, path: Path, recorder: Recorder) -> None:
        self._connection = apsw.Connection(str(path), vfs=NAME)
        self._recorder = recorder
        self.row_factory: Any = None

    @property
    def in_transaction(self) -> bool:
        """See sqlite3."""
        return self._connection.in_transaction

    @property
    def total_changes(self) -> int:
        """See sqlite3."""
        return self._connection.total_changes()

    def execute(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Cursor:
        """See sqlite3."""
        with _told():
            if statement == "COMMIT":
                self._recorder.log.append(("intend", digest(self._connection.execute)))
            cursor = self._connection.execute(statement, {**(parameters or {})})
            if statement == "COMMIT":
                self._recorder.log.append(("committed",))
            return Cursor(cursor, self._connection.changes())

    def executescript(self, script: str) -> None:
        """See sqlite3."""
        with _told():
            self._connection.execute(script)

    def close(self) -> None:
        """See sqlite3; what goes wrong on the way is not told, as there."""
        with contextlib.suppress(apsw.Error):
            self._connection.close()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except apsw.Error as problem:
        told = sqlite3.OperationalError(str(problem))
        told.sqlite_errorcode = getattr(problem, "extendedresult", sqlite3.SQLITE_IOERR)
        raise told from problem


def digest(execute: Callable[[str], Any]) -> str:
    """What a journal holds, but for when and by whom it was migrated."""
    names = [row[0] for row in execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = hashlib.blake2b(digest_size=16)
    for name in names:
        if name != "migration":
            found.update(f"{name}{[tuple(row) for row in execute(f'SELECT * FROM {name}')]}".encode())
    return found.hexdigest()


class _File(apsw.VFSFile):
    def __init__(self, recorder: Recorder, name: Any, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path).name if path else ""
        self._recorder = recorder
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802  # the name SQLite gives it
        super().xWrite(data, offset)
        self._note("write", offset, bytes(data))

    def xTruncate(self, size: int) -> None:  # noqa: N802  # the name SQLite gives it
        super().xTruncate(size)
        self._note("write", size, None)

    def xSync(self, flags: int) -> None:  # noqa: N802  # the name SQLite gives it
        if self._recorder.failing > 0:
            self._recorder.failing -= 1
            self._note("fail sync")
            raise apsw.IOError("the disk failed")
        super().xSync(flags)
        self._note("sync")

    def _note(self, what: str, *more: Any) -> None:
        if self._name:
            self._recorder.log.append((what, self._name, *more))


class Recorder(apsw.VFS):
    """Everything SQLite does to the disk, in `log`; the next `failing` syncs fail."""

    def __init__(self) -> None:
        super().__init__(NAME, "")
        self.log: list[Event] = []
        self.failing = 0

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802  # the name SQLite gives it
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802  # the name SQLite gives it
        super().xDelete(filename, syncdir)
        self.log.append(("delete", Path(filename).name, bool(syncdir)))

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Journals opened inside are recorded."""
        rewrite = database._rewrite

        def rewritten(log: Path) -> None:
            before = log.stat().st_ino if log.exists() else 0
            rewrite(log)
            if before and log.stat().st_ino != before:
                self.log.append(("replace", log.name, log.read_bytes()))

        def connect(path: Path, **_options: Any) -> Connection:
            return Connection(path, self)

        with mock.patch.object(sqlite3, "connect", connect), mock.patch.object(database, "_rewrite", rewritten):
            yield
