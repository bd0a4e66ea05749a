"""Names that exist in Alyx, as last read."""

from __future__ import annotations

import json
from typing import Any

from cagelab_bridge.journal.database import Database


class ChoiceTable:
    """A cache on disk, per Alyx and kind."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, alyx_url: str, kind: str, records: list[dict[str, Any]], read_at: str) -> None:
        """Replace what is known of that kind."""
        with self._db.transaction("choice_put"):
            self._db.run(
                "choice_put",
                {"alyx_url": alyx_url, "kind": kind, "records": json.dumps(records), "read_at": read_at},
            )

    def get(self, alyx_url: str, kind: str) -> tuple[list[dict[str, Any]], str] | None:
        """The records and when they were read (RFC 3339, UTC); None when they never were."""
        row = self._db.run("choice_get", {"alyx_url": alyx_url, "kind": kind}).fetchone()
        return (json.loads(row["records"]), row["read_at"]) if row else None
