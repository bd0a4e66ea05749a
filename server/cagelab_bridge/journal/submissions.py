"""Creating Submit calls in the journal."""

from __future__ import annotations

from typing import Any

from cagelab_bridge.journal import rows
from cagelab_bridge.journal.database import Database
from cagelab_bridge.models import Submission, Trouble


class SubmissionTable:
    """Reads and moves accepted records that are to be created in Alyx."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def insert(self, submission: Submission) -> None:
        """Accept it."""
        self._change(
            "submission_insert",
            submission.id,
            **rows.account_columns(submission.account),
            path=submission.path,
            body=submission.body,
            accepted_at=submission.accepted_at,
        )

    def get(self, identity: str) -> Submission:
        """The submission with that id; it exists, because its id came from the journal."""
        return rows.submission(self._db.run("submission_get", {"id": identity}).fetchone())

    def due(self) -> list[Submission]:
        """What is not delivered yet, oldest first."""
        return [rows.submission(row) for row in self._db.run("submission_due")]

    def intend(self, identity: str, *, under_way: bool) -> None:
        """Commit that a POST is about to be sent (or certainly was not executed)."""
        self._change("submission_intend", identity, intent=int(under_way))

    def delivered(self, identity: str, answer: str) -> None:
        """Alyx has it; `answer` is its record as JSON text."""
        self._change("submission_delivered", identity, answer=answer)

    def refused(self, identity: str) -> None:
        """Alyx refused it, and the caller was told."""
        self._change("submission_refused", identity)

    def trouble(self, identity: str, trouble: Trouble) -> None:
        """Why it does not move; an empty Trouble clears it."""
        self._change("submission_trouble", identity, **rows.trouble_columns(trouble))

    def unblock(self) -> int:
        """Let blocked submissions be tried again; how many."""
        with self._db.transaction("submission_unblock"):
            return self._db.run("submission_unblock").rowcount

    def _change(self, statement: str, identity: str, **columns: Any) -> None:
        with self._db.transaction(statement):
            self._db.run(statement, {"id": identity, **columns})
            self._db.touch("submission", identity)
