"""An event loop whose time is virtual: waiting costs nothing."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from heapq import heappop, heappush
from typing import Any, TypeVarTuple

Ts = TypeVarTuple("Ts")


class VirtualLoop(asyncio.BaseEventLoop):
    """asyncio in virtual time. Without sockets: what is simulated has none, and making them is slow."""

    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self, start: float) -> None:
        super().__init__()
        self._now = start
        self._made: list[asyncio.Task[Any]] = []
        # A crash leaves tasks behind that nobody waits for: that is what it is.
        self.set_exception_handler(lambda _loop, _context: None)

    def time(self) -> float:
        """Virtual seconds; they do not begin at zero, for a moment must never look like "no moment"."""
        return self._now

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """A task, remembered: `asyncio.all_tasks` looks through those of all loops there ever were."""
        task = super().create_task(coro, **options)
        self._made.append(task)
        return task

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *arguments: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """As asyncio's own, without the looks for mistakes of its debug mode."""
        timer = asyncio.TimerHandle(when, callback, arguments, self, context)
        heappush(self._scheduled, timer)
        return timer

    def unfinished(self) -> list[asyncio.Task[Any]]:
        """Tasks that would go on."""
        return [task for task in self._made if not task.done()]

    def close(self) -> None:
        """Let go of the tasks, too."""
        self._made.clear()
        super().close()

    def _run_once(self) -> None:
        """One turn, as asyncio's own: what is due becomes ready, what is ready runs, what that makes ready waits. Where
        nothing is ready, the clock goes to the next timer."""
        ready, scheduled = self._ready, self._scheduled
        while scheduled and scheduled[0]._cancelled:
            heappop(scheduled)
        if not ready:
            if not scheduled:
                raise RuntimeError("everything waits for something that never comes")
            self._now = max(self._now, scheduled[0].when())
        while scheduled and scheduled[0].when() <= self._now:
            ready.append(heappop(scheduled))
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is dropped when its time comes."""

    def _write_to_self(self) -> None:
        """Nothing sleeps that would have to be woken."""
