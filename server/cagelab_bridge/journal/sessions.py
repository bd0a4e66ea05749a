"""Sessions in the journal."""

from __future__ import annotations

import json
from typing import Any

from cagelab_bridge.errors import InternalError, NotFound
from cagelab_bridge.journal import rows
from cagelab_bridge.journal.database import Database
from cagelab_bridge.models import Session, Trouble


class SessionTable:
    """Reads and moves sessions. Every change is one durable commit (or part of the caller's transaction)."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def insert(self, session: Session) -> None:
        """Add a reservation or a started session."""
        self._change(
            "session_insert",
            session.id,
            **rows.spec_columns(session.spec),
            **rows.account_columns(session.account),
            date=session.date,
            number=session.number,
            folder=session.folder,
            run=session.run,
            alyx=session.alyx,
            accepted_at=session.accepted_at,
            start_time=session.start_time,
            client_pid=session.client_pid,
            warnings=json.dumps(session.warnings),
        )

    def get(self, identity: str) -> Session:
        """The session with that id. Raises NotFound."""
        row = self._db.run("session_get", {"id": identity}).fetchone()
        if row is None:
            raise NotFound(f"This bridge knows no session {identity}.", about="session")
        return rows.session(row)

    def in_folder(self, folder: str) -> Session | None:
        """The session of that folder, if one is known."""
        row = self._db.run("session_by_folder", {"folder": folder}).fetchone()
        return rows.session(row) if row else None

    def start(self, session: Session) -> None:
        """RESERVED → OPEN, with all that is known now."""
        self._change(
            "session_start",
            session.id,
            **rows.spec_columns(session.spec),
            **rows.account_columns(session.account),
            start_time=session.start_time,
            client_pid=session.client_pid,
            warnings=json.dumps(session.warnings),
        )

    def intend(self, identity: str, *, under_way: bool) -> None:
        """Commit that a POST is about to be sent (or certainly was not executed)."""
        self._change("session_intend", identity, intent=int(under_way))

    def registered(self, identity: str, *, alyx_id: str, url: str, alyx_number: int) -> None:
        """PENDING → OPEN in Alyx."""
        self._change("session_registered", identity, alyx_id=alyx_id, url=url, alyx_number=alyx_number)

    def ended(self, session: Session) -> None:
        """OPEN → ENDED or ABANDONED, with its result."""
        self._change(
            "session_ended",
            session.id,
            run=session.run,
            end_time=session.end_time,
            qc=session.qc,
            end_narrative=session.end_narrative,
            n_trials=session.n_trials,
            n_correct_trials=session.n_correct_trials,
            end_json=session.end_json,
        )

    def closed(self, identity: str) -> None:
        """OPEN → CLOSED in Alyx."""
        self._change("session_closed", identity)

    def completed(self, identity: str, *, told: bool) -> None:
        """Alyx was told that everything is there, or must be told again."""
        self._change("session_completed", identity, completed=int(told))

    def trouble(self, identity: str, trouble: Trouble) -> None:
        """Why it does not move; an empty Trouble clears it."""
        self._change("session_trouble", identity, **rows.trouble_columns(trouble))

    def unblock(self) -> int:
        """Let blocked sessions be tried again; how many."""
        with self._db.transaction("session_unblock"):
            return self._db.run("session_unblock").rowcount

    def recent(
        self,
        *,
        subject: str = "",
        first_date: str = "",
        last_date: str = "",
        only_unfinished: bool = False,
        limit: int = 100,
    ) -> list[Session]:
        """Sessions, newest first."""
        found = self._db.run(
            "session_list",
            {
                "subject": subject,
                "first_date": first_date,
                "last_date": last_date,
                "only_unfinished": int(only_unfinished),
                "limit": limit,
            },
        )
        return [rows.session(row) for row in found]

    def due(self) -> list[Session]:
        """Everything delivery has to look at, oldest first."""
        return [rows.session(row) for row in self._db.run("session_due")]

    def numbers(self, subject: str, date: str) -> set[int]:
        """Numbers of that subject's day that were ever given out here."""
        return {row["number"] for row in self._db.run("session_numbers", {"subject": subject, "date": date})}

    def counts(self) -> dict[str, int]:
        """How many unfinished sessions are open, pending, blocked."""
        return dict(self._db.run("session_counts").fetchone())

    def _change(self, statement: str, identity: str, **columns: Any) -> None:
        with self._db.transaction(statement):
            if self._db.run(statement, {"id": identity, **columns}).rowcount != 1:
                raise InternalError(f"{statement} is not a legal move for session {identity}.")
            self._db.touch("session", identity)
