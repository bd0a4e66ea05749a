"""Alyx accounts that were proved once."""

from __future__ import annotations

import sqlite3

from cagelab_bridge.journal.database import Database
from cagelab_bridge.models import AccountKey


class AccountTable:
    """Remembers accounts, never their secrets, so that a session can start while Alyx is away."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def proved(self, key: AccountKey, at: str) -> None:
        """Alyx took the password at that time (RFC 3339, UTC)."""
        with self._db.transaction("account_proved"):
            self._db.run("account_proved", {"alyx_url": key.alyx_url, "username": key.username, "proved_at": at})

    def logged_out(self, key: AccountKey) -> None:
        """No new use until the next login."""
        with self._db.transaction("account_logged_out"):
            self._db.run("account_logged_out", {"alyx_url": key.alyx_url, "username": key.username})

    def list(self) -> list[tuple[AccountKey, bool]]:
        """Known accounts, the last proved first; True: logged out."""
        return self._db.listed("account_list", _known)


def _known(row: sqlite3.Row) -> tuple[AccountKey, bool]:
    return AccountKey(alyx_url=row["alyx_url"], username=row["username"]), bool(row["logged_out"])
