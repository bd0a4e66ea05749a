"""A session's number in Alyx, where nothing keeps two sessions from having the same one."""

from __future__ import annotations

from collections.abc import Container

from cagelab_bridge.errors import WrongState
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Session
from cagelab_bridge.ports import Alyx, Json
from cagelab_bridge.services.delivery import session_record
from cagelab_bridge.services.delivery.day_numbers import DayNumbers
from cagelab_bridge.services.sessions.folders import LAST


class SessionNumbers:
    """Looks which numbers a subject's day has in Alyx, and gives way where somebody was first."""

    def __init__(self, journal: Journal, days: DayNumbers) -> None:
        self._journal = journal
        self._days = days

    async def free(self, alyx: Alyx, session: Session) -> int:
        """The session's own number, or the next one that nobody has; `clash` finds who came in the last moment.

        Raises WrongState behind the last.
        """
        subject = session.spec.subject
        return self._next(session, subject, await self._days.a_moment_ago(alyx, subject, session.date))

    async def clash(self, alyx: Alyx, session: Session, record: Json) -> int | None:
        """The number `record` should get instead of its own; None when nobody else has it.

        Two rigs may post the same number at the same moment. Whoever sees that gives way, for nobody knows whether the
        other has looked already; if both do, the order of their ids keeps them from taking the same number again.
        """
        day = await self._day(alyx, session, record["subject"])
        rivals = [other for other in day if other["number"] == record["number"] and other["id"] != record["id"]]
        if not rivals:
            return None
        taken = {other["number"] for other in day}
        for _ in [other for other in rivals if other["id"] < record["id"]]:
            taken.add(self._next(session, record["subject"], taken))
        return self._next(session, record["subject"], taken)

    async def amended(self, alyx: Alyx, session: Session, record: Json) -> int:
        """The number of a record under its corrected subject: that of the folder, or the next one that is free."""
        subject = session.spec.subject
        if record["subject"] == subject:
            return await self.clash(alyx, session, record) or record["number"] or session.alyx_number
        taken = {other["number"] for other in await self._day(alyx, session, subject)}
        return self._next(session, subject, taken)

    async def _day(self, alyx: Alyx, session: Session, subject: str) -> list[Json]:
        return await alyx.read_list(session_record.day_query(subject, session.date))

    def _next(self, session: Session, subject: str, taken: Container[int | None]) -> int:
        """The first number from the session's own on that nobody has, here or in Alyx."""
        ours, claimed = self._journal.sessions.numbers_of_others(session, subject)
        given = [change.old_values[0] for change in session.amendments if change.field == "subject"]
        if subject == (given or [subject])[0]:
            ours.discard(session.number)  # it was allotted to this session of this subject
        number = session.number
        while number in taken or number in claimed or number in ours:
            number += 1
        if number > LAST:
            raise WrongState(
                f"{subject} has no session number left in Alyx on {session.date} (the last is {LAST}).",
                about="number",
            )
        return number
