"""Threads for blocking work that never hold up the end of the process."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import platform
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")
_Job = Callable[[], Callable[[], object]]  # does the work; what it returns tells the outcome
HAND_OVER = 0.0005  # seconds
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
        self._lock = threading.Lock()
        self._threads = 0
        self._unfinished = 0  # jobs, waiting ones too

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Run it in a thread; its outcome as a future."""
        future: Future[T] = Future()
        self._take(partial(_fulfil, future, partial(fn, *args, **kwargs)))
        return future

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run it in a thread; its outcome as a future of the running event loop, for half of what `submit` costs there.

        Work whose future was cancelled before its turn came is not begun.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._take(partial(_fulfil_in_loop, loop, future, work))
        return future

    def _take(self, job: _Job) -> None:
        self._jobs.put(job)
        with self._lock:
            self._unfinished += 1
            if self._threads < min(self._unfinished, self._most):
                self._threads += 1
                threading.Thread(target=self._work, name="bridge", daemon=True).start()

    def _work(self) -> None:
        if self._calm:
            step_back()
        while True:
            job = self._jobs.get()
            tell = job()
            with self._lock:  # before it is told: what is asked for next finds this thread free, and starts no other
                self._unfinished -= 1
            tell()
            del job, tell


def _fulfil(future: Future[T], work: Callable[[], T]) -> Callable[[], object]:
    """Do the work; the call that tells its outcome."""
    if not future.set_running_or_notify_cancel():
        return _say_nothing
    try:
        return partial(future.set_result, work())
    except BaseException as problem:  # noqa: BLE001 - belongs to the one who waits for the future
        return partial(future.set_exception, problem)
    finally:
        del future  # a problem remembers this frame, and would be remembered by it: both would stay in memory


def _fulfil_in_loop(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[T], work: Callable[[], T]
) -> Callable[[], object]:
    """The same for a future of an event loop, which is told in that loop's thread."""
    if future.cancelled():
        return _say_nothing
    try:
        return partial(_tell, loop, partial(_settle, future, work()))
    except BaseException as problem:  # noqa: BLE001 - belongs to the one who waits for the future
        return partial(_tell, loop, partial(_fail, future, problem))
    finally:
        del future


def _say_nothing() -> None:
    """Nobody waits for what was not begun."""


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended, and with it all who waited
        loop.call_soon_threadsafe(call)


def _settle(future: asyncio.Future[T], result: T) -> None:
    if not future.done():  # given up while the work went on
        future.set_result(result)


def _fail(future: asyncio.Future[T], problem: BaseException) -> None:
    if isinstance(problem, StopIteration):  # which no future takes: who waits would wait for ever
        problem, cause = RuntimeError("work in a thread raised StopIteration"), problem
        problem.__cause__ = cause
    if not future.done():
        future.set_exception(problem)


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
