"""Which request made what: repeated calls answer the same thing again."""

from __future__ import annotations

from cagelab_bridge.errors import AlreadyExists
from cagelab_bridge.journal.database import Database


class RequestTable:
    """Remembers request ids with a digest of the content."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def outcome(self, method: str, identity: str, digest: str) -> str | None:
        """What that request made, or None when it is new. Raises AlreadyExists when its content was another."""
        if not identity:
            return None
        row = self._db.run("request_get", {"method": method, "id": identity}).fetchone()
        if row is None:
            return None
        if row["digest"] != digest:
            raise AlreadyExists(f"{method} was called before with request_id {identity}, for something else.")
        return str(row["outcome"])

    def remember(self, method: str, identity: str, digest: str, outcome: str, accepted_at: str) -> None:
        """Call it in the transaction that makes `outcome`. A call without request id is not remembered."""
        if identity:
            with self._db.transaction("request_insert"):
                self._db.run(
                    "request_insert",
                    {
                        "method": method,
                        "id": identity,
                        "digest": digest,
                        "outcome": outcome,
                        "accepted_at": accepted_at,
                    },
                )

    def forget(self, before: str) -> int:
        """Drop requests accepted before that time (RFC 3339, UTC); how many."""
        with self._db.transaction("request_forget"):
            return self._db.run("request_forget", {"before": before}).rowcount
