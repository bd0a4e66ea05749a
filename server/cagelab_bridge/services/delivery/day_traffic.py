"""Who may speak to Alyx about a subject's day.

register-file of Alyx 3.6.1 reads sessions of the subject's day and saves them whole, as it had read them, some moments
later: the word that a session is complete, said in between, would be undone and never said again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from cagelab_bridge.models import Session

Day = tuple[str, str]  # subject and date


class DayTraffic:
    """Lets files be registered side by side, and last words be said alone."""

    def __init__(self) -> None:
        self._gates: WeakValueDictionary[Day, _Gate] = WeakValueDictionary()

    @asynccontextmanager
    async def registering(self, session: Session) -> AsyncIterator[None]:
        """A register-file is under way inside. Waits while a last word of that day is said, or about to be."""
        gate = self._gate(_day(session))
        async with gate.turn:
            gate.under_way += 1
            gate.quiet.clear()
        try:
            yield
        finally:
            gate.under_way -= 1
            if not gate.under_way:
                gate.quiet.set()

    @asynccontextmanager
    async def alone(self, session: Session) -> AsyncIterator[None]:
        """No register-file of that day is under way inside."""
        async with self.alone_on(_day(session)):
            yield

    @asynccontextmanager
    async def alone_on(self, day: Day) -> AsyncIterator[None]:
        """The same for a session of Alyx that this bridge may not know: a register-file for another one of that day
        would undo what is said to it just as well."""
        gate = self._gate(day)
        async with gate.turn:
            await gate.quiet.wait()
            yield

    def _gate(self, day: Day) -> _Gate:
        gate = self._gates.get(day)
        if gate is None:
            gate = self._gates[day] = _Gate()
        return gate


def _day(session: Session) -> Day:
    return session.spec.subject, session.date


class _Gate:
    """One day: register-files under way, and whose turn it is."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.quiet = asyncio.Event()
        self.quiet.set()
        self.under_way = 0
