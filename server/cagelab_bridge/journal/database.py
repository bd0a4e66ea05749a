"""The journal's SQLite file: opening, lock, migrations, named statements, transactions."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import re
import sqlite3
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import IO, Any, TypeVar

import cagelab_bridge
from cagelab_bridge.durable import force
from cagelab_bridge.errors import AlreadyRunning, JournalTrouble
from cagelab_bridge.journal.ballast import Ballast, warning
from cagelab_bridge.journal.refusals import Cause, cause_of, told

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
T = TypeVar("T")
REMEMBERED = 1000  # nouns and lists kept between two changes
STATEMENTS = 256  # prepared ones kept: more than there are


class Database:
    """One connection, used from one thread; the file is locked against a second bridge.

    `edge` is called with a name before and after each commit; the simulator crashes there.
    """

    def __init__(
        self, folder: Path, version: str = "", edge: Callable[[str], None] | None = None, *, ballast: int = 0
    ) -> None:
        """Open (or make) `folder/journal.db`, and set `ballast` bytes aside for the day when the disk is full.

        Raises AlreadyRunning when another process holds it, JournalTrouble when it is damaged or cannot be written.
        """
        self._edge = edge or (lambda _name: None)
        self._touched: list[tuple[str, str]] = []
        self._within = False  # a transaction
        self._known: dict[tuple[str, object], Any] = {}
        self._known_of = 0  # changes made when it was read
        self._version = version or cagelab_bridge.__version__
        self.listeners: list[Listener] = []
        self.path = folder / "journal.db"
        self._ballast = Ballast(folder, ballast)
        self._statements = _statements()
        with told(folder):
            _make(folder)
            self._ballast.give_up(certain=False)
        try:
            self._lock, self._connection = self._open(folder)
        except JournalTrouble as trouble:
            if not self._ballast.give_up(certain=cause_of(trouble) is Cause.FULL):
                raise
            self._lock, self._connection = self._open(folder)
        self._broken = False
        self._ballast.take()

    def _open(self, folder: Path) -> tuple[IO[str], sqlite3.Connection]:
        with told(folder):
            lock = _locked(folder)
        try:
            return lock, self._connect()
        except BaseException:
            lock.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        """A connection to a file that was checked and is of this version."""
        with told(self.path):
            connection = sqlite3.connect(self.path, isolation_level=None, cached_statements=STATEMENTS)
            try:
                connection.row_factory = sqlite3.Row
                self._settle(connection)
                self._migrate(connection)
            except BaseException:
                connection.close()
                raise
            return connection

    def _settle(self, connection: sqlite3.Connection) -> None:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        sync = connection.execute("PRAGMA synchronous").fetchone()[0]
        if (mode, sync) != ("wal", 2):
            raise JournalTrouble(
                f"The disk of {self.path} cannot hold the journal (mode {mode}, synchronous {sync}).",
                hint="Put the state folder on a local disk (CAGELAB_BRIDGE_STATE).",
            )
        found = connection.execute("PRAGMA quick_check").fetchone()[0]
        if found != "ok":
            said = " ".join(str(found).split())
            raise JournalTrouble(f"The journal {self.path} is damaged: {said}.", hint=Cause.DAMAGED.value)

    def _migrate(self, connection: sqlite3.Connection) -> None:
        """Bring an older file forward; rows in flight are kept. Each step records which program applied it."""
        run = connection.execute
        if run("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            run(f"PRAGMA application_id = {APPLICATION_ID}")
        run(
            "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
            "version TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT"
        )
        done = {row[0] for row in run("SELECT number FROM migration")}
        for name, text in _steps():
            number = int(name.split("-", 1)[0])
            if number not in done:
                record = f"INSERT INTO migration VALUES ({number}, '{name}', '{self._version}', datetime('now'))"  # noqa: S608  # our own file names
                connection.executescript(f"BEGIN IMMEDIATE;\n{text}\n{record};\nCOMMIT;")

    def _reopen(self) -> None:
        """After an I/O error nothing the old connection or the kernel remembers is believed.

        Linux reports a failed fsync once and then calls the same pages clean, so that a second fsync "succeeds" without
        writing them. Closing carries what was really synced into the database and removes the log; a log that stays
        (the disk still fails) is written anew, so that no later commit stands on pages that never reached the disk.
        """
        self._broken = True
        with told(self.path):
            self._connection.close()
            _rewrite(self.path.with_name(f"{self.path.name}-wal"))
        self._connection = self._connect()
        self._broken = False

    @property
    def warning(self) -> JournalTrouble | None:
        """What to tell the operator: the disk was full, and the room set aside is used up; None when all is well."""
        return warning(self.path.parent) if self._ballast.missing else None

    def run(self, name: str, parameters: Mapping[str, Any] | None = None) -> sqlite3.Cursor:
        """Run the statement called `name` in queries/. Raises JournalTrouble."""
        if self._broken:
            self._reopen()
        with told(self.path):
            return self._connection.execute(self._statements[name], parameters or {})

    def noun(self, name: str, identity: str, made: Callable[[sqlite3.Row], T]) -> T | None:
        """What the statement `name` finds by that id, None for nothing."""
        return self.remembered(name, identity, lambda: self._noun(name, identity, made))

    def _noun(self, name: str, identity: str, made: Callable[[sqlite3.Row], T]) -> T | None:
        row = self.run(name, {"id": identity}).fetchone()
        return None if row is None else made(row)

    def remembered(self, name: str, about: object, read: Callable[[], T]) -> T:
        """What `read` finds. Delivery looks at the same few nouns and lists again and again: they are remembered, by
        name and what they are about, until this connection, the only one that writes, changes any row."""
        if self._broken:
            self._reopen()
        changes = self._connection.total_changes
        if changes != self._known_of or len(self._known) >= REMEMBERED:
            self._known.clear()
            self._known_of = changes
        key = (name, about)
        if key not in self._known:
            self._known[key] = read()
        found: T = self._known[key]
        return found

    def listed(
        self, name: str, made: Callable[[sqlite3.Row], T], parameters: Mapping[str, Any] | None = None
    ) -> list[T]:
        """What the statement `name` finds, remembered; whoever asks gets a list of their own."""
        wanted = parameters or {}
        read = functools.partial(self._listed, name, made, wanted)
        return list(self.remembered(name, tuple(wanted.values()), read))

    def _listed(self, name: str, made: Callable[[sqlite3.Row], T], wanted: Mapping[str, Any]) -> tuple[T, ...]:
        return tuple(made(row) for row in self.run(name, wanted))

    def touch(self, kind: str, identity: str) -> None:
        """Remember that a "session", "transfer" or "submission" changed; listeners hear of it after the commit."""
        self._touched.append((kind, identity))

    def transaction(self, name: str) -> contextlib.AbstractContextManager[None]:
        """Commit what happens inside durably, or none of it; transactions inside belong to the outer one.

        `name` says what is committed, for the simulator. Raises JournalTrouble when the disk is full, and so on.
        """
        return INNER if self._within else _Transaction(self, name)

    def begin(self, name: str) -> None:
        """What follows is one transaction."""
        self._edge(f"before {name}")
        if self._broken:
            self._reopen()
        try:
            with told(self.path):
                self._ballast.give_up(certain=False)
                self._connection.execute("BEGIN IMMEDIATE")
        except BaseException as problem:
            self.undo(problem)
            raise
        self._within = True

    def commit(self, name: str) -> None:
        """All of it is on the disk; then those who listen hear of it."""
        try:
            with told(self.path):
                self._connection.execute("COMMIT")
        except BaseException as problem:
            self.undo(problem)
            raise
        self._within = False
        self._ballast.take()
        self._edge(f"after {name}")
        touched, self._touched = list(dict.fromkeys(self._touched)), []
        for kind, identity in touched:
            for listener in list(self.listeners):
                listener(kind, identity)

    def undo(self, problem: BaseException) -> None:
        """None of it happened, because of that."""
        self._within = False
        self._touched.clear()
        self._recover(problem)

    def _recover(self, problem: BaseException) -> None:
        """Nothing of the transaction stays. A full disk is given some room; after an I/O error all is opened anew."""
        cause = cause_of(problem)
        self._known.clear()  # what was read within is not true any more
        if not self._broken and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        if cause in (Cause.FULL, Cause.FAILED):
            self._ballast.give_up(certain=cause is Cause.FULL)
        if cause is Cause.FAILED and not self._broken:
            self._reopen()

    def close(self) -> None:
        """Close the file and give the lock back."""
        self._connection.close()
        self._lock.close()


class _Transaction:
    """A transaction as a block. A class, as `told` is: there are many, and contextlib's way is slow."""

    __slots__ = ("_database", "_name")

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    def __enter__(self) -> None:
        self._database.begin(self._name)

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> None:
        if problem is None:
            self._database.commit(self._name)
        else:
            self._database.undo(problem)


