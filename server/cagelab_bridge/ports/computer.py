"""The computer the bridge runs on: time, chance, ids, threads, files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from cagelab_bridge.path_below import PathBelow

T = TypeVar("T")
Json = dict[str, Any]  # a decoded JSON object


@dataclass(frozen=True, kw_only=True)
class FileStat:
    """What identifies the present content of a file: bytes, nanoseconds, nanoseconds, inode."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class Files(Protocol):
    """The file system of this computer. Every method may block: call it through `Runtime.in_thread` where files are
    large or many. Raises FileVanished and FileUnreadable, and JournalTrouble where writing fails."""

    def stat(self, path: str) -> FileStat | None:
        """The stat of a regular file, or None where there is none (a link counts as none)."""

    def resolved(self, path: str) -> str:
        """The path without links; a path that does not exist is resolved as far as it does."""

    def is_folder(self, path: str) -> bool:
        """True for an existing folder."""

    def list_folders(self, path: str) -> list[str]:
        """Names of the folders directly below `path`; [] where it does not exist."""

    def walk(self, path: str) -> list[str]:
        """Absolute paths of all regular files below `path`, sorted; links are not followed."""

    def make_folder(self, path: str) -> bool:
        """Make `path` and its parents and force them to disk; False when `path` itself existed already."""

    def read(self, path: str, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset`."""

    def being_written(self, path: str) -> bool:
        """True when some process holds the file open for writing (Linux, same user: a lease probe; elsewhere False)."""

    def copy(self, source: str, target: str) -> bool:
        """Make `target` a copy of `source`, with its time of change: complete and on the disk, or not at all.

        False when there is a `target` already. Raises FileChanged when somebody writes to `source` meanwhile.
        """

    def force_to_disk(self, path: str) -> None:
        """fsync the file and its folder, so that a power cut cannot take what was accepted."""

    def free_bytes(self, path: str) -> int:
        """Free bytes on the disk that holds `path` (or its nearest existing parent)."""

    def find(self, path: str, name: str) -> tuple[list[str], list[str]]:
        """Absolute paths of the regular files called `name` below `path`, sorted, links not followed; and the folders
        that could not be looked into."""

    def write_atomic(self, path: str, data: bytes | bytearray) -> None:
        """Make or replace the file whole and durably: whoever reads it, at any moment and after a power cut, sees the
        old content or the new one. Its folder must exist."""

    def write_new(self, path: PathBelow, data: bytes) -> None:
        """Make a file whole and durably, and replace nothing: neither a file, nor a link or a folder of that name.
        Raises FileUnreadable where one is there."""

    def append(self, path: str, line: bytes) -> None:
        """Put a line behind what a file holds, durably. One that a power cut left without its end is ended first."""

    def remove(self, path: PathBelow, stat: FileStat) -> None:
        """Delete a file for good, durably, if it still is the very one of that stat, has no other name, and nobody has
        it open; whatever takes its place meanwhile stays. Raises FileChanged, FileBusy; FileUnreadable also where it
        cannot be told whether it is open."""

    def put_back(self, path: PathBelow) -> None:
        """Undo a `remove` that was killed before its end: the file has its name again, if it is not gone. Raises
        FileChanged where another file has the name by now: then both are kept."""


class Runtime(Protocol):
    """Time, chance, ids, threads and files of this computer."""

    files: Files

    def now(self) -> datetime:
        """The wall clock, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    def boot_id(self) -> str:
        """Names the present run of this computer's kernel; another one after each start of the computer."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    def chance(self) -> float:
        """Uniform in [0, 1)."""

    def new_id(self) -> str:
        """A random UUID, dashed, lower case (Alyx's json filter breaks on other forms of marker)."""

    def process_started(self, pid: int) -> int | None:
        """When that process of this computer began, in the kernel's ticks: with the pid it tells a process from a later
        one of the same number. None when there is none, or it is dead and only not yet buried."""

    def pause(self, seconds: float) -> None:
        """Wait; for work in a thread."""

    async def in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run blocking work outside the event loop."""

    async def in_calm_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """The same for reading and sending of files, which must not disturb an experiment: processor and disk belong to
        everybody else first."""

    def beside(self, first: Callable[[], object], second: Callable[[], object]) -> None:
        """Do both, side by side where there are two processors, as calmly as that; for work in a thread."""

    async def wait_for(self, awaitable: Awaitable[T], seconds: float) -> T:
        """Wait at most so long; raises TimeoutError and cancels."""


class Arrival(Protocol):
    """One file on its way to its place. Blocking."""

    count: int  # bytes that are here, those of earlier attempts included

    def take(self, data: bytes) -> None:
        """The next bytes."""

    def finish(self, size: int) -> str:
        """Prove it and give it its name, durably; what the proof rests on: "md5", "sha1" or, without a digest, "size".

        Raises WrongContent, and forgets what has come; WrongState when another file has the name."""

    def close(self) -> None:
        """Keep what has come for the next attempt."""


class Arrivals(Protocol):
    """Files that come from a store. Nothing that is there is replaced. Blocking; raises FileUnreadable, JournalTrouble
    when there is no room."""

    def present(self, path: str, size: int, digest: str) -> str:
        """What proves that the file is there already: "md5", "sha1", "size"; "" when there is none. `size`: bytes, -1
        for not known; `digest`: in hex, or "". Raises WrongState when there is another one."""

    def begin(self, root: str, relative_path: str, mark: str, digest: str) -> Arrival:
        """The file `relative_path` below `root`, hidden beside its place until it is finished; one that was begun with
        the same mark goes on. Raises InvalidInput for a path that leads out of `root`, FileBusy when somebody else
        brings it just now."""
