"""What a call is compared with, measured beside it: an empty call, a durable commit, a durable folder."""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cagelab_bridge.durable import force
from cagelab_bridge.journal.journal import Journal
from tests.acceptance.bridge import PATIENCE
from tests.benchmarks.table import Row

QUIET = 0.03  # seconds
HARDLY = 1e6  # nanoseconds of processor time
TRANSFER = """INSERT INTO transfer (id, session_id, paths, repository, accepted_at)
VALUES (:id, '', '["/data/Lab/Subjects/TestSubject/2026-11-20/001/raw_behavior_data"]', '',
    '2026-11-20T09:00:00.000000Z')"""
REQUEST = """INSERT INTO request (method, id, digest, outcome, accepted_at)
VALUES ('UploadFiles', :id, :digest, :id, '2026-11-20T09:00:00.000000Z')"""


def taken(work: Callable[[], object]) -> float:
    """Seconds of it."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def rest(pid: int) -> None:
    """Wait until a process has nothing to do, and waits for no disk."""
    until, before = time.monotonic() + PATIENCE, -HARDLY
    while time.monotonic() < until:
        threads = _threads(pid)
        used = sum(time_used for _, time_used in threads)
        if used - before < HARDLY and all(state not in "RD" for state, _ in threads):
            return
        before = used
        time.sleep(QUIET)  # the span that is looked at
    raise RuntimeError("the bridge never came to rest")


def _threads(pid: int) -> list[tuple[str, int]]:
    """State ("S" sleeps, "R" runs, "D" waits for a disk) and nanoseconds of processor time of each thread."""
    found = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            state = (thread / "stat").read_text().rpartition(")")[2].split()[0]
            found.append((state, int((thread / "schedstat").read_text().split()[0])))
    return found


class Disk:
    """Durable steps on the disk of the journal."""

    def __init__(self, database: sqlite3.Connection, place: Path) -> None:
        self._database = database
        self._place = place
        self._numbers = itertools.count(1)

    def commit(self) -> None:
        """What SQLite takes for the rows of one UploadFiles: as the journal writes them, with its indices."""
        identity = str(uuid.uuid4())
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute(TRANSFER, {"id": identity})
        self._database.execute(REQUEST, {"id": identity, "digest": 2 * identity})
        self._database.execute("COMMIT")

    def folder(self) -> None:
        """A folder whose name is on the disk, as each session needs one."""
        path = self._place / f"{next(self._numbers):03d}"
        os.mkdir(path)
        force(self._place)


@contextlib.contextmanager
def disk(folder: Path) -> Iterator[Disk]:
    """A journal of its own in that folder: write-ahead log, synchronous=FULL."""
    place = folder / "beside"
    place.mkdir()
    Journal(place).close()
    with contextlib.closing(sqlite3.connect(place / "journal.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        yield Disk(database, place)


@dataclass
class Case:
    """Seconds of each call, and of what went before it. `commit`, `folder`: of calls that make something durable."""

    name: str
    ours: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)
    commit: list[float] = field(default_factory=list)
    folder: list[float] = field(default_factory=list)

    def rows(self, door: str) -> list[Row]:
        """p50 and p99: the call's without its durable steps, beside the empty call's."""
        return [self._row(f"{door} {self.name} {word}", share) for word, share in (("p50", 0.5), ("p99", 0.99))]

    def _row(self, case: str, share: float) -> Row:
        steps = {"commit": self.commit, "folder": self.folder}
        durable = {name: _quantile(seconds, share) for name, seconds in steps.items() if seconds}
        said = " and ".join(f"one durable {name} of {1000 * seconds:.2f} ms" for name, seconds in durable.items())
        return Row(
            case=case,
            unit="ms",
            ours=1000 * (_quantile(self.ours, share) - sum(durable.values())),
            peers={"empty call": 1000 * _quantile(self.empty, share)},
            bound=3.0,
            limit=f"after {said}" if said else "",
        )


def _quantile(seconds: Sequence[float], share: float) -> float:
    ordered = sorted(seconds)
    return ordered[math.ceil(len(ordered) * share) - 1]


def most_resident(pid: int) -> float:
    """The most memory a process ever had, in megabytes (VmHWM)."""
    for line in (Path("/proc") / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmHWM")
