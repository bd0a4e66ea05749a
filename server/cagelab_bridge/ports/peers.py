"""Other bridges, known by their certificates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from cagelab_bridge.models import Peer, PeerChange


class PeerList(Protocol):
    """The bridges this one is paired with. Never blocks."""

    def peers(self) -> list[Peer]:
        """All of them, by name."""

    def by_name_or_address(self, text: str) -> Peer:
        """The peer of that name or address, or of both as the GUI writes them ("192.168.3.22  pacman-002").

        Raises PeerUnknown.
        """

    def by_fingerprint(self, fingerprint: str) -> Peer | None:
        """The peer with that certificate; None for a stranger."""

    def on_change(self, callback: Callable[[PeerChange], None]) -> None:
        """Call it after each change, in the event loop's thread."""


class PeerLink(Protocol):
    """A connection to one peer: its certificate alone is believed. Messages are serialized.

    Raises PeerTrouble and its kin, DeadlineExceeded; PeerRefused carries what the other bridge said.
    """

    async def call(self, method: str, request: bytes, seconds: float) -> bytes:
        """One call of "/package.Service/Method", answered within so many seconds."""

    def stream(self, method: str, request: bytes) -> AsyncIterator[bytes]:
        """A call that answers again and again, for as long as the caller reads. A peer that dies is noticed in 15 s."""

    async def close(self) -> None:
        """Hang up."""


class PeerDoor(Protocol):
    """Makes connections to peers."""

    def connect(self, peer: Peer) -> PeerLink:
        """A connection to the peer; dials at the first call."""

    async def close(self) -> None:
        """Close all connections."""
