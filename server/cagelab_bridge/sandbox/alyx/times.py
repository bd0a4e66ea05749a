"""Dates and times as Alyx reads and writes them: naive text, because its Django runs with USE_TZ=False."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

_DATETIME = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})[T ](?P<hour>\d{1,2}):(?P<minute>\d{1,2})"
    r"(?::(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,6})\d*)?)?\s*(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?$"
)
_DATE = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})$")


def parse_datetime(text: str) -> datetime:
    """Read a time. One with an offset becomes naive UTC, as live Alyx 3.6.1 does, so the day may change.

    Raises ValueError for text that is no time or names a moment that does not exist.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = _parse_loosely(text)
    return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)


def _parse_loosely(text: str) -> datetime:
    match = _DATETIME.match(text)
    if match is None:
        raise ValueError(text)
    parts = {name: int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")}
    micro = int((match["fraction"] or "0").ljust(6, "0"))
    return datetime(**parts, microsecond=micro, tzinfo=_offset(match["zone"]))


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:] if len(text) > 3 else 0)
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def parse_date(text: str) -> date:
    """Read a date `YYYY-MM-DD`; ValueError when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        match = _DATE.match(text)
        if match is None:
            raise
        return date(int(match["year"]), int(match["month"]), int(match["day"]))


def looks_like_date(text: str) -> bool:
    """Whether the text has the form of a date, even of one that does not exist."""
    return _DATE.match(text) is not None


def looks_like_datetime(text: str) -> bool:
    """Whether the text has the form of a time, even of one that does not exist."""
    return _DATETIME.match(text) is not None


def show(value: date | None) -> str | None:
    """A date or time as text; microseconds only when there are some."""
    return None if value is None else value.isoformat()
