"""Time as Alyx stores it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.lab_time import LabTime, checked_day, checked_time


class Clock:
    """Says what it is told."""

    def __init__(self, text: str) -> None:
        self._now = datetime.fromisoformat(text).astimezone(UTC)

    def now(self) -> datetime:
        return self._now


def at(text: str, zone: str) -> LabTime:
    return LabTime(cast("Runtime", cast("Any", Clock(text))), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("moment", "zone", "naive"),
    [
        ("2026-11-20T16:30:00.000001+00:00", "Asia/Shanghai", "2026-11-21T00:30:00.000001"),
        ("2026-11-20T15:59:59.999999+00:00", "Asia/Shanghai", "2026-11-20T23:59:59.999999"),
        ("2026-11-20T03:00:00+00:00", "America/New_York", "2026-11-19T22:00:00.000000"),
        ("2026-06-30T23:30:00+00:00", "Europe/London", "2026-07-01T00:30:00.000000"),
        ("2026-10-25T00:30:00+00:00", "Europe/London", "2026-10-25T01:30:00.000000"),
        ("2026-10-25T01:30:00+00:00", "Europe/London", "2026-10-25T01:30:00.000000"),
    ],
)
def test_the_labs_zone_names_the_day(moment: str, zone: str, naive: str) -> None:
    """Around midnight the lab's day counts, not UTC's; microseconds stay, even when they are zero; no offset."""
    assert at(moment, zone).naive() == naive


def test_the_journals_stamp_is_utc_whatever_the_zone() -> None:
    """Stamps sort as text."""
    clock = at("2026-11-20T16:30:00+00:00", "Asia/Shanghai")
    assert clock.stamp() == "2026-11-20T16:30:00.000000Z"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2026-11-20T10:00:00", "2026-11-20T10:00:00.000000"),
        ("2026-11-20T10:00:00.123456", "2026-11-20T10:00:00.123456"),
        ("2026-11-20T10:00", "2026-11-20T10:00:00.000000"),
    ],
)
def test_a_given_time_keeps_its_microseconds(text: str, kept: str) -> None:
    """It comes out in one form, so that two of them can be compared as text."""
    assert checked_time(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-20",
        "2026-11-20 10:00:00",
        "2026-11-20T10:00:00Z",
        "2026-11-20T10:00:00+08:00",
        "2026-02-30T10:00:00",
        "2026-11-20T25:00:00",
    ],
)
def test_a_time_with_an_offset_or_of_no_day_is_refused(text: str) -> None:
    """Alyx 3.6.1 turns an offset into UTC, often another day: the hint says how to write it."""
    with pytest.raises(InvalidInput, match="no time") as caught:
        checked_time(text)
    assert "without an offset" in caught.value.hint


@pytest.mark.parametrize(
    "text", ["", "2026-1-2", "20261120", "2026-13-01", "2026-02-29", "2026-11-20 ", "\uff12026-11-20"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    """A day goes into a path: only YYYY-MM-DD of a day that exists passes."""
    with pytest.raises(InvalidInput, match="no day"):
        checked_day(text)
    assert checked_day("2028-02-29") == "2028-02-29"
