"""Carrying one session to Alyx: register, close, say when it is complete."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cagelab_bridge.errors import Executed, NotYet, Refused, RemoteError, ServerFailed
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AlyxState, Run, Session
from cagelab_bridge.ports import Alyx, Json, Runtime
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.delivery import adoption, session_record
from cagelab_bridge.services.delivery.day_numbers import DayNumbers
from cagelab_bridge.services.delivery.day_traffic import DayTraffic
from cagelab_bridge.services.delivery.quarantine import Quarantine
from cagelab_bridge.services.delivery.session_numbers import SessionNumbers
from cagelab_bridge.services.delivery.sweep import Sweep
from cagelab_bridge.services.events.events import Events
from cagelab_bridge.services.sessions.amendments import advised

MOMENT = 2.0  # seconds after the end of a session in which its files may come first
SETTLING = 1.0  # seconds from one bridge's look for the record of an old session until it made one


class SessionDelivery:
    """Looks at a session's state and does what is left. Every step may be repeated after a crash."""

    def __init__(
        self,
        journal: Journal,
        accounts: Accounts,
        quarantine: Quarantine,
        days: DayTraffic,
        sweep: Sweep,
        version: str,
        events: Events,
        numbers: DayNumbers,
        runtime: Runtime,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._quarantine = quarantine
        self._days = days
        self._sweep = sweep
        self._numbers = SessionNumbers(journal, numbers)
        self._version = version
        self._events = events
        self._runtime = runtime
        self._ended: dict[str, float] = {}  # sessions not closed yet, and when their end was seen

    async def carry(self, session_id: str) -> None:
        """Do all that can be done now. Raises what stands in the way."""
        try:
            await self._carry(session_id)
        except Refused as error:
            raise advised(error, session_id) from error

    async def _carry(self, session_id: str) -> None:
        session = self._journal.sessions.get(session_id)
        if session.run is Run.RESERVED or (session.completed and session.swept):
            return
        session = self._accounts.bound(session)
        assert session.account is not None  # bound tells it, or raises
        alyx = await self._accounts.awake(session.account, session.id)
        if session.alyx is AlyxState.PENDING:
            session = await self._register(alyx, session)
        if session.amended:
            session = await self._amend(alyx, session)
        if session.run in (Run.ENDED, Run.ABANDONED) and not session.completed:
            await self._events.prepare(session)
        if session.alyx is AlyxState.OPEN and session.run in (Run.ENDED, Run.ABANDONED):
            self._let_files_come(session)
            session = await self._close(alyx, session)
            del self._ended[session.id]
        if session.alyx is AlyxState.CLOSED and not session.completed and self._everything_there(session):
            session = await self._complete(alyx, session)
        if session.completed and not session.swept:
            await self._sweep.last(alyx, session)

    def _let_files_come(self, session: Session) -> None:
        """Raises NotYet for a moment after the end: where the files are few, one word to Alyx closes the session and
        says that it is complete, instead of two that are in the way of its files."""
        now = self._runtime.monotonic()
        left = self._ended.setdefault(session.id, now) + MOMENT - now
        if left > 0 and not self._everything_there(session):
            raise NotYet("Its files are under way.", seconds=left)

    def _everything_there(self, session: Session) -> bool:
        """True when every accepted file is DONE or DISMISSED, and no correction is still to be told."""
        if self._journal.sessions.get(session.id).amended:
            return False
        return not self._journal.transfers.recent(session_id=session.id, only_unfinished=True, limit=1)

    async def _register(self, alyx: Alyx, session: Session) -> Session:
        """Exactly one record: look when an earlier POST may have been executed, then post, remembering that first."""
        # The id of an old session follows from what it is: a bridge that lost its journal may have made the record, and
        # another one may be making it just now. Once that must be there, too, all take the same one.
        old = self._guessed(session)
        if session.intent and old:
            self._quarantine.rest(session.id, SETTLING)
        if session.intent or old:
            found = await self._look(alyx, session)
            if found is not None:
                return await self._adopt(alyx, session, found)
        if session.intent:
            self._quarantine.check(session.id)
        others = await self._taken_over(alyx, session) if session.adopts else None
        if others is not None:
            return others
        number = await self._numbers.free(alyx, session)
        if self._journal.sessions.get(session.id).amendments != session.amendments:
            raise NotYet("The names were corrected while Alyx was asked.", seconds=0.0)
        self._journal.sessions.intend(session.id, under_way=True, number=number)
        self._quarantine.begin(session.id)
        try:
            record = await alyx.create("sessions", session_record.create_body(session, number, self._version))
        except RemoteError as error:
            if error.executed is Executed.NO:
                self._journal.sessions.intend(session.id, under_way=False)
            raise
        assert isinstance(record, dict)  # Alyx answers one record to one session
        self._accounts.note_clock_text(alyx, record.get("auto_datetime") or "")
        if old:
            self._quarantine.begin(session.id)
            raise NotYet(seconds=SETTLING)
        return await self._adopt(alyx, session, record)

    async def _taken_over(self, alyx: Alyx, session: Session) -> Session | None:
        """Complete a record that another program made, if there is one: the same rules as for one of ours, so a lost
        answer is looked for by the marker, and said again only when the first PATCH is certainly over.

        One session of the day at a time: two that looked at once would both find a record that nobody has.
        """
        async with self._undisturbed(session):
            for other in self._journal.sessions.on_day(session.date):
                if other.id != session.id and _may_take(other, session):
                    self._quarantine.check(other.id)  # its marker may still come
            record = await adoption.found(alyx, session, self._journal.sessions.records_of_others(session))
            if record is None:
                return None
            guessed = self._guessed(session)
            body = session_record.adopting_body(session, record, self._version, guessed=guessed)
            named = dataclasses.replace(session, alyx_id=record["id"])
            await self._change(alyx, named, body, number=session.number)
            marked = await alyx.read(f"sessions/{record['id']}")
            if adoption.made_by(marked) != session.id:
                raise NotYet("Another bridge took the same record at the same moment.", seconds=1.0)
            return await self._adopt(alyx, session, marked)

    async def _look(self, alyx: Alyx, session: Session) -> Json | None:
        """The session that a lost answer left in Alyx: by our marker, the oldest if there are more."""
        found = await alyx.read_list(session_record.marker_query(session))
        if len(found) > 1 and self._guessed(session):
            return await self._sweep.settled(alyx, session, found)
        return min(found, key=lambda record: (record["start_time"], record["id"])) if found else None

    async def _adopt(self, alyx: Alyx, session: Session, record: Json) -> Session:
        """Note the record, once its number is settled: files are registered by it. `session`: as it was before."""
        adopted = session_record.is_adopted(record)  # datasets may hang on its number: that never changes
        number = None if adopted else await self._numbers.clash(alyx, session, record)
        if number is not None:
            if session.intent:
                self._quarantine.check(session.id)  # an earlier change of the number may still come
            # Claimed before anything is awaited: another session of this bridge may be giving way just now, too.
            self._journal.sessions.intend(session.id, under_way=True, number=number)
            self._quarantine.begin(session.id)
            await alyx.change(f"sessions/{record['id']}", {"number": number})
        self._journal.sessions.registered(
            session.id,
            alyx_id=record["id"],
            url=record["url"],
            alyx_number=number or record["number"] or session.number,
            swept=not session.intent and not self._guessed(session),
        )
        self._quarantine.end(session.id)
        return self._journal.sessions.get(session.id)

    async def _amend(self, alyx: Alyx, session: Session) -> Session:
        """Tell Alyx the corrected names.

        Not while a register-file under the old subject may still be executed: Alyx would add that file to whatever
        session has the old subject's number by then. Meanwhile nothing is registered (see FileDelivery).
        """
        for file_id in self._journal.files.registering(session.id):
            self._quarantine.check(file_id)
        record = await self._settled_record(alyx, session)
        number = await self._numbers.amended(alyx, session, record)
        guessed = self._guessed(session)
        body = session_record.amending_body(session, record, number, self._version, guessed=guessed)
        changed = await self._change(alyx, session, body, number=number)
        if changed["subject"] != session.spec.subject:
            raise ServerFailed(f"Alyx did not keep the subject {session.spec.subject}.")
        await self._part(alyx, session)
        if await self._numbers.clash(alyx, session, changed) is not None:
            self._journal.sessions.intend(session.id, under_way=False)
            raise NotYet("Another session took the same number at the same moment.", seconds=1.0)
        self._journal.sessions.amendment_told(session, number)
        return self._journal.sessions.get(session.id)

    async def _part(self, alyx: Alyx, session: Session) -> None:
        """Let go of the sessions of another subject that hang on this one.

        register-file of Alyx 3.6.1 hangs a subject's sessions of a day on one of them (`parent_session`), and answers
        400, "A base session … does not exist", when each one that is left has a parent.
        """
        if any(amendment.field == "subject" for amendment in session.amendments):
            for child in await alyx.read_list(session_record.children_query(session)):
                if child["subject"] != session.spec.subject:
                    await alyx.change(f"sessions/{child['id']}", {"parent_session": None})

    async def _close(self, alyx: Alyx, session: Session) -> Session:
        record = await self._settled_record(alyx, session)
        await self._sweep.now(alyx, session)
        there = self._everything_there(session)
        state = session_record.COMPLETE if there else session_record.ENDED
        body = self._closing_body(session, record, state)
        if self._guessed(session) and session_record.is_closed(record):
            # A bridge closed it before, from another computer or a journal that was lost: what people said since stays.
            body = {"json": body["json"]}
        await (self._last_word if there else self._change)(alyx, session, body)
        with self._journal.transaction("close"):
            self._journal.sessions.intend(session.id, under_way=False)
            self._journal.sessions.closed(session.id)
            # Asked again: a transfer may have been accepted while Alyx answered.
            if there and self._everything_there(session):
                self._journal.sessions.completed(session.id, told=True)
                self._events.complete(session.id)
        return self._journal.sessions.get(session.id)

    async def _complete(self, alyx: Alyx, session: Session) -> Session:
        record = await self._settled_record(alyx, session)
        await self._sweep.now(alyx, session)
        body = self._closing_body(session, record, session_record.COMPLETE)
        if record.get("end_time"):
            # It knows the end: what people changed since (a QC, say) stays. Without an end the closing was undone by a
            # register-file, which reads the session, hangs it on the day's base session, and saves what it had read.
            body = {"json": body["json"]}
        await self._last_word(alyx, session, body)
        with self._journal.transaction("complete"):
            self._journal.sessions.intend(session.id, under_way=False)
            if self._everything_there(session):
                self._journal.sessions.completed(session.id, told=True)
                self._events.complete(session.id)
        return self._journal.sessions.get(session.id)

    def _closing_body(self, session: Session, record: Json, state: str) -> Json:
        return session_record.closing_body(session, record, state, self._version, guessed=self._guessed(session))

    def _guessed(self, session: Session) -> bool:
        """True when what its caller told was found in old files."""
        return self._journal.backfills.has(session.id)

    async def _settled_record(self, alyx: Alyx, session: Session) -> Json:
        """The record, when no lost PATCH of ours can change it any more."""
        if session.intent:
            self._quarantine.check(session.id)
        record = await alyx.read(f"sessions/{session.alyx_id}")
        if adoption.made_by(record) not in ("", session.id):
            raise adoption.others(record)
        return record

    async def _last_word(self, alyx: Alyx, session: Session, body: Json) -> Json:
        async with self._undisturbed(session):
            return await self._change(alyx, session, body)

    @asynccontextmanager
    async def _undisturbed(self, session: Session) -> AsyncIterator[None]:
        """No register-file of that day can undo what is said inside (see DayTraffic), and nobody else says anything."""
        async with self._days.alone(session):
            for file_id in self._journal.files.registering_on(session.spec.subject, session.date):
                self._quarantine.check(file_id)
            yield

    async def _change(self, alyx: Alyx, session: Session, body: Json, *, number: int = 0) -> Json:
        """PATCH the record, remembering that first. Repeating a PATCH is harmless, but a lost one may be executed after
        a later one and undo it: so nothing more is sent until it is certainly over. `number`: what it asks for."""
        self._journal.sessions.intend(session.id, under_way=True, number=number)
        self._quarantine.begin(session.id)
        try:
            changed = await alyx.change(f"sessions/{session.alyx_id}", body)
        except RemoteError as error:
            if error.executed is Executed.NO:
                self._journal.sessions.intend(session.id, under_way=False)
            raise
        self._quarantine.end(session.id)
        return changed


def _may_take(other: Session, session: Session) -> bool:
    """True while the outcome of a request is open with which `other` may have taken what is looked for."""
    if not (other.intent and other.adopts) or other.alyx is not AlyxState.PENDING or other.number != session.number:
        return False
    return other.spec.subject == session.spec.subject or bool(other.amendments)
