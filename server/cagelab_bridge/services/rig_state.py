"""How one rig stands, as its control PC last saw it."""

from __future__ import annotations

from dataclasses import dataclass

from cagelab_bridge.errors import BridgeError
from cagelab_bridge.models import Need, Peer
from cagelab_bridge.ports.rigs import RigStatus
from cagelab_bridge.services.errands import LeaseView


@dataclass(frozen=True, kw_only=True)
class RigView:
    """A rig at this moment."""

    peer: Peer
    connected: bool
    last_seen_at: str  # RFC 3339, UTC; "": never since this bridge started
    trouble: BridgeError | None
    lending_trouble: tuple[str, str]  # why it is lent nothing, or not everything: a sentence and a session's id
    status: RigStatus
    clock_ahead: float | None  # seconds the rig's clock is ahead of this computer's
    needs: tuple[Need, ...]
    leases: tuple[LeaseView, ...]
