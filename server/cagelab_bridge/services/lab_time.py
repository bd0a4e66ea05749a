"""Time as Alyx stores it: naive text in the lab's zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.ports import Runtime

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class LabTime:
    """One clock reading names a session's folder, date and start."""

    def __init__(self, runtime: Runtime, zone: ZoneInfo) -> None:
        self._runtime = runtime
        self.zone = zone

    def naive(self) -> str:
        """Now, YYYY-MM-DDTHH:MM:SS.ffffff, without offset: Alyx 3.6.1 turns an offset into UTC, often another day."""
        return self._runtime.now().astimezone(self.zone).replace(tzinfo=None).isoformat(timespec="microseconds")

    def offset_hours(self) -> float:
        """Hours the lab's zone lies east of UTC just now."""
        offset = self._runtime.now().astimezone(self.zone).utcoffset()
        assert offset is not None  # the time is aware
        return offset.total_seconds() / 3600

    def days_ago(self, days: int) -> str:
        """That moment, RFC 3339, UTC."""
        moment = self._runtime.now().astimezone(UTC) - timedelta(days=days)
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

    def stamp_before(self, seconds: float) -> str:
        """The moment so long ago, in the form of `stamp`."""
        moment = self._runtime.now().astimezone(UTC) - timedelta(seconds=seconds)
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

    def seconds_since(self, stamp: str) -> float:
        """How long ago that was; the stamp as `stamp` writes it."""
        return (self._runtime.now() - datetime.fromisoformat(stamp)).total_seconds()

    def stamp_in(self, seconds: float) -> str:
        """That moment, RFC 3339, UTC."""
        moment = self._runtime.now().astimezone(UTC) + timedelta(seconds=seconds)
        return moment.isoformat(timespec="seconds").replace("+00:00", "Z")

    def naive_at(self, nanoseconds: int) -> str:
        """A moment given in nanoseconds since 1970 (UTC), such as a file's time of change, in the form of `naive`."""
        moment = datetime.fromtimestamp(nanoseconds // 1000 / 1e6, self.zone)
        return moment.replace(tzinfo=None).isoformat(timespec="microseconds")

    def moment(self, text: str) -> float:
        """Seconds since 1970 (UTC) of a time as `naive` or `stamp` write it; of two that read the same, the earlier."""
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=self.zone)).timestamp()

    def age(self, stamp: str) -> str:
        """How long ago that was, in words; the stamp as `stamp` writes it."""
        return age(stamp, self._runtime.now())

    def stamp(self) -> str:
        """Now, RFC 3339, UTC: for the journal."""
        return self._runtime.now().astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def age(stamp: str, now: datetime) -> str:
    """How long before `now` an RFC 3339 moment was, in words: "40 s", "5 min", "3 h", "2 days"; "" for no moment."""
    if not stamp:
        return ""
    seconds = max(0.0, (now - datetime.fromisoformat(stamp)).total_seconds())
    for size, unit, most in ((1, "s", 120), (60, "min", 120), (3600, "h", 48)):
        if seconds < most * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds // 86400:.0f} days"


def checked_day(text: str) -> str:
    """The same text, if it is a day that exists. Raises InvalidInput."""
    try:
        if not DAY.fullmatch(text):
            raise ValueError(text)
        date.fromisoformat(text)
    except ValueError as problem:
        raise InvalidInput(
            f"{text!r} is no day.", about="date", hint="Write it as YYYY-MM-DD, such as 2026-11-20."
        ) from problem
    return text


def checked_time(text: str) -> str:
    """The naive time, with microseconds. Raises InvalidInput for another form or an offset."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None or "T" not in text:
            raise ValueError(text)
    except ValueError as problem:
        raise InvalidInput(
            f"{text!r} is no time of the lab's zone.",
            about="time",
            hint="Write it as YYYY-MM-DDTHH:MM:SS, without an offset.",
        ) from problem
    return moment.isoformat(timespec="microseconds")
