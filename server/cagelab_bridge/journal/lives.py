"""The lives of the bridge on this journal."""

from __future__ import annotations

from cagelab_bridge.journal.database import Database


class LifeTable:
    """Tells a computer that went down hard from a process that was stopped."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, boot_id: str, version: str, at: str) -> bool:
        """Note a new life; True when the computer was started anew since a life that did not end in order.

        `at`: RFC 3339, UTC. Then every file that was read and is not verified yet must be read again.
        """
        with self._db.transaction("life_begin"):
            last = self._db.run("life_last").fetchone()
            crashed = last is not None and not last["ended_at"] and last["boot_id"] != boot_id
            self._db.run("life_begin", {"boot_id": boot_id, "version": version, "began_at": at})
            if crashed:
                self._db.run("file_recheck_all")
            return crashed

    def end(self, at: str) -> None:
        """This life ends in order."""
        with self._db.transaction("life_end"):
            self._db.run("life_end", {"ended_at": at})
