"""What a disk may hold after the power went: a model of files, folders and the cache in front of them.

What was written is certain only once the file was synced; until then each write, and each 512-byte sector of it, may
have reached the disk or not, in any order. A name in the folder is certain only once the folder was synced. A sync that
failed promises nothing ever again for what it should have written (Linux then calls those pages clean).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum

SECTOR = 512  # bytes
LOGS = ("-wal", "-journal")
Image = dict[str, bytes]  # content of each file by name


class Fate(Enum):
    """What is known of a write."""

    OPEN = "may be on the disk"
    SURE = "is on the disk"
    LOST = "its sync failed: may be on the disk, and no later sync changes that"


@dataclass
class Change:
    """One write, or (data None) one truncation to `offset`."""

    offset: int
    data: bytes | None
    fate: Fate = Fate.OPEN

    def covers(self, other: Change) -> bool:
        """True when nothing of the other one is left under this one."""
        if self.data is None or other.data is None:
            return False
        ends = (self.offset + len(self.data), other.offset + len(other.data))
        return self.offset <= other.offset and ends[0] >= ends[1]


@dataclass
class Content:
    """A file: what is certainly on the disk, and what came later."""

    base: bytearray = field(default_factory=bytearray)
    changes: list[Change] = field(default_factory=list)
    synced: bool = False  # once at least: SQLite syncs the folder with the first sync of a log

    def sync(self) -> None:
        """All that is still open is on the disk."""
        for change in self.changes:
            if change.fate is Fate.OPEN:
                change.fate = Fate.SURE
        kept = [
            change
            for place, change in enumerate(self.changes)
            if change.fate is Fate.SURE or not any(later.covers(change) for later in self.changes[place + 1 :])
        ]
        if all(change.fate is Fate.SURE for change in kept):
            for change in kept:
                apply(self.base, change.offset, change.data)
            kept = []
        self.changes = kept
        self.synced = True

    def fail_sync(self) -> None:
        """The sync failed: what should have been written may never be."""
        for change in self.changes:
            if change.fate is Fate.OPEN:
                change.fate = Fate.LOST


def apply(content: bytearray, offset: int, data: bytes | None) -> None:
    """Write, or truncate."""
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


Policy = Callable[[bytearray, Change, random.Random], None]


def everything(content: bytearray, change: Change, _source: random.Random) -> None:
    """All of it reached the disk."""
    apply(content, change.offset, change.data)


def nothing(_content: bytearray, _change: Change, _source: random.Random) -> None:
    """None of it did."""


def some(content: bytearray, change: Change, source: random.Random) -> None:
    """Each write did or did not."""
    if source.random() < 0.5:
        apply(content, change.offset, change.data)


def torn(content: bytearray, change: Change, source: random.Random) -> None:
    """Each sector of a write did or did not; a part of it may come first, or a part of its end."""
    if change.data is None or source.random() < 0.3:
        some(content, change, source)
        return
    for start in range(0, len(change.data), SECTOR):
        if source.random() < 0.5:
            apply(content, change.offset + start, change.data[start : start + SECTOR])


POLICIES: dict[str, Policy] = {"all": everything, "none": nothing, "some": some, "torn": torn}


class Disk:
    """A folder of files, from operation to operation."""

    def __init__(self, image: Image | None = None) -> None:
        self._names = {name: Content(bytearray(data)) for name, data in (image or {}).items()}
        self._choices: dict[str, list[Content | None]] = {}
        self._sync_folder()

    def _sync_folder(self) -> None:
        """The names are on the disk as they are."""
        self._choices = {name: [content] for name, content in self._names.items()}

    def _of(self, name: str) -> Content:
        if name not in self._names:
            self._names[name] = Content()
            self._choices.setdefault(name, [None]).append(self._names[name])
        return self._names[name]

    def write(self, name: str, offset: int, data: bytes | None) -> None:
        """A write, or a truncation."""
        self._of(name).changes.append(Change(offset, data))

    def sync(self, name: str) -> None:
        """fsync of a file."""
        content = self._of(name)
        first = not content.synced
        content.sync()
        if first and name.endswith(LOGS):
            self._sync_folder()

    def fail_sync(self, name: str) -> None:
        """fsync of a file answered EIO."""
        self._of(name).fail_sync()

    def delete(self, name: str, *, synced: bool) -> None:
        """A file is removed; `synced`: and the folder forced to disk."""
        if self._names.pop(name, None) is not None:
            self._choices.setdefault(name, []).append(None)
        if synced:
            self._sync_folder()

    def replace(self, name: str, data: bytes) -> None:
        """Another file took its place, and all of it was forced to disk."""
        self._names[name] = Content(bytearray(data), synced=True)
        self._sync_folder()

    def after_power_cut(self, policy: str, source: random.Random) -> Image:
        """The files as they may be found."""
        image: Image = {}
        for name, choices in self._choices.items():
            place = {"all": -1, "none": 0}.get(policy, source.randrange(len(choices)))
            content = choices[place]
            if content is not None:
                image[name] = bytes(_found(content, POLICIES[policy], source))
        return image


def _found(content: Content, policy: Policy, source: random.Random) -> bytearray:
    found = bytearray(content.base)
    for change in content.changes:
        (everything if change.fate is Fate.SURE else policy)(found, change, source)
    return found


def rounds(repeats: int) -> Iterator[str]:
    """The policies to look at for each cut: the two extremes once, chance `repeats` times each."""
    yield from ("all", "none")
    for _ in range(repeats):
        yield from ("some", "torn")
