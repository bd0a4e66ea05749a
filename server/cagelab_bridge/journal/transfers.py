"""Transfers in the journal."""

from __future__ import annotations

import json
from typing import Any

from cagelab_bridge.errors import NotFound
from cagelab_bridge.journal import rows
from cagelab_bridge.journal.database import Database
from cagelab_bridge.models import Sums, Transfer, Trouble


class TransferTable:
    """Reads and moves accepted UploadFiles calls."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def insert(self, transfer: Transfer) -> None:
        """Accept it."""
        self._change(
            "transfer_insert",
            transfer.id,
            session_id=transfer.session_id,
            paths=json.dumps(transfer.paths),
            repository=transfer.repository,
            accepted_at=transfer.accepted_at,
        )

    def get(self, identity: str, owner: str = "") -> Transfer:
        """The transfer with that id; with `owner` (a certificate), only of a session that paired program started.

        Raises NotFound, with the same words for somebody else's.
        """
        found = self._db.noun("transfer_get", identity, rows.transfer)
        session = self._db.noun("session_get", found.session_id, rows.session) if found and owner else None
        if found is None or (owner and (session is None or session.owner != owner)):
            raise NotFound(f"This bridge knows no transfer {identity}.", about="transfer")
        return found

    def recent(
        self, *, session_id: str = "", only_unfinished: bool = False, limit: int = 100, owner: str = ""
    ) -> list[Transfer]:
        """Transfers, newest first; with `owner` (a certificate), those of that paired program's sessions."""
        if session_id:
            name = "transfer_list_of_session"
        else:
            name = "transfer_list_unfinished" if only_unfinished else "transfer_list"
        wanted = {"session_id": session_id, "only_unfinished": int(only_unfinished), "limit": limit, "owner": owner}
        return self._db.listed(name, rows.transfer, wanted)

    def of_session(self, session_id: str) -> list[Transfer]:
        """A session's transfers, oldest first."""
        return self._db.listed("transfer_of_session", rows.transfer, {"session_id": session_id})

    def listed(self, identity: str, *, power_safe: bool, repository: str) -> None:
        """Its files are rows now."""
        self._change("transfer_listed", identity, power_safe=int(power_safe), repository=repository)

    def cancelled(self, identity: str, reason: str) -> None:
        """Nobody wants the rest of it any more."""
        self._change("transfer_cancelled", identity, reason=reason)

    def trouble(self, identity: str, trouble: Trouble) -> None:
        """Why its files cannot be listed; an empty Trouble clears it."""
        self._change("transfer_trouble", identity, **rows.trouble_columns(trouble))

    def unblock(self, identity: str = "") -> int:
        """Let a blocked transfer (all: "") be tried again; how many."""
        with self._db.transaction("transfer_unblock"):
            return self._db.run("transfer_unblock", {"id": identity}).rowcount

    def troubled(self, limit: int) -> list[Transfer]:
        """What cannot be listed, longest first."""
        return [rows.transfer(row) for row in self._db.run("transfer_troubled", {"limit": limit})]

    def sums(self, identity: str) -> Sums:
        """What its files add up to."""
        return Sums(**dict(self._db.run("transfer_sums", {"id": identity}).fetchone()))

    def _change(self, statement: str, identity: str, **columns: Any) -> None:
        with self._db.transaction(statement):
            self._db.run(statement, {"id": identity, **columns})
            self._db.touch("transfer", identity)
