"""Sessions in the journal."""

from __future__ import annotations

import json
from typing import Any

from cagelab_bridge.errors import AlreadyExists, InternalError, NotFound
from cagelab_bridge.journal import rows
from cagelab_bridge.journal.database import Database
from cagelab_bridge.models import AccountKey, Session, Trouble


class SessionTable:
    """Reads and moves sessions. Every change is one durable commit (or part of the caller's transaction)."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def insert(self, session: Session) -> None:
        """Add a reservation or a started session. Raises AlreadyExists for the folder of another one: who asked for
        names meanwhile did not see it come."""
        other = self.in_folder(session.folder)
        if other is not None:
            raise AlreadyExists(
                f"The folder {session.folder} was given to session {other.id} at the same moment.",
                about="folder",
                hint="Ask again: what became of the folder is told then. A folder holds one session.",
            )
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
            client_started=session.client_started,
            warnings=json.dumps(session.warnings),
            owner=session.owner,
            adopts=session.adopts,
        )

    def get(self, identity: str, owner: str = "") -> Session:
        """The session with that id; with `owner` (a certificate), only if that paired program started it.

        Raises NotFound, with the same words for somebody else's.
        """
        found = self.find(identity)
        if found is None or owner not in ("", found.owner):
            raise NotFound(f"This bridge knows no session {identity}.", about="session")
        return found

    def find(self, identity: str) -> Session | None:
        """The session with that id, if it is one of ours."""
        return self._db.noun("session_get", identity, rows.session)

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
            client_started=session.client_started,
            warnings=json.dumps(session.warnings),
            adopts=session.adopts,
        )

    def bound(self, identity: str, key: AccountKey) -> bool:
        """Tell the account of a session that has none; False when it has one. It never changes afterwards."""
        with self._db.transaction("session_bound"):
            done = self._db.run("session_bound", {"id": identity, **rows.account_columns(key)}).rowcount == 1
            if done:
                self._db.touch("session", identity)
            return done

    def watched(self) -> list[Session]:
        """OPEN sessions whose program is known by its process or its heartbeat, oldest first."""
        return self._db.listed("session_watched", rows.session)

    def any_open(self) -> bool:
        """True while an experiment runs."""
        return self._db.remembered(
            "session_any_open", None, lambda: self._db.run("session_any_open").fetchone() is not None
        )

    def open_of(self, pid: int, started: int) -> list[Session]:
        """OPEN sessions of the process with that id that began then (kernel's ticks), oldest first."""
        return [rows.session(row) for row in self._db.run("session_open_of", {"pid": pid, "started": started})]

    def heartbeat(self, identity: str, at: str) -> None:
        """A sign of life (RFC 3339, UTC). Nobody who watches the session needs to hear of it."""
        with self._db.transaction("session_heartbeat"):
            self._db.run("session_heartbeat", {"id": identity, "at": at})

    def intend(self, identity: str, *, under_way: bool, number: int = 0) -> None:
        """Commit that a POST or PATCH is about to be sent (or certainly was not executed); with `number`, that it asks
        for that number in Alyx."""
        self._change("session_intend", identity, intent=int(under_way), number=number)

    def registered(self, identity: str, *, alyx_id: str, url: str, alyx_number: int, swept: bool) -> None:
        """PENDING → OPEN in Alyx. `swept`: the POST was answered at once, so no second record can appear."""
        self._change(
            "session_registered", identity, alyx_id=alyx_id, url=url, alyx_number=alyx_number, swept=int(swept)
        )

    def swept(self, identity: str) -> None:
        """No second record can appear any more."""
        self._change("session_swept", identity)

    def warned(self, identity: str, warning: str) -> None:
        """Something that deserves a look; the same sentence stands once."""
        warnings = dict.fromkeys((*self.get(identity).warnings, warning))
        self._change("session_warned", identity, warnings=json.dumps(list(warnings)))

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

    def amended(self, session: Session) -> None:
        """Corrected names, with the record of how to undo it. What it was blocked by is forgotten."""
        columns = rows.spec_columns(session.spec)
        self._change(
            "session_amended",
            session.id,
            **{name: columns[name] for name in ("subject", "experimenters", "projects")},
            warnings=json.dumps(session.warnings),
            amendments=rows.amendments_column(session.amendments),
            amended=int(session.amended),
        )

    def amendment_told(self, session: Session, alyx_number: int) -> None:
        """Alyx took the names as they stand in `session`."""
        told = rows.amendments_column(session.amendments)
        self._change("session_amendment_told", session.id, amendments=told, alyx_number=alyx_number)

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
        owner: str = "",
    ) -> list[Session]:
        """Sessions, newest first; with `owner` (a certificate), those of that paired program."""
        found = self._db.run(
            "session_list_unfinished" if only_unfinished else "session_list",
            {
                "subject": subject,
                "first_date": first_date,
                "last_date": last_date,
                "limit": limit,
                "owner": owner,
            },
        )
        return [rows.session(row) for row in found]

    def due(self) -> list[Session]:
        """Everything delivery has to look at, oldest first."""
        return [rows.session(row) for row in self._db.run("session_due")]

    def numbers(self, subject: str, date: str) -> set[int]:
        """Numbers of that subject's day that were ever given out here."""
        return {row["number"] for row in self._db.run("session_numbers", {"subject": subject, "date": date})}

    def numbers_of_others(self, session: Session, subject: str) -> tuple[set[int], set[int]]:
        """Of that subject on the session's day: the numbers other sessions have here, and have or claim in Alyx."""
        wanted = {"id": session.id, "subject": subject, "date": session.date}
        found = self._db.run("session_numbers_of_others", wanted).fetchall()
        return {row["own"] for row in found}, {row["claimed"] for row in found if row["claimed"]}

    def on_day(self, date: str) -> list[Session]:
        """All sessions of that day, the oldest first."""
        return [rows.session(row) for row in self._db.run("session_on_day", {"date": date})]

    def records_of_others(self, session: Session) -> frozenset[str]:
        """Ids in Alyx that other sessions of its day have."""
        found = self._db.run("session_records_of_others", {"id": session.id, "date": session.date})
        return frozenset(row["alyx_id"] for row in found)

    def troubled(self, limit: int) -> list[Session]:
        """What is blocked or waits for credentials, longest first."""
        return [rows.session(row) for row in self._db.run("session_troubled", {"limit": limit})]

    def amending(self, date: str) -> bool:
        """True while Alyx has to be told a correction of some session of that day."""
        return self._db.run("session_amending", {"date": date}).fetchone() is not None

    def counts(self) -> dict[str, int]:
        """How many unfinished sessions are open, pending, blocked."""
        return dict(self._db.run("session_counts").fetchone())

    def _change(self, statement: str, identity: str, **columns: Any) -> None:
        with self._db.transaction(statement):
            if self._db.run(statement, {"id": identity, **columns}).rowcount != 1:
                raise InternalError(f"{statement} is not a legal move for session {identity}.")
            self._db.touch("session", identity)
