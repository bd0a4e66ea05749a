"""Which faults happen, decided by one seeded source of chance."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, fields, replace


class Crash(SystemExit):
    """The bridge's process dies here. asyncio lets a SystemExit through, as it would the end of the process."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Chance of each fault at each place where it can happen."""

    crash: float = 0.02  # at every commit and network edge
    alyx_refused: float = 0.05  # no connection
    alyx_lost: float = 0.05  # executed, the answer is lost
    alyx_late: float = 0.02  # no answer now, executed later
    alyx_failed_before: float = 0.02  # 503, not executed
    alyx_failed_after: float = 0.02  # 503, executed
    alyx_throttled: float = 0.01  # 429
    alyx_denied: float = 0.002  # the token is worthless
    alyx_stale: float = 0.3  # a register-file saves sessions as it read them some seconds ago
    number_taken: float = 0.1  # at each POST of a session
    store_refused: float = 0.05
    store_lost: float = 0.05
    store_failed: float = 0.03
    store_flipped: float = 0.01  # a bit of a body flips on the way
    store_forgot: float = 0.01  # multipart uploads are gone
    store_away: float = 0.002  # for more than a day, with an upload in parts begun
    record_refused: float = 0.05  # the second record cannot be written
    source_changed: float = 0.02  # a file changes while it is being delivered
    amended: float = 0.03  # somebody corrects the subject, at each look at the session
    dismissed: float = 0.005  # somebody gives a file up, at each commit of a transfer
    torn: float = 0.15  # the program dies, or fails, while it writes its MAT file
    spare_kept: float = 0.7  # a program that goes away had saved its spare copy
    journal_lost: float = 0.08  # at each crash; it is rebuilt from the second records
    call_repeated: float = 0.1  # the client calls again with the same request id
    clock_jumped: float = 0.01
    client_died: float = 0.1  # in the middle of a session
    client_forgot: float = 0.1  # it begins the next session without ending this one


CRASHES = (0.0, 0.0, 0.003, 0.005, 0.01)  # chances of a crash at an edge


def mixed(seed: int) -> Rates:
    """The faults of one schedule: about half of the kinds, each at its usual rate, and crashes rare or frequent.

    Schedules that differ in what may happen find more than schedules in which everything happens ("swarm testing"):
    where all is in trouble, most stories never come to the rare states behind a calm stretch.
    """
    source = random.Random(f"rates {seed}")
    off = {field.name: 0.0 for field in fields(Rates) if source.random() < 0.5}
    return replace(Rates(), **(off | {"crash": source.choice(CRASHES)}))


NONE = Rates(**{field.name: 0.0 for field in fields(Rates)})


class Chaos:
    """Draws faults, and counts them; off, nothing happens any more."""

    def __init__(self, seed: int, rates: Rates) -> None:
        self.random = random.Random(seed)
        self.rates = rates
        self.counts: Counter[str] = Counter()
        self.on = True
        self.crash_at: list[int] | None = None  # exact edges to crash at, instead of by chance
        self.edges = 0

    def strikes(self, name: str) -> bool:
        """True when that fault happens now."""
        if self.on and self.random.random() < getattr(self.rates, name):
            self.counts[name] += 1
            return True
        return False

    def edge(self, name: str) -> None:
        """A commit or network edge; raises Crash when the process dies here."""
        self.edges += 1
        if self.crash_at is not None:
            if self.on and self.edges in self.crash_at:
                self.counts[f"crash {name}"] += 1
                raise Crash(name)
        elif self.strikes("crash"):
            raise Crash(name)
