"""Between the nouns of the bridge and the messages of the contract."""

from __future__ import annotations

from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2, session_pb2, status_pb2, transfer_pb2
from cagelab_bridge.errors import BridgeError, Finding, Gravity
from cagelab_bridge.models import LOCAL, FileState, Session, Spec, Sums, Transfer
from cagelab_bridge.models import File as FileRow
from cagelab_bridge.ports import KeyringView
from cagelab_bridge.services.accounts.accounts import AccountState
from cagelab_bridge.services.accounts.credentials import ALYX_KIND, STORE_KIND, Held

SEVERITIES = {
    Gravity.INFO: session_pb2.SEVERITY_INFO,
    Gravity.WARNING: session_pb2.SEVERITY_WARNING,
    Gravity.ERROR: session_pb2.SEVERITY_ERROR,
}
KINDS = {
    credentials_pb2.CREDENTIAL_KIND_STORE: STORE_KIND,
    credentials_pb2.CREDENTIAL_KIND_ALYX: ALYX_KIND,
}


def spec_from(message: session_pb2.SessionSpec) -> Spec:
    """What a session is about."""
    return Spec(
        subject=message.subject,
        lab=message.lab,
        location=message.location,
        experimenters=tuple(message.experimenters),
        projects=tuple(message.projects),
        procedures=tuple(message.procedures),
        task_protocol=message.task_protocol,
        narrative=message.narrative,
        brain_region=message.brain_region,
        rig=message.rig,
        json=message.json,
    )


def session_message(session: Session, transfer_ids: list[str]) -> session_pb2.Session:
    """A session, with the ids of its transfers."""
    spec = session.spec
    return session_pb2.Session(
        session_id=session.id,
        subject=spec.subject,
        lab=spec.lab,
        location=spec.location,
        experimenters=spec.experimenters,
        projects=spec.projects,
        procedures=spec.procedures,
        task_protocol=spec.task_protocol,
        narrative="\n".join(text for text in (spec.narrative, session.end_narrative) if text),
        brain_region=spec.brain_region,
        rig=spec.rig,
        alyx_url=session.account.alyx_url if session.account else "",
        account=session.account.username if session.account else "",
        date=session.date,
        number=session.number,
        folder=session.folder,
        start_time=session.start_time,
        end_time=session.end_time,
        run=f"RUN_STATE_{session.run}",
        alyx=f"ALYX_STATE_{session.alyx}",
        complete=session.completed,
        alyx_id=session.alyx_id,
        url=session.url,
        alyx_number=session.alyx_number if session.alyx_id else 0,  # before, it is only what was asked for
        blocked=session.trouble.blocked,
        waiting_for_credentials=session.trouble.waiting,
        reason=session.trouble.reason,
        hint=session.trouble.hint,
        qc=session.qc,
        n_trials=session.n_trials,
        n_correct_trials=session.n_correct_trials,
        json=session.end_json or spec.json,
        transfer_ids=transfer_ids,
        warnings=session.warnings,
        trouble_since=session.trouble.since,
        amendments=[
            session_pb2.Amendment(
                amended_at=amendment.amended_at,
                field=amendment.field,
                old_values=amendment.old_values,
                new_values=amendment.new_values,
                reason=amendment.reason,
            )
            for amendment in session.amendments
        ],
    )


def transfer_message(transfer: Transfer, sums: Sums) -> transfer_pb2.Transfer:
    """A transfer without its files."""
    return transfer_pb2.Transfer(
        transfer_id=transfer.id,
        session_id=transfer.session_id,
        state=transfer_state(transfer, sums),
        repository=transfer.repository,
        accepted=True,
        power_safe=transfer.power_safe,
        files_total=sums.total,
        files_done=sums.done,
        files_blocked=sums.blocked,
        files_dismissed=sums.dismissed,
        bytes_total=sums.bytes_total,
        bytes_sent=sums.bytes_sent,
        waiting_for_credentials=transfer.trouble.waiting or sums.waiting > 0,
        reason=transfer.trouble.reason,
        hint=transfer.trouble.hint,
        accepted_at=transfer.accepted_at,
        trouble_since=transfer.trouble.since,
        direction=f"TRANSFER_DIRECTION_{transfer.direction}",
        folder=transfer.folder,
        files_present=sums.present,
    )


