"""Which numbers a subject's day has in Alyx."""

from __future__ import annotations

from dataclasses import dataclass

from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import Alyx, Runtime
from cagelab_bridge.services.delivery.session_record import day_query

FRESH = 1.0  # seconds


@dataclass(frozen=True)
class _Answer:
    key: AccountKey
    subject: str
    date: str
    at: float
    numbers: frozenset[int]


class DayNumbers:
    """Asks, and remembers the last answer for a moment: StartSession looks for a free number to make the folder, and
    delivery looks again right behind it, while the caller still waits."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._last: _Answer | None = None

    async def ask(self, alyx: Alyx, subject: str, date: str) -> frozenset[int]:
        """As they are now. Raises RemoteError and its kin."""
        asked = self._runtime.monotonic()
        records = await alyx.read_list(day_query(subject, date))
        numbers = frozenset(record["number"] for record in records if record["number"] is not None)
        self._last = _Answer(alyx.key, subject, date, asked, numbers)
        return numbers

    async def a_moment_ago(self, alyx: Alyx, subject: str, date: str) -> frozenset[int]:
        """As they were at most a moment ago: enough for who looks again after it took one. Raises as `ask`."""
        last = self._last
        same = last is not None and (last.key, last.subject, last.date) == (alyx.key, subject, date)
        if last is None or not same or self._runtime.monotonic() - last.at > FRESH:
            return await self.ask(alyx, subject, date)
        return last.numbers
