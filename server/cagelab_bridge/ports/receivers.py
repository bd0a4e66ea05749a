"""Whoever is told of events."""

from __future__ import annotations

from typing import Protocol

from cagelab_bridge.event_models import Event, Receiver
from cagelab_bridge.secret import Secret


class ReceiverDoor(Protocol):
    """Webhooks and commands."""

    async def key(self, receiver: Receiver) -> Secret | None:
        """Its key or token; None where it needs none. Raises Forbidden (others can read it), NotFound, …"""

    async def tell(self, receiver: Receiver, event: Event, key: Secret | None, *, sent_at: int) -> None:
        """Tell it, once. `key`: its own; `sent_at`: seconds since 1970 (UTC), for the signature.

        Raises Refused when it understood and says no (a command: ended with a mistake, or took too long), and
        Unreachable, AnswerLost, ServerFailed, Throttled, Denied, NoCredentials, Forbidden … when it could not be told.
        """

    async def close(self) -> None:
        """Close all connections."""
