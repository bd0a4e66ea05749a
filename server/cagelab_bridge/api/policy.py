"""Who may call what. A method without an entry may be called by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cagelab_bridge.errors import Forbidden

LOCAL: Final = "local"  # a program of this account, proven by the access token
CONTROL: Final = "control"  # a paired control PC, at a rig's LAN door
CLIENT: Final = "client"  # a paired program on another computer: queries and its own sessions
RIG: Final = "rig"  # a paired rig; it is called by its control PC and calls nobody

_BRIDGE = "/cagelab.bridge.v1.Bridge/"
_CREDENTIALS = "/cagelab.bridge.v1.Credentials/"
_LOCAL_ONLY = frozenset({LOCAL})

POLICY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        _BRIDGE + "Login": _LOCAL_ONLY,
        _BRIDGE + "Logout": _LOCAL_ONLY,
        _BRIDGE + "GetStatus": _LOCAL_ONLY,
        _BRIDGE + "ListChoices": _LOCAL_ONLY,
        _BRIDGE + "CheckSession": _LOCAL_ONLY,
        _BRIDGE + "Query": _LOCAL_ONLY,
        _BRIDGE + "Submit": _LOCAL_ONLY,
        _BRIDGE + "ReserveFolder": _LOCAL_ONLY,
        _BRIDGE + "StartSession": _LOCAL_ONLY,
        _BRIDGE + "EndSession": _LOCAL_ONLY,
        _BRIDGE + "AmendSession": _LOCAL_ONLY,
        _BRIDGE + "DismissFile": _LOCAL_ONLY,
        _BRIDGE + "GetSession": _LOCAL_ONLY,
        _BRIDGE + "ListSessions": _LOCAL_ONLY,
        _BRIDGE + "UploadFiles": _LOCAL_ONLY,
        _BRIDGE + "GetTransfer": _LOCAL_ONLY,
        _BRIDGE + "ListTransfers": _LOCAL_ONLY,
        _BRIDGE + "RetryTransfer": _LOCAL_ONLY,
        _BRIDGE + "CancelTransfer": _LOCAL_ONLY,
        _BRIDGE + "Watch": _LOCAL_ONLY,
        _CREDENTIALS + "PutCredentials": _LOCAL_ONLY,
        _CREDENTIALS + "ListCredentials": _LOCAL_ONLY,
        _CREDENTIALS + "RemoveCredentials": _LOCAL_ONLY,
    }
)


def require_allowed(method: str, role: str) -> None:
    """Raise Forbidden unless callers of this role may call the method ("/package.Service/Method")."""
    if role not in POLICY.get(method, frozenset()):
        raise Forbidden(f"The role “{role}” may not call {method.rpartition('/')[2]}.")
