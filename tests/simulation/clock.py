"""An event loop whose time is virtual: waiting costs nothing."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any


class _Selector(selectors.BaseSelector):
    """Never waits for a socket: it moves the clock to the next timer instead."""

    def __init__(self) -> None:
        self.now = 1000.0  # not zero: a moment must never look like "no moment"
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, 0, events, data)
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everything waits for something that never comes")
        self.now += max(0.0, timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio in virtual time."""

    def __init__(self, start: float) -> None:
        self._virtual = _Selector()
        self._virtual.now = start
        super().__init__(self._virtual)
        # A crash leaves tasks behind that nobody waits for: that is what it is.
        self.set_exception_handler(lambda _loop, _context: None)

    def time(self) -> float:
        return self._virtual.now
