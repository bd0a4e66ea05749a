"""Threads for blocking work that never hold up the end of the process."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

T = TypeVar("T")
_Job = tuple["Future[Any]", Callable[[], Any]]


class DaemonThreads(Executor):
    """Like ThreadPoolExecutor, with daemon threads.

    The standard pool is joined at the end of the program: a thread that waits for a store which does not answer would
    keep a stopped bridge alive for minutes. What such a thread would have done, the next start does.
    """

    def __init__(self, most: int) -> None:
        """`most`: threads at the same time; started when they are needed."""
        self._most = most
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
