"""Speaks to a rig in the contract's messages, and with the services in words (`ports.rigs.RigDoor`, `RigLink`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2, session_pb2, status_pb2, transfer_pb2
from cagelab_bridge.errors import Code, Finding, Gravity, PeerRefused
from cagelab_bridge.models import AccountKey, Grant, Need, Peer
from cagelab_bridge.peers.modesty import demand_modest
from cagelab_bridge.ports import PeerDoor, PeerLink
from cagelab_bridge.ports.rigs import (
    FilesWanted,
    Kind,
    LentStore,
    Loan,
    NeedsNews,
    RigStatus,
    Signed,
    SignRequest,
    Told,
)

BRIDGE = "/cagelab.bridge.v1.Bridge/"
CREDENTIALS = "/cagelab.bridge.v1.Credentials/"
SECONDS = 10.0  # a rig answers these from its memory or its journal
FILES_SECONDS = 30.0
GRANTS = {
    Grant.SCOPED: lending_pb2.STORE_GRANT_SCOPED,
    Grant.SIGNED: lending_pb2.STORE_GRANT_SIGNED,
    Grant.RAW: lending_pb2.STORE_GRANT_RAW,
}
SEVERITIES = {
    Gravity.INFO: session_pb2.SEVERITY_INFO,
    Gravity.WARNING: session_pb2.SEVERITY_WARNING,
    Gravity.ERROR: session_pb2.SEVERITY_ERROR,
}
GRAVITIES = {severity: gravity for gravity, severity in SEVERITIES.items()}
M = TypeVar("M", bound=Message)


class RigClients:
    """`ports.rigs.RigDoor` over connections to peers."""

    def __init__(self, door: PeerDoor) -> None:
        self._door = door

    def connect(self, peer: Peer) -> RigClient:
        """See ports.rigs.RigDoor."""
        return RigClient(self._door.connect(peer))


class RigClient:
    """`ports.rigs.RigLink`."""

    def __init__(self, link: PeerLink) -> None:
        self._link = link

    async def status(self) -> RigStatus:
        """See ports.rigs.RigLink."""
        answer = await self._call(
            BRIDGE + "GetStatus", status_pb2.GetStatusRequest(), status_pb2.GetStatusResponse, SECONDS
        )
        return _status(answer)

    async def told(self, kind: Kind, limit: int) -> list[Told]:
        """See ports.rigs.RigLink."""
        if kind is Kind.SESSION:
            sessions = session_pb2.ListSessionsRequest(limit=limit)
            found = await self._call(BRIDGE + "ListSessions", sessions, session_pb2.ListSessionsResponse, FILES_SECONDS)
            return [_told_session(session) for session in found.sessions[:limit]]
        transfers = transfer_pb2.ListTransfersRequest(limit=limit)
        answer = await self._call(
            BRIDGE + "ListTransfers", transfers, transfer_pb2.ListTransfersResponse, FILES_SECONDS
        )
        return [_told_transfer(transfer) for transfer in answer.transfers[:limit]]

    async def transfer(self, identity: str, wanted: FilesWanted) -> tuple[str, str]:
        """See ports.rigs.RigLink."""
        request = transfer_pb2.GetTransferRequest(
            transfer_id=identity,
            only_blocked=wanted.only_blocked,
            summary_only=wanted.summary_only,
            page_size=wanted.page_size,
            page_token=wanted.page_token,
        )
        answer = await self._call(BRIDGE + "GetTransfer", request, transfer_pb2.GetTransferResponse, FILES_SECONDS)
        return _json(answer.transfer), answer.next_page_token

    async def changes(self) -> AsyncIterator[Told]:
        """See ports.rigs.RigLink."""
        request = status_pb2.WatchRequest().SerializeToString()
        async for data in self._link.stream(BRIDGE + "Watch", request):
            change = _read(status_pb2.WatchResponse, data)
            if change.HasField("session"):
                yield _told_session(change.session)
            elif change.HasField("transfer"):
                yield _told_transfer(change.transfer)

    async def needs(self) -> AsyncIterator[NeedsNews]:
        """See ports.rigs.RigLink."""
        request = lending_pb2.WatchNeedsRequest().SerializeToString()
        async for data in self._link.stream(CREDENTIALS + "WatchNeeds", request):
            news = _read(lending_pb2.WatchNeedsResponse, data)
            yield NeedsNews(
                needs=tuple(_need(need) for need in news.needs) if news.is_snapshot else None,
                to_sign=tuple(_sign_request(wanted) for wanted in news.to_sign),
            )

    async def push(self, loan: Loan) -> None:
        """See ports.rigs.RigLink."""
        await self._push(_loan(loan))

    async def refuse(self, session_id: str, finding: Finding) -> None:
        """See ports.rigs.RigLink."""
        refusal = session_pb2.Finding(
            severity=SEVERITIES[finding.gravity],
            field=finding.field,
            value=finding.value,
            message=finding.message,
            hint=finding.hint,
        )
        await self._push(lending_pb2.PushCredentialsRequest(session_id=session_id, refusal=refusal))

    async def sign(self, signed: Sequence[Signed]) -> None:
        """See ports.rigs.RigLink."""
        request = lending_pb2.PushSignaturesRequest(
            signatures=[lending_pb2.Signature(id=one.id, headers=one.headers, refusal=one.refusal) for one in signed]
        )
        await self._call(CREDENTIALS + "PushSignatures", request, lending_pb2.PushSignaturesResponse, SECONDS)

    async def revoke(self, lease_id: str) -> None:
        """See ports.rigs.RigLink."""
        request = lending_pb2.RevokeLeaseRequest(lease_id=lease_id)
        await self._call(CREDENTIALS + "RevokeLease", request, lending_pb2.RevokeLeaseResponse, SECONDS)

    async def close(self) -> None:
        """See ports.rigs.RigLink."""
        await self._link.close()

    async def _push(self, request: lending_pb2.PushCredentialsRequest) -> None:
        await self._call(CREDENTIALS + "PushCredentials", request, lending_pb2.PushCredentialsResponse, SECONDS)

    async def _call(self, method: str, request: Message, answer: type[M], seconds: float) -> M:
        return _read(answer, await self._link.call(method, request.SerializeToString(), seconds))


def _read(kind: type[M], data: bytes) -> M:
    try:
        demand_modest(data, kind)
        message = kind()
        message.ParseFromString(data)
    except DecodeError:
        raise PeerRefused(
            "The rig's answer cannot be read.",
            code=Code.INTERNAL,
            about="message",
            hint="Install the same version of cagelab-bridge on both computers.",
        ) from None
    return message


def _json(message: Message) -> str:
    return json_format.MessageToJson(message, preserving_proto_field_name=True, indent=None)


def _told_session(session: session_pb2.Session) -> Told:
    return Told(kind=Kind.SESSION, id=session.session_id, message=_json(session))


def _told_transfer(transfer: transfer_pb2.Transfer) -> Told:
    return Told(kind=Kind.TRANSFER, id=transfer.transfer_id, message=_json(transfer))


def _status(answer: status_pb2.GetStatusResponse) -> RigStatus:
    return RigStatus(
        version=answer.version,
        sandbox=answer.sandbox,
        sessions_open=answer.sessions_open,
        files_waiting=answer.files_waiting,
        files_blocked=answer.files_blocked,
        notices=tuple(
            Finding(
                gravity=GRAVITIES.get(notice.severity, Gravity.INFO),
                field=notice.field,
                value=notice.value,
                message=notice.message,
                hint=notice.hint,
                suggestions=tuple(notice.suggestions),
            )
            for notice in answer.notices
        ),
        clocks={
            account.alyx_url: account.clock_ahead_seconds
            for account in answer.accounts
            if account.HasField("clock_ahead_seconds")
        },
    )


def _need(need: lending_pb2.Need) -> Need:
    account = AccountKey(alyx_url=need.alyx_url, username=need.username) if need.alyx_url and need.username else None
    return Need(
        session_id=need.session_id,
        subject=need.subject,
        lab=need.lab,
        projects=tuple(need.projects),
        account=account,
        alyx_id=need.alyx_id,
        repository=need.repository,
        endpoint=need.endpoint,
        token_wanted=need.token_wanted,
        store_wanted=need.store_wanted,
        lease_id=need.lease_id,
    )


def _sign_request(wanted: lending_pb2.SignatureRequest) -> SignRequest:
    return SignRequest(
        id=wanted.id,
        session_id=wanted.session_id,
        lease_id=wanted.lease_id,
        method=wanted.method,
        bucket=wanted.bucket,
        key=wanted.key,
        query=dict(wanted.query),
        headers=dict(wanted.headers),
        content_sha256=wanted.content_sha256,
        moment=wanted.moment,
    )


def _loan(loan: Loan) -> lending_pb2.PushCredentialsRequest:
    return lending_pb2.PushCredentialsRequest(
        lease_id=loan.lease_id,
        session_id=loan.session_id,
        seconds=loan.seconds,
        account=lending_pb2.LentAccount(
            alyx_url=loan.account.alyx_url, username=loan.account.username, token=loan.token.reveal()
        ),
        store=_lent_store(loan.store) if loan.store else None,
    )


def _lent_store(store: LentStore) -> lending_pb2.LentStore:
    return lending_pb2.LentStore(
        grant=GRANTS[store.grant],
        endpoint=store.endpoint,
        bucket=store.bucket,
        prefix=store.prefix,
        access_key=store.access_key,
        secret_key=store.secret_key.reveal(),
        session_token=store.session_token.reveal(),
        region=store.region,
    )
