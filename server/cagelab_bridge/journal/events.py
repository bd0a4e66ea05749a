"""Events, and how far their receivers are, in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cagelab_bridge.errors import NotFound
from cagelab_bridge.event_models import Event, EventDelivery, EventKind, Telling
from cagelab_bridge.journal.database import Database


class EventTable:
    """Reads and moves events."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def insert(self, event: Event, receivers: Sequence[str]) -> None:
        """Remember that it happened, and who is to be told."""
        with self._db.transaction("event_insert"):
            columns = {name: getattr(event, name) for name in ("id", "session_id", "kind", "occurred_at", "files_done")}
            self._db.run("event_insert", {**columns, "body": event.body})
            for receiver in receivers:
                self._db.run("event_delivery_insert", {"event_id": event.id, "receiver": receiver})

    def get(self, identity: str) -> Event:
        """The event with that id. Raises NotFound."""
        row = self._db.run("event_get", {"id": identity}).fetchone()
        if row is None:
            raise NotFound(f"This bridge knows no event {identity}.", about="event")
        return Event(**{**dict(row), "kind": EventKind(row["kind"])})

    def recent(
        self, *, session_id: str = "", receiver: str = "", only_unfinished: bool = False, limit: int = 100
    ) -> list[EventDelivery]:
        """Newest first, one for each event and receiver."""
        wanted = {"session_id": session_id, "receiver": receiver, "limit": limit}
        found = self._db.run("event_list", {**wanted, "only_unfinished": int(only_unfinished)})
        return [_delivery(row) for row in found]

    def receivers(self, identity: str) -> list[str]:
        """Who is, or was, to be told of an event."""
        return [row["receiver"] for row in self._db.run("event_receivers", {"event_id": identity})]

    def pending(self, receiver: str) -> list[EventDelivery]:
        """What it is still to be told, what was tried least first."""
        return [_delivery(row) for row in self._db.run("event_pending", {"receiver": receiver})]

    def told(self, delivery: EventDelivery, at: str) -> None:
        """It took it, at that time (RFC 3339, UTC)."""
        self._change("event_told", delivery, at=at)

    def failed(self, delivery: EventDelivery, *, reason: str, hint: str, at: str, given_up: bool) -> None:
        """It did not take it. `given_up`: it is not told again by itself."""
        state = Telling.GIVEN_UP if given_up else Telling.PENDING
        self._change("event_failed", delivery, reason=reason, hint=hint, at=at, state=state)

    def again(self, identity: str, receivers: Sequence[str]) -> None:
        """Tell them once more."""
        with self._db.transaction("event_again"):
            for receiver in receivers:
                self._db.run("event_again", {"event_id": identity, "receiver": receiver})

    def failing(self) -> list[dict[str, Any]]:
        """Per receiver that does not take what it should: since, count, given_up, reason."""
        return [dict(row) for row in self._db.run("event_failing")]

    def files(self, session_id: str) -> list[dict[str, Any]]:
        """A session's stored files: relative_path, revision, dataset_id, md5, size, endpoint, bucket, key."""
        return [dict(row) for row in self._db.run("event_files", {"session_id": session_id})]

    def missing(self, session_id: str) -> list[dict[str, str]]:
        """What is left of a session's files: relative_path, reason."""
        return [dict(row) for row in self._db.run("event_missing", {"session_id": session_id})]

    def partial(self, before: str) -> list[str]:
        """Ids of sessions of which all that is left is blocked since then (RFC 3339, UTC) or longer, and untold."""
        return [row["id"] for row in self._db.run("event_partial", {"before": before})]

    def _change(self, statement: str, delivery: EventDelivery, **columns: Any) -> None:
        with self._db.transaction(statement):
            self._db.run(statement, {"event_id": delivery.event_id, "receiver": delivery.receiver, **columns})


def _delivery(row: Any) -> EventDelivery:
    columns = dict(row)
    return EventDelivery(
        kind=EventKind(columns.pop("kind")),
        state=Telling(columns.pop("state")),
        since=columns.pop("trouble_since"),
        **columns,
    )
