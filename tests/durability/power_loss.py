"""`python -m tests.durability power-loss --states N --seed S`: the power goes after every operation of the journal.

The real schema, statements and code of the journal run on an SQLite that records every write, sync and removal
(recorder.py). After each of them the power is cut: with all unsynced writes applied, with none, with some of them, and
torn at 512 bytes (disk.py). Each such disk is opened as the bridge opens it (integrity check included) and must hold
exactly what the last acknowledged commit left, or the one under way. Every so often the power goes again while the
journal recovers; in every third story some syncs fail, as a dying disk's do.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from cagelab_bridge.errors import JournalTrouble
from cagelab_bridge.journal import database
from cagelab_bridge.journal.journal import Journal
from tests.durability.disk import Disk, Image, rounds
from tests.durability.recorder import Event, Recorder, digest
from tests.durability.story import ANN, AT, Story

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
SESSIONS = 3  # in each story
AGAIN = 397  # the power goes once more while every so many-th disk recovers
STATES_PER_STORY = 2500  # about; for sharing the work


@dataclass
class Tally:
    """What was looked at, and what was found wrong."""

    states: int = 0
    distinct: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Sum up."""
        self.states += other.states
        self.distinct += other.distinct
        self.kinds += other.kinds
        self.wrong += other.wrong


class Cutter:
    """Cuts the power at every event of a recording."""

    def __init__(self, folder: Path, seed: int, repeats: int) -> None:
        self._folder = folder
        self._random = random.Random(seed)
        self._repeats = repeats
        self._known: dict[bytes, str] = {}
        self.tally = Tally()

    def cut(self, log: Sequence[Event], start: Image | None = None, acknowledged: str = "") -> None:
        """Look at every disk of a recording that began with `start`, which held `acknowledged`."""
        disk, allowed, last = Disk(start), {acknowledged} - {""}, ""
        for place, event in enumerate(log):
            what, *more = event
            if what == "intend":
                last = more[0]
                allowed |= {last} if allowed else set()  # before the first commit there is nothing to lose
                continue
            if what == "committed":
                allowed = {last}
                continue
            _happen(disk, what, more)
            for policy in rounds(self._repeats if start is None else 1):
                image = disk.after_power_cut(policy, self._random)
                where = f"{policy} at {place} of {len(log)} ({what} {more[0]})"
                self._look(image, allowed, f"again: {where}" if start else where, policy)
                if start is None and self.tally.states % AGAIN == 0 and allowed:
                    self._cut_again(image)

    def _look(self, image: Image, allowed: set[str], where: str, policy: str) -> None:
        self.tally.states += 1
        self.tally.kinds[policy if where.startswith(policy) else "again"] += 1
        found = self._found(image)
        if allowed and found not in allowed:
            self.tally.wrong.append(f"{where}: {found if found.startswith('refused') else 'not what was acknowledged'}")
        elif found.startswith("refused"):
            self.tally.wrong.append(f"{where}: {found}")

    def _found(self, image: Image) -> str:
        """What a bridge finds that starts on this disk."""
        key = hashlib.blake2b(b"".join(name.encode() + image[name] for name in sorted(image))).digest()
        if key not in self._known:
            self.tally.distinct += 1
            place = self._laid(image)
            try:
                journal = Journal(place)
            except JournalTrouble as trouble:
                self._known[key] = f"refused: {trouble}"
            else:
                self._known[key] = digest(journal._database._connection.execute)
                journal.close()
        return self._known[key]

    def _laid(self, image: Image) -> Path:
        place = self._folder / "cut"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name, data in image.items():
            (place / name).write_bytes(data)
        return place

    def _cut_again(self, image: Image) -> None:
        """Record how a bridge recovers on that disk and commits once, and cut the power in there."""
        found, place = self._found(image), self._laid(image)
        with recording() as recorder:
            journal = Journal(place)
            journal.accounts.proved(ANN, AT)
            journal.close()
        self.cut(recorder.log, image, found)


def _happen(disk: Disk, what: str, more: list[object]) -> None:
    name = str(more[0])
    if what == "write":
        disk.write(name, *more[1:])  # type: ignore[arg-type]  # as the recorder wrote it down
    elif what == "sync":
        disk.sync(name)
    elif what == "fail sync":
        disk.fail_sync(name)
    elif what == "delete":
        disk.delete(name, synced=bool(more[1]))
    else:
        disk.replace(name, *more[1:])  # type: ignore[arg-type]  # as the recorder wrote it down


class recording:  # noqa: N801  # used as a context manager, like a function
    """A recorder at work."""

    def __enter__(self) -> Recorder:
        self._recorder = Recorder()
        self._work = self._recorder.at_work()
        self._work.__enter__()
        return self._recorder

    def __exit__(self, *problem: object) -> None:
        self._work.__exit__(None, None, None)
        self._recorder.unregister()


def recorded(
    folder: Path, seed: int, pragmas: Sequence[str] = database.PRAGMAS, sessions: int = SESSIONS
) -> list[Event]:
    """What the disk saw of a story. Every other one checkpoints often, every third one meets syncs that fail."""
    if seed % 2:
        pragmas = [*pragmas, "PRAGMA wal_autocheckpoint = 20"]
    with recording() as recorder, mock.patch.object(database, "PRAGMAS", pragmas):

        def fail(source: random.Random) -> None:
            if source.random() < 0.08:
                recorder.failing = source.choice((1, 2, 6))

        story = Story(folder, seed, fail if seed % 3 == 0 else None)
        story.tell(sessions)
    return recorder.log


def look_at(seed: int, states: int, pragmas: Sequence[str] = database.PRAGMAS, sessions: int = SESSIONS) -> Tally:
    """Cut the power all along one story, in about so many ways."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        folder = Path(name)
        log = recorded(folder / "story", seed, pragmas, sessions)
        cuts = sum(event[0] not in ("intend", "committed") for event in log)
        cutter = Cutter(folder, seed, repeats=max(1, (states // cuts - 2) // 2))
        cutter.cut(log)
    cutter.tally.wrong = [f"seed {seed}: {text}" for text in cutter.tally.wrong]
    return cutter.tally


def campaign(states: int, seed: int, jobs: int = 1) -> Tally:
    """At least so many disks, over as many stories as that takes."""
    total = Tally()
    with ProcessPoolExecutor(jobs) as pool:
        for tally in _told(pool, seed, states, jobs, total):
            total.add(tally)
    return total


def _told(pool: ProcessPoolExecutor, seed: int, states: int, jobs: int, total: Tally) -> Iterator[Tally]:
    while total.states < states:
        seeds = range(seed, seed + jobs)
        seed += jobs
        yield from pool.map(look_at, seeds, [STATES_PER_STORY] * jobs)


def report(states: int, seed: int, jobs: int) -> int:
    """Run a campaign and print its figures; 0 when nothing is wrong."""
    began = time.monotonic()
    total = campaign(states, seed, jobs)
    kinds = ", ".join(f"{name} {count:,}" for name, count in sorted(total.kinds.items()))
    print(f"{total.states:,} disks after a power cut ({total.distinct:,} distinct), from seed {seed}: {kinds}")
    print(f"{len(total.wrong)} wrong, {time.monotonic() - began:.0f} s, SQLite {sqlite3.sqlite_version} recovering")
    for text in total.wrong[:10]:
        print(text)
    return 1 if total.wrong else 0
