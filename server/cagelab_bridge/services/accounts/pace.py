"""How soon each server may be asked again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from cagelab_bridge import retry
from cagelab_bridge.errors import AnswerLost, BridgeError, ServerFailed, Throttled, Unreachable
from cagelab_bridge.ports import Runtime

# The server is in trouble, whatever was asked of it.
PASSING = (Unreachable, AnswerLost, ServerFailed, Throttled)


@dataclass
class _Trouble:
    since: float  # monotonic seconds
    attempts: int
    until: float  # monotonic seconds
    error: BridgeError


class Pace:
    """Remembers failures by name (a server, a session, a file) and how long to leave it alone.

    Every failure waits longer, with full jitter (retry.delay); a 429 waits as long as the server asked. With `breaks`
    (servers), after five failures in a row there are only probes (retry.probe), and two good answers end that.
    """

    def __init__(self, runtime: Runtime, *, breaks: bool = False) -> None:
        self._runtime = runtime
        self._breaks = breaks
        self._troubles: dict[str, _Trouble] = {}

    def failed(self, name: str, error: BridgeError) -> float:
        """Note a failure; seconds to wait."""
        now = self._runtime.monotonic()
        trouble = self._troubles.setdefault(name, _Trouble(now, 0, now, error))
        trouble.attempts += 1
        if self._throttled(name):
            return self.wait(name)  # another call, under way since before, failed meanwhile: the silence stays
        trouble.error = error
        if isinstance(error, Throttled):
            wait = retry.throttled_delay(error.retry_after, self._runtime.chance())
        elif self._breaks and trouble.attempts >= retry.BREAK_AFTER:
            wait = retry.probe(trouble.attempts, self._runtime.chance())
        else:
            wait = retry.delay(trouble.attempts, now - trouble.since, self._runtime.chance())
        trouble.until = now + wait
        return wait

    def succeeded(self, name: str) -> None:
        """It works: forget its failures; after a break, at the second good answer in a row."""
        trouble = self._troubles.get(name)
        if self._throttled(name):
            return  # a call that was under way when the 429 came
        if self._breaks and trouble and trouble.attempts >= retry.BREAK_AFTER:
            trouble.attempts = retry.BREAK_AFTER - 1
            trouble.until = 0.0
        else:
            self._troubles.pop(name, None)

    def _throttled(self, name: str) -> bool:
        trouble = self._troubles.get(name)
        return trouble is not None and isinstance(trouble.error, Throttled) and self.wait(name) > 0

    def wait(self, name: str) -> float:
        """Seconds to leave it alone; 0 when it may be asked now."""
        trouble = self._troubles.get(name)
        return max(0.0, trouble.until - self._runtime.monotonic()) if trouble else 0.0

    def trouble(self, name: str) -> BridgeError | None:
        """The last failure, or None when it works."""
        trouble = self._troubles.get(name)
        return trouble.error if trouble else None

    def check(self, name: str) -> None:
        """Raise the last failure again while it is too soon to ask. An answer that was lost is raised as Unreachable:
        this time certainly nothing was sent."""
        trouble = self._troubles.get(name)
        if trouble and self.wait(name) > 0:
            if isinstance(trouble.error, Throttled):
                raise Throttled(trouble.error.message, retry_after=self.wait(name))
            raise Unreachable(trouble.error.message, about=trouble.error.about, hint=trouble.error.hint)

    @contextlib.contextmanager
    def watch(self, name: str) -> Iterator[None]:
        """Do one call inside: refused while it is too soon, and its outcome noted."""
        self.check(name)
        try:
            yield
        except PASSING as error:
            self.failed(name, error)
            raise
        except BridgeError:
            self.succeeded(name)  # it answered
            raise
        self.succeeded(name)

    def reset(self) -> None:
        """Ask everything again at once (somebody called retry, or the network came back); a 429 is still obeyed."""
        for trouble in self._troubles.values():
            if not isinstance(trouble.error, Throttled):
                trouble.until = 0.0
