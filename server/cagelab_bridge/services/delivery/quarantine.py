"""How long a request whose answer was lost may still be executed."""

from __future__ import annotations

from cagelab_bridge.errors import NotYet
from cagelab_bridge.ports import Runtime

LOOKS = 3  # times to look meanwhile whether it was executed after all


class Quarantine:
    """Alyx has no idempotency key: after a lost answer the bridge looks, and posts again only when it is certain that
    the first request is over. Counted on the monotonic clock; an intent found at the start counts from the start."""

    def __init__(self, runtime: Runtime, seconds: float) -> None:
        self._runtime = runtime
        self._seconds = seconds
        self._started = runtime.monotonic()
        self._since: dict[str, float] = {}

    def begin(self, identity: str) -> None:
        """A request is about to be sent."""
        self._since[identity] = self._runtime.monotonic()

    def end(self, identity: str) -> None:
        """Its outcome is known."""
        self._since.pop(identity, None)

    def rest(self, identity: str, seconds: float) -> None:
        """Raise NotYet until so many seconds after the request."""
        left = self._since.get(identity, self._started) + seconds - self._runtime.monotonic()
        if left > 0:
            raise NotYet(seconds=left)

    def check(self, identity: str) -> None:
        """Raise NotYet while the request may still be executed."""
        left = self._since.get(identity, self._started) + self._seconds - self._runtime.monotonic()
        if left > 0:
            raise NotYet(
                f"An answer of Alyx was lost; in {left:.0f} s it is certain whether it must be sent again.",
                seconds=min(left, max(1.0, self._seconds / LOOKS)),
            )
