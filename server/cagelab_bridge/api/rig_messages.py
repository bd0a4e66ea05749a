"""Between what a control PC knows of its rigs, and the messages of the contract."""

from __future__ import annotations

from google.protobuf import json_format

from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2, rigs_pb2, session_pb2, transfer_pb2
from cagelab_bridge.api import convert
from cagelab_bridge.api.lent import GRANT_NUMBERS, need_message
from cagelab_bridge.identity.device_ids import device_id
from cagelab_bridge.journal.mirror import Reflection
from cagelab_bridge.services.errands import LeaseView
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.rigs.rig_state import RigView


def lease_message(view: LeaseView, clock: LabTime) -> lending_pb2.Lease:
    """A lease without its secrets."""
    store = view.store
    return lending_pb2.Lease(
        id=view.id,
        peer=view.peer,
        session_id=view.session_id,
        alyx_url=view.account.alyx_url,
        username=view.account.username,
        has_token=view.has_token,
        grant=GRANT_NUMBERS[store.grant] if store else lending_pb2.STORE_GRANT_UNSPECIFIED,
        endpoint=store.endpoint if store else "",
        bucket=store.bucket if store else "",
        prefix=store.prefix if store else "",
        expires_at=clock.stamp_in(view.seconds_left),
    )


def rig_message(view: RigView, clock: LabTime) -> rigs_pb2.Rig:
    """How a rig stands. What keeps it from being lent to comes where nothing worse is known."""
    status, (reason, hint, session_id) = view.status, view.lending_trouble
    if session_id:
        hint = f"{hint} It concerns session {session_id[:8]}.".lstrip()
    if view.trouble is not None:
        reason, hint = view.trouble.message, view.trouble.hint
    return rigs_pb2.Rig(
        name=view.peer.name,
        address=f"{view.peer.address}:{view.peer.port}",
        device_id=device_id(view.peer.fingerprint),
        connected=view.connected,
        last_seen_at=view.last_seen_at,
        reason=reason,
        hint=hint,
        version=status.version,
        sandbox=status.sandbox,
        clock_ahead_seconds=view.clock_ahead,
        needs=[need_message(need) for need in view.needs],
        leases=[lease_message(lease, clock) for lease in view.leases],
        sessions_open=status.sessions_open,
        files_waiting=status.files_waiting,
        files_blocked=status.files_blocked,
        notices=[convert.finding_message(notice) for notice in status.notices],
    )


def session_from(told: Reflection, rig: str) -> session_pb2.Session:
    """A session as the rig told it."""
    message = json_format.Parse(told.message, session_pb2.Session(), ignore_unknown_fields=True)
    message.peer, message.last_seen_at = rig, told.seen_at
    return message


def transfer_from(text: str, rig: str, seen_at: str) -> transfer_pb2.Transfer:
    """A transfer as the rig told it."""
    message = json_format.Parse(text, transfer_pb2.Transfer(), ignore_unknown_fields=True)
    message.peer, message.last_seen_at = rig, seen_at
    return message
