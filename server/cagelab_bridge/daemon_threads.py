"""Threads for blocking work that never hold up the end of the process."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

T = TypeVar("T")
HAND_OVER = 0.0005  # seconds
_Job = tuple["Future[Any]", Callable[[], Any]]
NICE = 10  # an ordinary program gets nine times the processor of such a thread where both want it
# Numbers of the system call ioprio_set, which the C library has no name for; its arguments are those of
# linux/ioprio.h: one thread, and "best effort, last" (level 7 of class 2).
IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "i686": 289, "armv7l": 314, "riscv64": 30}
ONE_THREAD, LAST = 1, 2 << 13 | 7


class DaemonThreads(Executor):
    """Like ThreadPoolExecutor, with daemon threads.

    The standard pool is joined at the end of the program: a thread that waits for a store which does not answer would
    keep a stopped bridge alive for minutes. What such a thread would have done, the next start does.
    """

    def __init__(self, most: int, *, calm: bool = False) -> None:
        """`most`: threads at the same time; started when they are needed. `calm`: they step back for everybody else."""
        self._most = most
        self._calm = calm
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._free = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._count = 0

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Run it in a thread; its outcome as a future."""
        future: Future[T] = Future()
        self._jobs.put((future, lambda: fn(*args, **kwargs)))
        if not self._free.acquire(blocking=False):
            with self._lock:
                if self._count < self._most:
                    self._count += 1
                    threading.Thread(target=self._work, name="bridge", daemon=True).start()
        return future

    def _work(self) -> None:
        if self._calm:
            step_back()
        while True:
            future, job = self._jobs.get()
            if future.set_running_or_notify_cancel():
                try:
                    result = job()
                except BaseException as problem:  # noqa: BLE001 - belongs to the one who waits for the future
                    future.set_exception(problem)
                else:
                    future.set_result(result)
            del future, job
            self._free.release()


def hand_over_soon() -> None:
    """Let a thread that computes in Python give way after half a millisecond to another one that is ready.

    Python lets it go on for five: so long did a caller wait, each time the event loop came back from the journal or the
    network, while a list of files was printed beside it.
    """
    sys.setswitchinterval(HAND_OVER)


def step_back() -> None:
    """Let the calling thread have processor and disk after all others, for good: an ordinary user may not undo that.

    Linux has both for single threads; elsewhere nothing happens. A system that refuses is not worth stopping for.
    """
    if sys.platform != "linux":
        return
    thread = threading.get_native_id()
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, thread, NICE)
    number = IOPRIO_SET.get(platform.machine())
    if number is not None:
        ctypes.CDLL(None).syscall(number, ONE_THREAD, thread, LAST)
