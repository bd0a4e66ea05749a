"""How one rig stands, as its control PC last saw it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cagelab_bridge.errors import BridgeError, Finding, Gravity, PeerUnreachable
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
    lending_trouble: tuple[str, str, str]  # why it is lent nothing, or not everything: two sentences, a session's id
    status: RigStatus
    clock_ahead: float | None  # seconds the rig's clock is ahead of this computer's
    needs: tuple[Need, ...]
    leases: tuple[LeaseView, ...]


def notices(views: Iterable[RigView]) -> Iterator[Finding]:
    """What a person should look at, worst first. A rig that is merely switched off is none of it."""
    views = list(views)
    for view in views:
        if view.connected and view.status.files_blocked:
            yield _finding(
                view,
                Gravity.ERROR,
                f"{view.status.files_blocked} file(s) on {view.peer.name} cannot be delivered until somebody acts.",
                f"See why with `cagelab-bridge transfers --rig {view.peer.name}`, mend it there, then retry there.",
            )
    for view in views:
        if view.trouble is not None and not isinstance(view.trouble, PeerUnreachable):
            yield _finding(view, Gravity.WARNING, view.trouble.message, view.trouble.hint)
        elif view.connected and view.lending_trouble[0]:
            message = f"Not everything is lent to {view.peer.name}: {view.lending_trouble[0]}"
            yield _finding(view, Gravity.WARNING, message, f"See `cagelab-bridge rigs {view.peer.name}`.")


def _finding(view: RigView, gravity: Gravity, message: str, hint: str) -> Finding:
    return Finding(gravity=gravity, field="rig", value=view.peer.name, message=message, hint=hint)
