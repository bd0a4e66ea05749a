"""Bytes pass no faster than they may, however many threads carry them."""

from __future__ import annotations

import pytest

from cagelab_bridge.throttle import AT_ONCE, Throttle

MB = 1_000_000


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def pause(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(lambda: clock.now, clock.pause)


def test_without_a_limit_nobody_waits(throttle: Throttle, clock: Clock) -> None:
    """That is the usual case."""
    assert throttle.passed(1000 * MB) == 0.0
    assert clock.now == 100.0
    assert throttle.slice(MB) == MB


def test_what_passes_takes_as_long_as_the_limit_says(throttle: Throttle, clock: Clock) -> None:
    """100 MB at 10 MB/s take ten seconds, less what may go at once."""
    throttle.limit(10 * MB)
    waited = sum(throttle.passed(MB) for _ in range(100))
    assert clock.now - 100.0 == pytest.approx(10.0 - AT_ONCE)
    assert waited == pytest.approx(10.0 - AT_ONCE)


def test_time_that_was_not_used_is_not_saved_up(throttle: Throttle, clock: Clock) -> None:
    """After an hour of silence no flood follows."""
    throttle.limit(10 * MB)
    throttle.passed(MB)
    clock.now += 3600.0
    began = clock.now
    for _ in range(100):
        throttle.passed(MB)
    assert clock.now - began == pytest.approx(10.0 - AT_ONCE)


def test_a_limit_that_is_lifted_holds_nobody_back(throttle: Throttle, clock: Clock) -> None:
    """The session ended: what is left goes as fast as it can."""
    throttle.limit(1)
    throttle.limit(0)
    throttle.passed(MB)
    assert clock.now == 100.0


def test_a_slow_limit_makes_small_pieces(throttle: Throttle) -> None:
    """One megabyte in one burst every second is not what a calm network looks like."""
    throttle.limit(1 * MB)
    assert throttle.slice(MB) <= MB * AT_ONCE
    throttle.limit(1)
    assert throttle.slice(MB) >= 16 * 1024
