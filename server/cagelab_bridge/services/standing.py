"""What this bridge is to others, as its status tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cagelab_bridge.errors import Finding


def _none() -> Sequence[Finding]:
    return ()


@dataclass(kw_only=True)
class Standing:
    """Role, device id, and where paired bridges find it; what is wrong with its peers."""

    role: str = "workstation"
    device_id: str = ""  # empty: no identity yet
    lan_address: str = ""  # "host:port" while the LAN door is open
    notices: Callable[[], Sequence[Finding]] = _none
