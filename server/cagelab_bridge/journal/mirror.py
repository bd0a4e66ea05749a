"""Sessions and transfers of rigs, as a control PC last heard of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from cagelab_bridge.journal.database import Database


@dataclass(frozen=True, kw_only=True)
class Reflection:
    """What a rig told of one session or transfer: the contract's message as JSON text."""

    peer: str  # fingerprint
    kind: str  # "session" or "transfer"
    id: str
    message: str
    seen_at: str  # RFC 3339, UTC


class MirrorTable:
    """Keeps what rigs told, so that it is there while they are off."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, reflections: Iterable[Reflection]) -> None:
        """Replace what is known of these, in one commit."""
        with self._db.transaction("mirror_put"):
            for told in reflections:
                self._db.run(
                    "mirror_put",
                    {
                        "peer": told.peer,
                        "kind": told.kind,
                        "id": told.id,
                        "message": told.message,
                        "at": told.seen_at,
                    },
                )

    def get(self, peer: str, kind: str, identity: str) -> Reflection | None:
        """What that rig told of it; None: nothing."""
        row = self._db.run("mirror_get", {"peer": peer, "kind": kind, "id": identity}).fetchone()
        return _reflection(row) if row else None

    def tellers(self, kind: str, identity: str) -> list[str]:
        """The fingerprints of the rigs that told of it, the first one first."""
        return [row["peer"] for row in self._db.run("mirror_tellers", {"kind": kind, "id": identity})]

    def sessions(
        self,
        peer: str,
        *,
        subject: str = "",
        first_date: str = "",
        last_date: str = "",
        only_unfinished: bool = False,
        limit: int = 100,
    ) -> list[Reflection]:
        """A rig's sessions, newest first."""
        found = self._db.run(
            "mirror_sessions",
            {
                "peer": peer,
                "subject": subject,
                "first_date": first_date,
                "last_date": last_date,
                "only_unfinished": int(only_unfinished),
                "limit": limit,
            },
        )
        return [_reflection(row) for row in found]

    def transfers(
        self, peer: str, *, session_id: str = "", only_unfinished: bool = False, limit: int = 100
    ) -> list[Reflection]:
        """A rig's transfers, newest first."""
        wanted = {"peer": peer, "session_id": session_id, "only_unfinished": int(only_unfinished), "limit": limit}
        return [_reflection(row) for row in self._db.run("mirror_transfers", wanted)]

    def trim(self, peer: str, kind: str, keep: int) -> None:
        """Forget all but the newest."""
        with self._db.transaction("mirror_trim"):
            self._db.run("mirror_trim", {"peer": peer, "kind": kind, "keep": keep})


def _reflection(row: sqlite3.Row) -> Reflection:
    return Reflection(**{name: row[name] for name in ("peer", "kind", "id", "message", "seen_at")})
