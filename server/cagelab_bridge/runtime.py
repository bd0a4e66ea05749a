"""The computer the bridge really runs on: its clock, chance, ids and threads."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import os
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import wait
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from cagelab_bridge.daemon_threads import DaemonThreads
from cagelab_bridge.errors import FileUnreadable
from cagelab_bridge.local_files import LocalFiles
from cagelab_bridge.ports import Files

# Linux's CLOCK_MONOTONIC stands still in a suspended computer; elsewhere there is only that one.
BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
THREADS = 32  # for what is short, and as many for reading and sending
SECOND_THREADS = 2  # for what a reading thread does beside itself
T = TypeVar("T")
PROC = Path("/proc")
DEAD = (b"Z", b"X", b"x")


class SystemRuntime:
    """`ports.Runtime` on the real machine."""

    def __init__(self) -> None:
        self.files: Files = LocalFiles()
        self._random = random.SystemRandom()
        self._threads = DaemonThreads(THREADS)
        self._calm_threads = DaemonThreads(THREADS, calm=True)
        self._second_threads = DaemonThreads(
            SECOND_THREADS, calm=True
        )  # of their own: nobody in there waits for another

    def now(self) -> datetime:
        """The wall clock, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never jump, and go on while the computer sleeps: a lease ends then too."""
        return time.clock_gettime(BOOT_CLOCK)

    def boot_id(self) -> str:
        """Linux's own; where there is none, the day the computer counts its time from, to the minute."""
        if BOOT_ID.is_file():
            return BOOT_ID.read_text(encoding="ascii").strip()
        return f"up since {round((time.time() - time.monotonic()) / 60)}"

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def chance(self) -> float:
        """Uniform in [0, 1)."""
        return self._random.random()

    def new_id(self) -> str:
        """A random UUID, dashed, lower case."""
        return str(uuid.uuid4())

    def process_started(self, pid: int) -> int | None:
        """When that process began, in the kernel's ticks since the boot; None when there is none, or a zombie.

        Where there is no /proc, 1 for every process there is: a number used again is not noticed.
        """
        if pid <= 0:
            return None
        if not PROC.is_dir():
            return 1 if _answers(pid) else None
        try:
            text = (PROC / str(pid) / "stat").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return None
        except OSError as problem:
            raise FileUnreadable(f"Process {pid} cannot be looked at: {problem.strerror}.") from problem
        # The name in field 2 may hold anything, ")" included; field 3 is the state, field 22 the time (man 5 proc).
        fields = text.rpartition(b")")[2].split()
        return None if fields[0] in DEAD else int(fields[19])

    def pause(self, seconds: float) -> None:
        """Wait, in a thread."""
        time.sleep(seconds)

    async def in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run blocking work outside the event loop."""
        return await _in(self._threads, work, *arguments)

    async def in_calm_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run long work outside the event loop, in a thread of low priority."""
        return await _in(self._calm_threads, work, *arguments)

    def beside(self, first: Callable[[], object], second: Callable[[], object]) -> None:
        """Do both, side by side where there are two processors; returns, or raises, when both are done."""
        if os.cpu_count() == 1:
            first()
            second()
            return
        other = self._second_threads.submit(second)
        try:
            first()
        finally:
            wait([other])
        other.result()

    async def wait_for(self, awaitable: Awaitable[T], seconds: float) -> T:
        """Wait at most so long; raises TimeoutError and cancels.

        In the caller's own task, which asyncio.wait_for of Python 3.11 is not: whatever that work awakens would have
        its turn before the answer.
        """
        async with asyncio.timeout(seconds):
            return await awaitable


async def _in(threads: DaemonThreads, work: Callable[..., T], *arguments: Any) -> T:
    context = contextvars.copy_context()
    return await threads.run(functools.partial(context.run, work, *arguments))


def _answers(pid: int) -> bool:
    """Whether a signal would find that process."""
    with contextlib.suppress(PermissionError):  # somebody else's, but there
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
