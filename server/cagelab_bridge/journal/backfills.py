"""Which sessions of the journal were recorded before there was a bridge."""

from __future__ import annotations

from cagelab_bridge.journal.database import Database


class BackfillTable:
    """Notes and tells them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def insert(self, session_id: str) -> None:
        """Its folder is somebody else's: it is read, and never written to."""
        with self._db.transaction("backfill_insert"):
            self._db.run("backfill_insert", {"session_id": session_id})

    def has(self, session_id: str) -> bool:
        """True for a session that was recorded before there was a bridge."""
        return self._db.run("backfill_get", {"session_id": session_id}).fetchone() is not None
