"""How long to wait before the next attempt: pure functions, no clock."""

from __future__ import annotations

BASE = 0.5  # seconds before the second attempt, on average half of it
EARLY_CAP = 60.0  # seconds, while the trouble is younger than EARLY
LATE_CAP = 900.0  # seconds, afterwards and for ever
EARLY = 900.0  # seconds
BREAK_AFTER = 5  # failures in a row, then a server is only probed
FIRST_PROBE, LAST_PROBE = 15.0, 300.0  # seconds
THROTTLE_SPREAD = 5.0  # seconds added at random, so that clients told to wait do not all return at once


def delay(attempts: int, age: float, chance: float) -> float:
    """Seconds to wait after `attempts` failures (1 = the first) of a trouble `age` seconds old.

    Full jitter: uniform between 0 and an exponentially growing bound; `chance` is uniform in [0, 1).
    """
    cap = EARLY_CAP if age < EARLY else LATE_CAP
    bound = min(cap, BASE * 2.0 ** min(attempts, 16))
    return bound * chance


def probe(failures: int, chance: float) -> float:
    """Seconds until a server that failed `failures` times in a row (BREAK_AFTER or more) is asked again.

    15, 30, 60 … 300 seconds, each a fifth more or less.
    """
    bound = min(LAST_PROBE, FIRST_PROBE * 2.0 ** min(failures - BREAK_AFTER, 16))
    return bound * (0.8 + 0.4 * chance)


def throttled_delay(retry_after: float, chance: float) -> float:
    """Seconds to wait when a server answered 429 with Retry-After `retry_after` seconds."""
    return max(0.0, retry_after) + THROTTLE_SPREAD * chance
