"""An event loop whose time is virtual: waiting costs nothing."""

from __future__ import annotations

import asyncio
from typing import Any


class _Selector:
    """Has no sockets to wait for: it moves the clock to the next timer instead."""

    def __init__(self, now: float) -> None:
        self.now = now

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("everything waits for something that never comes")
        if timeout > 0.0:
            self.now += timeout
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """asyncio in virtual time. Without sockets: what is simulated has none, and making them is slow."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self._selector = _Selector(start)
        self._made: list[asyncio.Task[Any]] = []
        # A crash leaves tasks behind that nobody waits for: that is what it is.
        self.set_exception_handler(lambda _loop, _context: None)

    def time(self) -> float:
        """Virtual seconds; they do not begin at zero, for a moment must never look like "no moment"."""
        return self._selector.now

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """A task, remembered: `asyncio.all_tasks` looks through those of all loops there ever were."""
        task = super().create_task(coro, **options)
        self._made.append(task)
        return task

    def unfinished(self) -> list[asyncio.Task[Any]]:
        """Tasks that would go on."""
        return [task for task in self._made if not task.done()]

    def close(self) -> None:
        """Let go of the tasks, too."""
        self._made.clear()
        super().close()

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nothing sleeps that would have to be woken."""