INNER: contextlib.AbstractContextManager[None] = contextlib.nullcontext()  # belongs to the one around it


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
    try:
        os.ftruncate(lock.fileno(), 0)
        os.write(lock.fileno(), f"{os.getpid()}\n".encode())  # past the file's buffer, which close() would write again
    except OSError:
        lock.close()
        raise
    return lock


@cache
def _statements() -> dict[str, str]:
    """The statements of queries/*.sql by name."""
    found: dict[str, str] = {}
    for file in resources.files(__package__).joinpath("queries").iterdir():
        parts = re.split(r"^-- name: (\w+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        found |= {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}
    return found


@cache
def _steps() -> list[tuple[str, str]]:
    """The names and texts of migrations/*.sql, in order."""
    files = resources.files(__package__).joinpath("migrations").iterdir()
    return sorted((file.name, file.read_text(encoding="utf-8")) for file in files if file.name.endswith(".sql"))


def _make(folder: Path) -> None:
    """Make the folder and its parents; their names are forced to disk, or a power cut could take all of it."""
    if folder.is_dir():
        return
    if not folder.parent.is_dir():
        _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    force(folder.parent)


def _rewrite(log: Path) -> None:
    """Put a copy that is certainly on the disk into the place of a write-ahead log; nothing where there is none."""
    if not log.exists():
        return
    copy = log.with_name(f"{log.name}-copy")
    with copy.open("wb") as file:
        file.write(log.read_bytes())
        file.flush()
        os.fsync(file.fileno())
    copy.replace(log)
    force(log.parent)
