"""Who may call what. A method without an entry may be called by nobody."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from cagelab_bridge.errors import Forbidden

LOCAL: Final = "local"  # a program of this account, proven by the access token
CONTROL: Final = "control"  # a paired control PC, at a rig's LAN door
CLIENT: Final = "client"  # a paired program on another computer: queries and its own sessions
RIG: Final = "rig"  # a paired rig; it is called by its control PC and calls nobody

_BRIDGE = "/cagelab.bridge.v1.Bridge/"
_CREDENTIALS = "/cagelab.bridge.v1.Credentials/"
_EVENTS = "/cagelab.bridge.v1.Events/"
_RIGS = "/cagelab.bridge.v1.Rigs/"
_AUDITS = "/cagelab.bridge.v1.Audits/"
_BACKFILLS = "/cagelab.bridge.v1.Backfills/"
_RECLAIMS = "/cagelab.bridge.v1.Reclaims/"
_LOCAL_ONLY = frozenset({LOCAL})
_CONTROL_ONLY = frozenset({CONTROL})
_LOCAL_AND_CONTROL = frozenset({LOCAL, CONTROL})
_LOCAL_AND_CLIENT = frozenset({LOCAL, CLIENT})
_LOCAL_CONTROL_AND_CLIENT = frozenset({LOCAL, CONTROL, CLIENT})

POLICY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        _BRIDGE + "Login": _LOCAL_ONLY,
        _BRIDGE + "Logout": _LOCAL_ONLY,
        _BRIDGE + "GetStatus": _LOCAL_AND_CONTROL,
        _BRIDGE + "ListChoices": _LOCAL_AND_CLIENT,
        _BRIDGE + "CheckSession": _LOCAL_AND_CLIENT,
        _BRIDGE + "Query": _LOCAL_AND_CLIENT,
        _BRIDGE + "Submit": _LOCAL_ONLY,
        _BRIDGE + "ReserveFolder": _LOCAL_AND_CLIENT,
        _BRIDGE + "StartSession": _LOCAL_AND_CLIENT,
        _BRIDGE + "EndSession": _LOCAL_AND_CLIENT,
        _BRIDGE + "AmendSession": _LOCAL_AND_CONTROL,
        _BRIDGE + "DismissFile": _LOCAL_AND_CONTROL,
        _BRIDGE + "GetSession": _LOCAL_CONTROL_AND_CLIENT,
        _BRIDGE + "ListSessions": _LOCAL_CONTROL_AND_CLIENT,
        _BRIDGE + "DownloadFiles": _LOCAL_ONLY,
        _BRIDGE + "UploadFiles": _LOCAL_AND_CLIENT,
        _BRIDGE + "GetTransfer": _LOCAL_CONTROL_AND_CLIENT,
        _BRIDGE + "ListTransfers": _LOCAL_CONTROL_AND_CLIENT,
        _BRIDGE + "RetryTransfer": _LOCAL_AND_CONTROL,
        _BRIDGE + "CancelTransfer": _LOCAL_ONLY,
        _BRIDGE + "Watch": _LOCAL_CONTROL_AND_CLIENT,
        _CREDENTIALS + "PutCredentials": _LOCAL_ONLY,
        _CREDENTIALS + "ListCredentials": _LOCAL_ONLY,
        _CREDENTIALS + "RemoveCredentials": _LOCAL_ONLY,
        _CREDENTIALS + "ForwardCredentials": _LOCAL_ONLY,
        _CREDENTIALS + "ListLeases": _LOCAL_ONLY,
        _CREDENTIALS + "PushCredentials": _CONTROL_ONLY,
        _CREDENTIALS + "PushSignatures": _CONTROL_ONLY,
        _CREDENTIALS + "RevokeLease": _LOCAL_AND_CONTROL,
        _CREDENTIALS + "WatchNeeds": _CONTROL_ONLY,
        _CREDENTIALS + "ListNeeds": _LOCAL_AND_CONTROL,
        _EVENTS + "ListEvents": _LOCAL_ONLY,
        _EVENTS + "ResendEvent": _LOCAL_ONLY,
        _EVENTS + "TestEvent": _LOCAL_ONLY,
        _RIGS + "ListRigs": _LOCAL_ONLY,
        _RIGS + "GetRig": _LOCAL_ONLY,
        _AUDITS + "AuditSession": _LOCAL_ONLY,
        _BACKFILLS + "BackfillSession": _LOCAL_ONLY,
        _AUDITS + "AuditStore": _LOCAL_ONLY,
        _RECLAIMS + "ListReclaimable": _LOCAL_ONLY,
        _RECLAIMS + "ReclaimFiles": _LOCAL_ONLY,
    }
)


def require_allowed(method: str, role: str) -> None:
    """Raise Forbidden unless callers of this role may call the method ("/package.Service/Method")."""
    if role not in POLICY.get(method, frozenset()):
        raise Forbidden(f"The role “{role}” may not call {method.rpartition('/')[2]}.")


def role_for(method: str, roles: Collection[str]) -> str:
    """The role in which a peer that has these may call the method; where none may, the first it has."""
    known = [role for role in (CONTROL, CLIENT, RIG) if role in roles]
    allowed = POLICY.get(method, frozenset())
    return next((role for role in known if role in allowed), known[0] if known else "")
