"""How many requests a minute one user may send. Alyx ships 550; the stand-in counts only when told to."""

from __future__ import annotations

import math
from collections import deque
from datetime import datetime, timedelta

from .problems import Refused

WINDOW = timedelta(minutes=1)


class Throttle:
    """Counts each user's requests of the last minute; `limit` None lets everything pass."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self._seen: dict[str, deque[datetime]] = {}

    def admit(self, user: str, now: datetime) -> None:
        """Count a request. Raises 429 with Retry-After when the user sent too many."""
        if self.limit is None:
            return
        seen = self._seen.setdefault(user, deque())
        while seen and seen[0] <= now - WINDOW:
            seen.popleft()
        if len(seen) >= self.limit:
            oldest = seen[0] if seen else now
            wait = math.ceil((WINDOW - (now - oldest)).total_seconds())
            unit = "second" if wait == 1 else "seconds"
            sentence = f"Request was throttled. Expected available in {wait} {unit}."
            raise Refused(429, sentence, {"retry-after": str(wait)})
        seen.append(now)
