"""The simulated computer: virtual time, seeded chance and ids, files in memory, threads run inline."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from cagelab_bridge.errors import FileChanged, FileUnreadable, FileVanished, JournalTrouble
from cagelab_bridge.ports import Files, FileStat
from tests.simulation.chaos import Chaos

T = TypeVar("T")
BEGIN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass
class Content:
    """A file: its bytes, when it changed (virtual seconds), a serial that stands for its inode."""

    data: bytes
    changed: float
    inode: int


class SimulatedFiles:
    """`ports.Files` in memory; survives the bridge's crashes, as a disk does."""

    def __init__(self, chaos: Chaos, now: Callable[[], float]) -> None:
        self._chaos = chaos
        self._now = now
        self.files: dict[str, Content] = {}
        self.folders: set[str] = set()
        self.versions: dict[str, list[bytes]] = {}

    def write(self, path: str, data: bytes) -> None:
        """What the experiment does."""
        old = self.files.get(path)
        self.files[path] = Content(data, self._now(), old.inode if old else len(self.files) + 1)
        self.versions.setdefault(path, []).append(data)

    def stat(self, path: str) -> FileStat | None:
        """See ports.Files."""
        content = self.files.get(path)
        if content is None:
            return None
        stamp = int((BEGIN.timestamp() + content.changed) * 1e9)
        return FileStat(size=len(content.data), mtime_ns=stamp, ctime_ns=stamp, inode=content.inode)

    def resolved(self, path: str) -> str:
        """See ports.Files."""
        return path

    def is_folder(self, path: str) -> bool:
        """See ports.Files."""
        return path in self.folders

    def list_folders(self, path: str) -> list[str]:
        """See ports.Files."""
        prefix = path.rstrip("/") + "/"
        return sorted({name[len(prefix) :].split("/")[0] for name in self.folders if name.startswith(prefix)})

    def walk(self, path: str) -> list[str]:
        """See ports.Files."""
        return sorted(name for name in self.files if name.startswith(path.rstrip("/") + "/"))

    def make_folder(self, path: str) -> bool:
        """See ports.Files."""
        if path in self.folders:
            return False
        parts = path.split("/")
        self.folders |= {"/".join(parts[: count + 1]) for count in range(1, len(parts))}
        return True

    def read(self, path: str, offset: int, count: int) -> bytes:
        """See ports.Files. The experiment may write just now."""
        content = self.files.get(path)
        if content is None:
            raise FileVanished(f"The file {path} is no longer there.")
        if offset and self._chaos.strikes("source_changed"):
            self.write(path, content.data[:-1] + bytes([content.data[-1] ^ 1]))
            content = self.files[path]
        return content.data[offset : offset + count]

    def find(self, path: str, name: str) -> tuple[list[str], list[str]]:
        """See ports.Files."""
        return [found for found in self.walk(path) if found.endswith("/" + name)], []

    def write_atomic(self, path: str, data: bytes | bytearray) -> None:
        """See ports.Files. The disk may be full."""
        if self._chaos.strikes("record_refused"):
            raise JournalTrouble("No room.", about="disk")
        self.files[path] = Content(bytes(data), self._now(), len(self.files) + 1)

    def write_new(self, path: str, data: bytes) -> None:
        """See ports.Files."""
        if path in self.files:
            raise FileUnreadable(f"{path} is there already.")
        self.write_atomic(path, data)

    def append(self, path: str, line: bytes) -> None:
        """See ports.Files."""
        old = self.files.get(path)
        if old is None:
            raise FileVanished(f"The file {path} is no longer there.")
        torn = b"" if not old.data or old.data.endswith(b"\n") else b"\n"
        self.files[path] = Content(old.data + torn + line + b"\n", self._now(), old.inode)

    def remove(self, path: str, stat: FileStat) -> None:
        """See ports.Files."""
        if self.stat(path) != stat:
            raise FileChanged(f"{path} changed just now.")
        del self.files[path]

    def put_back(self, path: str) -> None:
        """See ports.Files."""
        folder, _, name = path.rpartition("/")
        aside = self.files.pop(f"{folder}/.{name}.reclaiming", None)
        if aside is not None:
            self.files[path] = aside

    def being_written(self, _path: str) -> bool:
        """See ports.Files."""
        return False

    def copy(self, source: str, target: str) -> bool:
        """See ports.Files."""
        if target in self.files:
            return False
        if source not in self.files:
            raise FileVanished(f"The file {source} is no longer there.")
        self.write(target, self.files[source].data)
        self.files[target].changed = self.files[source].changed
        return True

    def force_to_disk(self, path: str) -> None:
        """See ports.Files."""

    def free_bytes(self, _path: str) -> int:
        """See ports.Files."""
        return 2**40


class SimulatedRuntime:
    """`ports.Runtime` in virtual time."""

    def __init__(self, chaos: Chaos, files: Files, processes: dict[int, int] | None = None) -> None:
        """`processes`: when each process of the computer began, by its id; whoever holds it starts and kills them."""
        self.boot = "boot"
        self.files = files
        self.processes = {} if processes is None else processes
        self._chaos = chaos
        self._jumped = timedelta()

    def now(self) -> datetime:
        """The wall clock, which may jump."""
        if self._chaos.strikes("clock_jumped"):
            self._jumped = timedelta(seconds=self._chaos.random.uniform(-3600, 3600))
        return BEGIN + timedelta(seconds=self.monotonic()) + self._jumped

    def monotonic(self) -> float:
        """Virtual seconds."""
        return asyncio.get_running_loop().time()

    def boot_id(self) -> str:
        """The computer stays up unless a test says otherwise."""
        return self.boot

    async def sleep(self, seconds: float) -> None:
        """Wait in virtual time."""
        await asyncio.sleep(seconds)

    def chance(self) -> float:
        """Seeded."""
        return self._chaos.random.random()

    def new_id(self) -> str:
        """Seeded."""
        return str(uuid.UUID(int=self._chaos.random.getrandbits(128), version=4))

    def process_started(self, pid: int) -> int | None:
        """What the test says."""
        return self.processes.get(pid)

    def pause(self, seconds: float) -> None:
        """Nothing waits in a thread: there are none."""

    async def in_calm_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """As in_thread: nobody is disturbed here."""
        return await self.in_thread(work, *arguments)

    def beside(self, first: Callable[[], object], second: Callable[[], object]) -> None:
        """One after the other."""
        first()
        second()

    async def in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """Inline, between two turns of the loop."""
        await asyncio.sleep(0)
        return work(*arguments)

    async def wait_for(self, awaitable: Awaitable[T], seconds: float) -> T:
        """In virtual time."""
        async with asyncio.timeout(seconds):
            return await awaitable
