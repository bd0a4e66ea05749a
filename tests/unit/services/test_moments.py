"""Between the times of files, the journal's stamps and the lab's naive times."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.services.lab_time import LabTime

BERLIN = LabTime(SystemRuntime(), ZoneInfo("Europe/Berlin"))


def nanoseconds(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1_000_000_000  # type: ignore[misc, arg-type]  # year, month, day, hour, minute


@pytest.mark.parametrize(
    ("moment", "naive"),
    [
        ((2026, 11, 20, 23, 30), "2026-11-21T00:30:00.000000"),  # another day in the lab
        ((2026, 7, 1, 12, 0), "2026-07-01T14:00:00.000000"),
        ((2026, 10, 25, 0, 30), "2026-10-25T02:30:00.000000"),  # the hour that comes twice
        ((2026, 10, 25, 1, 30), "2026-10-25T02:30:00.000000"),
    ],
)
def test_a_files_time_is_told_in_the_labs_zone(moment: tuple[int, ...], naive: str) -> None:
    """Whatever zone this computer is in."""
    assert BERLIN.naive_at(nanoseconds(*moment)) == naive


def test_a_files_time_is_cut_to_microseconds() -> None:
    """Rounding up would lie behind now."""
    assert BERLIN.naive_at(nanoseconds(2026, 7, 1, 12, 0) + 999_999_999) == "2026-07-01T14:00:00.999999"


def test_a_naive_time_that_comes_twice_is_the_earlier() -> None:
    """A session that began in that hour began no later than this."""
    assert BERLIN.moment("2026-10-25T02:30:00.000000") * 1e9 == nanoseconds(2026, 10, 25, 0, 30)


def test_a_stamp_of_the_journal_is_the_same_moment_everywhere() -> None:
    """It is UTC and says so."""
    assert BERLIN.moment("2026-07-01T12:00:00.000000Z") * 1e9 == nanoseconds(2026, 7, 1, 12, 0)
