"""What is blocked or waits for credentials: since when, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from cagelab_bridge.errors import Finding, Gravity
from cagelab_bridge.journal.files import LOOKED_AT
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Session, Trouble
from cagelab_bridge.services.lab_time import LabTime

MOST = 10  # of each kind, longest first; `sessions` and `transfers` show the rest


def findings(journal: Journal, clock: LabTime) -> list[Finding]:
    """One per session, per transfer that cannot be listed, and per transfer and reason of its files."""
    return [*_sessions(journal, clock), *_transfers(journal, clock), *_files(journal, clock)]


def _sessions(journal: Journal, clock: LabTime) -> Iterator[Finding]:
    for session in journal.sessions.troubled(MOST):
        yield _finding("session", session.id, f"Session {_name(session)}", session.trouble, clock)


def _transfers(journal: Journal, clock: LabTime) -> Iterator[Finding]:
    for transfer in journal.transfers.troubled(MOST):
        session = journal.sessions.get(transfer.session_id)
        yield _finding("transfer", transfer.id, f"An upload of {_name(session)}", transfer.trouble, clock)


def _files(journal: Journal, clock: LabTime) -> Iterator[Finding]:
    found = journal.files.troubles(MOST)
    more_of_them = " or more" if sum(row["count"] for row in found) >= LOOKED_AT else ""
    for row in found:
        session = journal.sessions.get(row["session_id"])
        more = f" and {row['count'] - 1}{more_of_them or ' more'}" if row["count"] > 1 else ""
        blocked = bool(row["blocked"])
        trouble = Trouble(
            reason=row["reason"], hint=row["hint"], blocked=blocked, waiting=not blocked, since=row["since"]
        )
        yield _finding("file", row["transfer_id"], f"{row['example']}{more} of {_name(session)}", trouble, clock)


def _finding(field: str, value: str, what: str, trouble: Trouble, clock: LabTime) -> Finding:
    does = "is blocked" if trouble.blocked else "waits for credentials"
    return Finding(
        gravity=Gravity.ERROR if trouble.blocked else Gravity.WARNING,
        field=field,
        value=value,
        message=f"{what}: {does}, for {clock.age(trouble.since)}. {trouble.reason}",
        hint=trouble.hint,
    )


def _name(session: Session) -> str:
    return f"{session.spec.subject} {session.date} {session.number:03d}"