def transfer_state(transfer: Transfer, sums: Sums) -> transfer_pb2.TransferState:
    """The state that follows from a transfer's files."""
    if transfer.cancelled:
        return transfer_pb2.TRANSFER_STATE_CANCELLED
    if transfer.trouble.blocked:
        return transfer_pb2.TRANSFER_STATE_BLOCKED
    if not transfer.listed:
        return transfer_pb2.TRANSFER_STATE_LISTING
    left = sums.total - sums.done - sums.dismissed
    if not left:
        return transfer_pb2.TRANSFER_STATE_DONE
    return transfer_pb2.TRANSFER_STATE_BLOCKED if left == sums.blocked else transfer_pb2.TRANSFER_STATE_ACTIVE


def file_message(file: FileRow) -> transfer_pb2.TransferFile:
    """One file of a transfer."""
    return transfer_pb2.TransferFile(
        file_id=file.id,
        path=file.path,
        relative_path=file.relative_path,
        size=file.size,
        state=f"FILE_STATE_{file.state}",
        blocked=file.trouble.blocked,
        waiting_for_credentials=file.trouble.waiting,
        reason=file.trouble.reason,
        hint=file.trouble.hint,
        md5=file.md5,
        sha256=file.sha256,
        dataset_id=file.dataset_id,
        bucket=file.bucket,
        key=file.key,
        bytes_sent=file.bytes_sent,
        verified_by=file.verified_by if file.state is not FileState.STORED else "",
        trouble_since=file.trouble.since,
        partial=file.partial,
    )


def finding_message(finding: Finding) -> session_pb2.Finding:
    """One thing found wrong, or worth knowing."""
    return session_pb2.Finding(
        severity=SEVERITIES[finding.gravity],
        field=finding.field,
        value=finding.value,
        message=finding.message,
        hint=finding.hint,
        suggestions=finding.suggestions,
    )


def account_message(state: AccountState) -> status_pb2.Account:
    """How an account stands."""
    trouble = state.trouble
    return status_pb2.Account(
        alyx_url=state.key.alyx_url,
        username=state.key.username,
        logged_in=state.logged_in,
        reachable=state.logged_in and trouble is None,
        reason=trouble.message if trouble else "",
        hint=trouble.hint if trouble else "",
        clock_ahead_seconds=state.clock_ahead,
        zone_offset_hours=state.zone_offset,
        source=state.source,
    )


def store_message(
    held: Held, trouble: BridgeError | None, ahead: float | None, *, on_rig: bool
) -> status_pb2.StoreStatus:
    """How a store stands. On a rig it matters whether keys are its own or lent, more than where it keeps them."""
    return status_pb2.StoreStatus(
        endpoint=held.endpoint,
        source=LOCAL if on_rig and not held.lent else held.source,
        reachable=trouble is None,
        reason=trouble.message if trouble else "",
        hint=trouble.hint if trouble else "",
        clock_ahead_seconds=ahead,
    )


def credential_message(held: Held) -> credentials_pb2.CredentialInfo:
    """A secret without the secret."""
    kind = next(number for number, name in KINDS.items() if name == held.kind)
    return credentials_pb2.CredentialInfo(kind=kind, endpoint=held.endpoint, identity=held.identity, source=held.source)


def keyring_message(seen: KeyringView | None) -> status_pb2.KeyringStatus | None:
    """How the keyring stands; None: nobody knows yet."""
    if seen is None:
        return None
    return status_pb2.KeyringStatus(state=seen.state, backend=seen.backend, reason=seen.reason, hint=seen.hint)
