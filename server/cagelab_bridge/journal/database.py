"""The journal's SQLite file: opening, lock, migrations, named statements, transactions."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import IO, Any

import cagelab_bridge
from cagelab_bridge.errors import AlreadyRunning, JournalTrouble

APPLICATION_ID = 0x43616765  # "Cage": marks the file as ours
LOCK_NAME = "journal.lock"
# WAL with FULL is the only mode in which no acknowledged commit was lost in simulated power cuts (NORMAL and a
# rollback journal both lost some).
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 1000",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
)

Listener = Callable[[str, str], None]


class Database:
    """One connection, used from one thread; the file is locked against a second bridge.

    `edge` is called with a name before and after each commit; the simulator crashes there.
    """

    def __init__(self, folder: Path, version: str = "", edge: Callable[[str], None] | None = None) -> None:
        """Open (or make) `folder/journal.db`.

        Raises AlreadyRunning when another process holds it, JournalTrouble when it is damaged or cannot be written.
        """
        self._edge = edge or (lambda _name: None)
        self._touched: list[tuple[str, str]] = []
        self._depth = 0
        self.listeners: list[Listener] = []
        with _told(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = _locked(folder)
            self.path = folder / "journal.db"
            self._connection = sqlite3.connect(self.path, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            self._settle()
            self._migrate(version or cagelab_bridge.__version__)
        self._statements = _named(resources.files(__package__).joinpath("queries.sql").read_text(encoding="utf-8"))

    def _settle(self) -> None:
        for pragma in PRAGMAS:
            self._connection.execute(pragma)
        mode = self._connection.execute("PRAGMA journal_mode").fetchone()[0]
        sync = self._connection.execute("PRAGMA synchronous").fetchone()[0]
        if (mode, sync) != ("wal", 2):
            raise JournalTrouble(
                f"The disk of {self.path} cannot hold the journal (mode {mode}, synchronous {sync}).",
                hint="Put the state folder on a local disk (CAGELAB_BRIDGE_STATE).",
            )
        found = self._connection.execute("PRAGMA quick_check").fetchone()[0]
        if found != "ok":
            raise JournalTrouble(
                f"The journal {self.path} is damaged: {found}.",
                hint="Set it aside (do not delete it), start the bridge anew, and tell the person who runs it.",
            )

    def _migrate(self, version: str) -> None:
        """Bring an older file forward; rows in flight are kept. Each step records which program applied it."""
        run = self._connection.execute
        run(f"PRAGMA application_id = {APPLICATION_ID}")
        run(
            "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
            "version TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT"
        )
        done = {row[0] for row in run("SELECT number FROM migration")}
        steps = sorted(resources.files(__package__).joinpath("migrations").iterdir(), key=lambda step: step.name)
        for step in (step for step in steps if step.name.endswith(".sql")):
            number = int(step.name.split("-", 1)[0])
            if number not in done:
                record = f"INSERT INTO migration VALUES ({number}, '{step.name}', '{version}', datetime('now'))"  # noqa: S608  # our own file names
                text = step.read_text(encoding="utf-8")
                self._connection.executescript(f"BEGIN IMMEDIATE;\n{text}\n{record};\nCOMMIT;")

    def run(self, name: str, parameters: Mapping[str, Any] | None = None) -> sqlite3.Cursor:
        """Run the statement called `name` in queries.sql. Raises JournalTrouble."""
        with _told(self.path):
            return self._connection.execute(self._statements[name], parameters or {})

    def touch(self, kind: str, identity: str) -> None:
        """Remember that a "session", "transfer" or "submission" changed; listeners hear of it after the commit."""
        self._touched.append((kind, identity))

    @contextlib.contextmanager
    def transaction(self, name: str) -> Iterator[None]:
        """Commit what happens inside durably, or none of it; transactions inside belong to the outer one.

        `name` says what is committed, for the simulator. Raises JournalTrouble when the disk is full, and so on.
        """
        if self._depth:
            yield
            return
        self._edge(f"before {name}")
        with _told(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
            with _told(self.path):
                self._connection.execute("COMMIT")
        except BaseException:
            self._touched.clear()
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._depth = 0
        self._edge(f"after {name}")
        touched, self._touched = list(dict.fromkeys(self._touched)), []
        for kind, identity in touched:
            for listener in list(self.listeners):
                listener(kind, identity)

    def close(self) -> None:
        """Close the file and give the lock back."""
        self._connection.close()
        self._lock.close()


def _locked(folder: Path) -> IO[str]:
    """Hold the instance lock until the file is closed or the process ends."""
    lock = (folder / LOCK_NAME).open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as problem:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise AlreadyRunning(
            f"Another bridge (process {holder}) works on {folder} already.",
            hint="Use that one (`cagelab-bridge status`), stop it first, or give this one its own --state folder.",
        ) from problem
    lock.seek(0)
    lock.truncate()
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _named(text: str) -> dict[str, str]:
    """The statements of queries.sql by name."""
    parts = re.split(r"^-- name: (\w+)$", text, flags=re.MULTILINE)
    return {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


@contextlib.contextmanager
def _told(place: Path) -> Iterator[None]:
    """Turn SQLite's and the system's refusals into ours."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise  # a rule of the schema: a mistake of ours, not of the disk
    except (sqlite3.Error, OSError) as problem:
        raise JournalTrouble(f"The journal in {place} cannot be used: {problem}.") from problem
