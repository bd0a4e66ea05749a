"""Rows put back as they were, from the second records beside the data."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from cagelab_bridge.journal import rows
from cagelab_bridge.journal.database import Database
from cagelab_bridge.models import Amendment, File, Session, Transfer, Trouble


class Restoring:
    """Inserts whole rows. One that is there already (same id; a transfer's file: same path) is left as it is."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def session(self, session: Session) -> bool:
        """Put a session back; False when it was there."""
        return self._insert(
            "session_restore",
            ("session", session.id),
            _columns(session, "spec", "account", "trouble")
            | rows.spec_columns(session.spec)
            | rows.account_columns(session.account)
            | _trouble(session.trouble),
        )

    def transfer(self, transfer: Transfer) -> bool:
        """Put a transfer back; False when it was there."""
        columns = _columns(transfer, "trouble") | _trouble(transfer.trouble)
        return self._insert("transfer_restore", ("transfer", transfer.id), columns)

    def file(self, file: File) -> bool:
        """Put a file back; False when it was there."""
        columns = _columns(file, "trouble") | _trouble(file.trouble)
        return self._insert("file_restore", ("transfer", file.transfer_id), columns)

    def _insert(self, statement: str, touched: tuple[str, str], columns: dict[str, Any]) -> bool:
        with self._db.transaction(statement):
            done = self._db.run(statement, columns).rowcount == 1
            self._db.touch(*touched)
            return done


def _columns(noun: Session | Transfer | File, *left_out: str) -> dict[str, Any]:
    """Every field as its column: flags as numbers, lists as JSON."""
    names = [field.name for field in dataclasses.fields(noun) if field.name not in left_out]
    return {name: _column(getattr(noun, name)) for name in names}


def _column(value: Any) -> Any:
    if isinstance(value, tuple):
        return json.dumps([dataclasses.asdict(entry) if isinstance(entry, Amendment) else entry for entry in value])
    return int(value) if isinstance(value, bool) else value


def _trouble(trouble: Trouble) -> dict[str, Any]:
    columns = rows.trouble_columns(trouble)
    return columns | {"trouble_since": columns["since"]}
