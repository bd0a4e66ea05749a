"""Files that may leave this computer, or left it, in the journal."""

from __future__ import annotations

import dataclasses
import sqlite3

from cagelab_bridge.errors import InternalError, WrongState
from cagelab_bridge.journal.database import Database
from cagelab_bridge.models import Reclaim, ReclaimStage


class ReclaimTable:
    """Remembers second verifications, and what was deleted because of them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, file_id: str) -> Reclaim | None:
        """The row of a file; None while its object was not verified a second time."""
        row = self._db.run("reclaim_get", {"file_id": file_id}).fetchone()
        return _reclaim(row) if row else None

    def of_session(self, session_id: str) -> dict[str, Reclaim]:
        """All rows of a session, by the id of the file."""
        found = self._db.run("reclaim_of_session", {"session_id": session_id})
        return {row["file_id"]: _reclaim(row) for row in found}

    def deleted(self, session_id: str) -> dict[str, str]:
        """When files of a session were deleted here, by their relative paths. They may have come back since."""
        rows = self.of_session(session_id).values()
        return {row.relative_path: row.deleted_at for row in rows if row.stage is ReclaimStage.DELETED}

    def unsettled(self) -> list[Reclaim]:
        """What was being deleted when the bridge went down."""
        return [_reclaim(row) for row in self._db.run("reclaim_unsettled")]

    def verified(self, reclaim: Reclaim, seen: Reclaim | None) -> None:
        """Its object was proven once more, while the file was here. `seen`: the row before that was begun. Raises
        WrongState when the file was deleted since, or is being deleted."""
        columns = _columns(reclaim) | {"seen": seen.deleted_at if seen else ""}
        with self._db.transaction("reclaim_verified"):
            if self._db.run("reclaim_verified", columns).rowcount != 1:
                raise WrongState("Its deletion began meanwhile.", about="file", hint="List it again.")

    def deleting(self, reclaim: Reclaim) -> None:
        """Commit that it is about to be deleted, at `deleted_at`."""
        self._change("reclaim_deleting", reclaim)

    def gone(self, reclaim: Reclaim) -> None:
        """It is deleted."""
        self._change("reclaim_deleted", reclaim)

    def kept(self, reclaim: Reclaim) -> None:
        """It was not deleted after all."""
        self._change("reclaim_kept", reclaim)

    def restore(self, reclaim: Reclaim) -> bool:
        """Put a whole row back, from a manifest; False when there is one."""
        with self._db.transaction("reclaim_restore"):
            return self._db.run("reclaim_restore", _columns(reclaim)).rowcount == 1

    def _change(self, statement: str, reclaim: Reclaim) -> None:
        with self._db.transaction(statement):
            if self._db.run(statement, _columns(reclaim)).rowcount != 1:
                raise InternalError(f"{statement} is not a legal move for file {reclaim.file_id}.")


def _columns(reclaim: Reclaim) -> dict[str, str]:
    columns = dataclasses.asdict(reclaim)
    return columns | {"state": columns.pop("stage")}


def _reclaim(row: sqlite3.Row) -> Reclaim:
    columns = dict(zip(row.keys(), row, strict=True))
    return Reclaim(stage=ReclaimStage(columns.pop("state")), **columns)
