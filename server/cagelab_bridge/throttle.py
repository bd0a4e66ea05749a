"""How fast bytes may go to the stores and come from them."""

from __future__ import annotations

import threading
from collections.abc import Callable

AT_ONCE = 0.25  # seconds of bytes that may go without a wait: as many as a network's own queues even out


class Throttle:
    """Shared by all threads that send and receive. It counts what passed and says how long to wait for it."""

    def __init__(self, monotonic: Callable[[], float], pause: Callable[[float], None]) -> None:
        """`monotonic`: seconds that never jump; `pause` waits so many."""
        self._monotonic = monotonic
        self._pause = pause
        self._lock = threading.Lock()
        self._rate = 0.0
        self._free_at = 0.0  # when all that passed is paid for

    def limit(self, bytes_per_second: float) -> None:
        """From now on; 0 for no limit."""
        with self._lock:
            self._rate = bytes_per_second

    def slice(self, largest: int) -> int:
        """How many bytes to send at once: few where few may pass, so that others get their turn in between."""
        rate = self._rate
        return max(16 * 1024, min(largest, int(rate * AT_ONCE / 4))) if rate else largest

    def passed(self, count: int) -> float:
        """So many bytes are about to pass: wait until they may; the seconds that took."""
        with self._lock:
            rate = self._rate
            if not rate:
                return 0.0
            now = self._monotonic()
            self._free_at = max(self._free_at, now - AT_ONCE) + count / rate
            wait = self._free_at - now
        if wait > 0:
            self._pause(wait)
        return max(wait, 0.0)
