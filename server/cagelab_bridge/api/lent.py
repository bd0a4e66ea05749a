"""Between what is lent, needed and signed, and the messages of the contract, on a rig."""

from __future__ import annotations

import dataclasses

from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2, session_pb2
from cagelab_bridge.errors import Finding, Gravity, InvalidInput
from cagelab_bridge.models import AccountKey, Grant, Need
from cagelab_bridge.ports.rigs import LentStore, Loan, NeedsNews, Signed, SignRequest
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.accounts.credentials import checked_endpoint
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.lending.lease import Lease

GRANTS = {
    lending_pb2.STORE_GRANT_SCOPED: Grant.SCOPED,
    lending_pb2.STORE_GRANT_SIGNED: Grant.SIGNED,
    lending_pb2.STORE_GRANT_RAW: Grant.RAW,
}
GRANT_NUMBERS = {grant: number for number, grant in GRANTS.items()}


def loan_from(request: lending_pb2.PushCredentialsRequest) -> Loan:
    """What is lent. Raises InvalidInput."""
    account = request.account
    return Loan(
        lease_id=request.lease_id,
        session_id=request.session_id,
        seconds=request.seconds,
        account=AccountKey(alyx_url=account.alyx_url, username=account.username),
        token=Secret(account.token),
        store=_store_from(request.store) if request.HasField("store") else None,
    )


def _store_from(store: lending_pb2.LentStore) -> LentStore:
    if store.grant not in GRANTS:
        raise InvalidInput("How the store is lent was not said.", about="store")
    return LentStore(
        grant=GRANTS[store.grant],
        endpoint=checked_endpoint(store.endpoint),
        bucket=store.bucket,
        prefix=store.prefix,
        region=store.region,
        access_key=store.access_key,
        secret_key=Secret(store.secret_key),
        session_token=Secret(store.session_token),
    )


def refusal_from(message: session_pb2.Finding) -> Finding:
    """Why nothing is lent, for people."""
    return Finding(
        gravity=Gravity.WARNING,
        field=message.field,
        value=message.value,
        message=message.message or "it does not say why.",
        hint=message.hint,
    )


def signed_from(message: lending_pb2.Signature) -> Signed:
    """The answer to a request to sign."""
    return Signed(id=message.id, headers=dict(message.headers), refusal=message.refusal)


def need_message(need: Need) -> lending_pb2.Need:
    """What a session lacks."""
    fields = dataclasses.asdict(need)
    account = fields.pop("account") or {"alyx_url": "", "username": ""}
    return lending_pb2.Need(**fields, **account)


def news_message(news: NeedsNews) -> lending_pb2.WatchNeedsResponse:
    """One message of the stream."""
    return lending_pb2.WatchNeedsResponse(
        needs=[need_message(need) for need in news.needs or ()],
        to_sign=[_request_message(request) for request in news.to_sign],
        is_snapshot=news.needs is not None,
    )


def _request_message(request: SignRequest) -> lending_pb2.SignatureRequest:
    return lending_pb2.SignatureRequest(**dataclasses.asdict(request))


def lease_message(lease: Lease, seconds_left: float, clock: LabTime) -> lending_pb2.Lease:
    """A lease without its secrets."""
    store = lease.store
    return lending_pb2.Lease(
        id=lease.id,
        peer=lease.owner_name,
        session_id=lease.session_id,
        alyx_url=lease.account.alyx_url,
        username=lease.account.username,
        has_token=bool(lease.token),
        grant=GRANT_NUMBERS[store.grant] if store else lending_pb2.STORE_GRANT_UNSPECIFIED,
        endpoint=store.endpoint if store else "",
        bucket=store.bucket if store else "",
        prefix=store.prefix if store else "",
        expires_at=clock.stamp_in(seconds_left),
    )
