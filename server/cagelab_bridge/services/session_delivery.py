"""Carrying one session to Alyx: register, close, say when it is complete."""

from __future__ import annotations

from cagelab_bridge.errors import Executed, InternalError, RemoteError
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AlyxState, Run, Session
from cagelab_bridge.ports import Alyx, Json
from cagelab_bridge.services import session_record
from cagelab_bridge.services.accounts import Accounts
from cagelab_bridge.services.quarantine import Quarantine


class SessionDelivery:
    """Looks at a session's state and does what is left. Every step may be repeated after a crash."""

    def __init__(self, journal: Journal, accounts: Accounts, quarantine: Quarantine, version: str) -> None:
        self._journal = journal
        self._accounts = accounts
        self._quarantine = quarantine
        self._version = version

    async def carry(self, session_id: str) -> None:
        """Do all that can be done now. Raises what stands in the way."""
        session = self._journal.sessions.get(session_id)
        if session.completed or session.run is Run.RESERVED:
            return
        if session.account is None:
            raise InternalError(f"Session {session.id} was started without an account.")
        alyx = await self._accounts.awake(session.account)
        if session.alyx is AlyxState.PENDING:
            session = await self._register(alyx, session)
        if session.alyx is AlyxState.OPEN and session.run in (Run.ENDED, Run.ABANDONED):
            session = await self._close(alyx, session)
        if session.alyx is AlyxState.CLOSED and not session.completed and self._everything_there(session):
            await self._complete(alyx, session)

    def _everything_there(self, session: Session) -> bool:
        """True when every accepted file is DONE or DISMISSED."""
        return not self._journal.transfers.recent(session_id=session.id, only_unfinished=True, limit=1)

    async def _register(self, alyx: Alyx, session: Session) -> Session:
        """Exactly one record: look when an earlier POST may have been executed, then post, remembering that first."""
        if session.intent:
            found = await self._look(alyx, session)
            if found is not None:
                return self._adopt(session, found)
            self._quarantine.check(session.id)
        number = await self._free_number(alyx, session)
        self._journal.sessions.intend(session.id, under_way=True)
        self._quarantine.begin(session.id)
        try:
            record = await alyx.create("sessions", session_record.create_body(session, number, self._version))
        except RemoteError as error:
            if error.executed is Executed.NO:
                self._journal.sessions.intend(session.id, under_way=False)
            raise
        assert isinstance(record, dict)  # Alyx answers one record to one session
        return self._adopt(session, record)

    async def _look(self, alyx: Alyx, session: Session) -> Json | None:
        """The session that a lost answer left in Alyx: by our marker, the oldest if there are more."""
        found = await alyx.read_list(session_record.marker_query(session))
        return min(found, key=lambda record: (record["start_time"], record["id"])) if found else None

    async def _free_number(self, alyx: Alyx, session: Session) -> int:
        """The session's own number, or the next one that nobody has, if somebody took it in Alyx."""
        records = await alyx.read_list(session_record.day_query(session))
        taken = {record["number"] for record in records}
        ours = self._journal.sessions.numbers(session.spec.subject, session.date) - {session.number}
        number = session.number
        while number in taken or (number != session.number and number in ours):
            number += 1
        return number

    def _adopt(self, session: Session, record: Json) -> Session:
        self._journal.sessions.registered(
            session.id,
            alyx_id=record["id"],
            url=record["url"],
            alyx_number=record["number"] if record["number"] is not None else session.number,
        )
        self._quarantine.end(session.id)
        return self._journal.sessions.get(session.id)

    async def _close(self, alyx: Alyx, session: Session) -> Session:
        record = await self._settled_record(alyx, session)
        there = self._everything_there(session)
        state = session_record.COMPLETE if there else session_record.ENDED
        await self._change(alyx, session, session_record.closing_body(session, record, state, self._version))
        with self._journal.transaction("close"):
            self._journal.sessions.intend(session.id, under_way=False)
            self._journal.sessions.closed(session.id)
            # Asked again: a transfer may have been accepted while Alyx answered.
            if there and self._everything_there(session):
                self._journal.sessions.completed(session.id, told=True)
        return self._journal.sessions.get(session.id)

    async def _complete(self, alyx: Alyx, session: Session) -> None:
        record = await self._settled_record(alyx, session)
        facts = session_record.merged_json(
            session,
            record.get("json"),
            number=session.alyx_number,
            state=session_record.COMPLETE,
            version=self._version,
        )
        await self._change(alyx, session, {"json": facts})
        with self._journal.transaction("complete"):
            self._journal.sessions.intend(session.id, under_way=False)
            if self._everything_there(session):
                self._journal.sessions.completed(session.id, told=True)

    async def _settled_record(self, alyx: Alyx, session: Session) -> Json:
        """The record, when no lost PATCH of ours can change it any more."""
        if session.intent:
            self._quarantine.check(session.id)
        return await alyx.read(f"sessions/{session.alyx_id}")

    async def _change(self, alyx: Alyx, session: Session, body: Json) -> None:
        """PATCH the record, remembering that first. Repeating a PATCH is harmless, but a lost one may be executed after
        a later one and undo it: so nothing more is sent until it is certainly over."""
        self._journal.sessions.intend(session.id, under_way=True)
        self._quarantine.begin(session.id)
        try:
            await alyx.change(f"sessions/{session.alyx_id}", body)
        except RemoteError as error:
            if error.executed is Executed.NO:
                self._journal.sessions.intend(session.id, under_way=False)
            raise
        self._quarantine.end(session.id)
