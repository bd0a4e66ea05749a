"""How soon each server may be asked again, quarantine, and what the journal remembers of a mistake."""

from __future__ import annotations

import inspect
from typing import Any, cast

import pytest

from cagelab_bridge import errors, retry
from cagelab_bridge.errors import (
    AnswerLost,
    BridgeError,
    Code,
    Denied,
    NoCredentials,
    NotLoggedIn,
    NotYet,
    PeerRefused,
    Refused,
    ServerFailed,
    Throttled,
    Unreachable,
)
from cagelab_bridge.models import Trouble
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.accounts.pace import Pace
from cagelab_bridge.services.delivery.quarantine import Quarantine
from cagelab_bridge.services.troubles import trouble_of


class Clock:
    """Monotonic time and chance that the test sets."""

    def __init__(self) -> None:
        self.time = 50.0
        self.luck = 0.999

    def monotonic(self) -> float:
        return self.time

    def chance(self) -> float:
        return self.luck


@pytest.fixture
def clock() -> Clock:
    """The time."""
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    """Knows no trouble."""
    return Pace(cast("Runtime", cast("Any", clock)))


def test_each_failure_waits_up_to_twice_as_long(clock: Clock, pace: Pace) -> None:
    """Full jitter below a bound that doubles, 60 s while the trouble is young, 900 s after a quarter of an hour."""
    waits = [pace.failed("alyx", Unreachable()) for _ in range(10)]
    bounds = [min(retry.EARLY_CAP, retry.BASE * 2**attempt) for attempt in range(1, 11)]
    assert all(0.9 * bound < wait <= bound for wait, bound in zip(waits, bounds, strict=True))
    clock.time += retry.EARLY
    for _ in range(5):
        last = pace.failed("alyx", Unreachable())
    assert 0.9 * retry.LATE_CAP < last <= retry.LATE_CAP
    clock.luck = 0.0
    assert pace.failed("alyx", Unreachable()) == 0.0


def test_the_wait_ends(clock: Clock, pace: Pace) -> None:
    """After it, the server may be asked; a success forgets everything."""
    wait = pace.failed("alyx", Unreachable("gone"))
    assert pace.wait("alyx") == pytest.approx(wait)
    clock.time += wait + 0.1
    assert pace.wait("alyx") == 0
    assert str(pace.trouble("alyx")) == "gone"
    pace.succeeded("alyx")
    assert pace.trouble("alyx") is None
    assert pace.failed("alyx", Unreachable()) <= 2 * retry.BASE


@pytest.mark.parametrize("luck", [0.0, 0.5, 0.999])
def test_a_server_that_asks_for_time_gets_it(clock: Clock, pace: Pace, luck: float) -> None:
    """After a 429 nobody asks before Retry-After is over, however lucky, and not all at the same moment."""
    clock.luck = luck
    wait = pace.failed("alyx", Throttled(retry_after=120))
    assert 120 <= wait <= 120 + retry.THROTTLE_SPREAD
    with pytest.raises(Throttled) as caught:
        pace.check("alyx")
    assert caught.value.retry_after == pytest.approx(wait)


@pytest.mark.parametrize("error", [Unreachable("one"), AnswerLost("two"), ServerFailed("three")])
def test_too_soon_is_refused_without_asking(pace: Pace, error: BridgeError) -> None:
    """The last sentence is said again, as Unreachable: this time certainly nothing was sent."""
    pace.failed("alyx", error)
    with pytest.raises(Unreachable, match=error.message), pace.watch("alyx"):
        pytest.fail("it was asked")
    pace.check("another")


def test_an_answer_is_an_answer_even_when_it_refuses(clock: Clock, pace: Pace) -> None:
    """A refusal ends the trouble of the server; a failure begins one."""
    pace.failed("alyx", Unreachable())
    clock.time += 100
    with pytest.raises(Refused), pace.watch("alyx"):
        raise Refused
    assert pace.trouble("alyx") is None
    with pytest.raises(ServerFailed), pace.watch("alyx"):
        raise ServerFailed
    assert pace.wait("alyx") > 0
    pace.reset()
    pace.check("alyx")


def test_after_a_lost_answer_a_request_may_still_be_executed(clock: Clock) -> None:
    """It is not sent again before the quarantine is over, counted from when it was sent."""
    quarantine = Quarantine(cast("Runtime", cast("Any", clock)), 330.0)
    clock.time += 1000
    quarantine.begin("s")
    clock.time += 329
    with pytest.raises(NotYet) as caught:
        quarantine.check("s")
    assert 0 < caught.value.seconds <= 33
    clock.time += 1.5
    quarantine.check("s")


def test_an_intent_of_an_earlier_process_counts_from_the_start(clock: Clock) -> None:
    """Nobody knows when it was sent: at the latest just before this process began."""
    quarantine = Quarantine(cast("Runtime", cast("Any", clock)), 330.0)
    with pytest.raises(NotYet):
        quarantine.check("old")
    quarantine.begin("new")
    quarantine.end("new")
    clock.time += 330
    quarantine.check("old")


KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    # What another bridge refused is as that one says.
    if issubclass(kind, BridgeError) and kind not in (NotYet, PeerRefused)
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_mistake_waits_passes_or_blocks(kind: type[BridgeError]) -> None:
    """Credentials are waited for, what may pass is tried again, everything else needs somebody; always with a hint."""
    mistake = PeerRefused("No.", code=Code.INTERNAL, hint="Ask there.") if kind is PeerRefused else kind()
    trouble = trouble_of(mistake, since="2026-11-20T10:00:00Z")
    assert trouble.reason
    assert trouble.hint
    if issubclass(kind, (NotLoggedIn, NoCredentials, Denied)):
        assert (trouble.waiting, trouble.blocked) == (True, False)
    else:
        assert (trouble.waiting, trouble.blocked) == (False, not mistake.retryable)
    assert trouble != Trouble()
    assert trouble.since


def test_a_server_that_failed_five_times_is_only_probed(clock: Clock) -> None:
    """15, 30 … 300 s, a fifth more or less; two good answers in a row end it."""
    pace = Pace(cast("Runtime", cast("Any", clock)), breaks=True)
    for _ in range(retry.BREAK_AFTER - 1):
        pace.failed("alyx", Unreachable())
    waits = [pace.failed("alyx", Unreachable()) for _ in range(8)]
    bounds = [min(retry.LAST_PROBE, retry.FIRST_PROBE * 2**probe) for probe in range(8)]
    assert all(0.8 * bound <= wait <= 1.2 * bound for wait, bound in zip(waits, bounds, strict=True))
    clock.luck = 0.0
    assert pace.failed("alyx", Unreachable()) == pytest.approx(0.8 * retry.LAST_PROBE)
    clock.time += 400
    pace.succeeded("alyx")
    assert pace.trouble("alyx") is not None
    pace.check("alyx")
    pace.succeeded("alyx")
    assert pace.trouble("alyx") is None


def test_a_server_that_fails_right_after_a_good_answer_is_probed_again(clock: Clock) -> None:
    """One good answer is no recovery."""
    pace = Pace(cast("Runtime", cast("Any", clock)), breaks=True)
    for _ in range(retry.BREAK_AFTER + 2):
        pace.failed("alyx", Unreachable())
    pace.succeeded("alyx")
    assert pace.failed("alyx", Unreachable()) >= 0.8 * retry.FIRST_PROBE
