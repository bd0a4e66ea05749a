"""The Bridge service: protobuf in, protobuf out."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, session_pb2, status_pb2, transfer_pb2
from cagelab_bridge.api import convert
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.watching import Watching
from cagelab_bridge.errors import Gravity, InvalidInput
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Session, Transfer
from cagelab_bridge.secret import Secret
from cagelab_bridge.services import health
from cagelab_bridge.services.abandonment import Abandonment
from cagelab_bridge.services.accounts import Accounts
from cagelab_bridge.services.amendments import Amendments, AmendOrder
from cagelab_bridge.services.choices import Choices
from cagelab_bridge.services.credentials import Credentials
from cagelab_bridge.services.delivery import Delivery
from cagelab_bridge.services.lab_time import LabTime, checked_day
from cagelab_bridge.services.preflight import Preflight
from cagelab_bridge.services.queries import Queries
from cagelab_bridge.services.record_keeper import RecordKeeper
from cagelab_bridge.services.sessions import EndOrder, Sessions, StartOrder
from cagelab_bridge.services.transfers import Transfers, UploadOrder

SERVICE = "/cagelab.bridge.v1.Bridge/"
LONGEST_ID = 200  # characters of a request_id
DEFAULT_LIMIT = 100  # rows of a list


@dataclass(frozen=True, kw_only=True)
class House:
    """The services the handlers call, and what never changes while the bridge runs."""

    journal: Journal
    accounts: Accounts
    credentials: Credentials
    choices: Choices
    preflight: Preflight
    queries: Queries
    sessions: Sessions
    amendments: Amendments
    transfers: Transfers
    abandonment: Abandonment
    delivery: Delivery
    records: RecordKeeper
    clock: LabTime
    version: str
    host: str
    time_zone: str
    started_at: str
    sandbox: bool


class BridgeHandlers:
    """One method per RPC, named as in the contract."""

    def __init__(self, house: House) -> None:
        self._house = house

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        return {
            SERVICE + name: handler
            for name, handler in (
                ("Login", self.login),
                ("Logout", self.logout),
                ("GetStatus", self.get_status),
                ("ListChoices", self.list_choices),
                ("CheckSession", self.check_session),
                ("Query", self.query),
                ("Submit", self.submit),
                ("ReserveFolder", self.reserve_folder),
                ("StartSession", self.start_session),
                ("EndSession", self.end_session),
                ("AmendSession", self.amend_session),
                ("GetSession", self.get_session),
                ("ListSessions", self.list_sessions),
                ("UploadFiles", self.upload_files),
                ("GetTransfer", self.get_transfer),
                ("ListTransfers", self.list_transfers),
                ("RetryTransfer", self.retry_transfer),
                ("CancelTransfer", self.cancel_transfer),
                ("DismissFile", self.dismiss_file),
                ("Watch", self.watch),
            )
        }

    # -- accounts and questions --------------------------------------------------------------------------------------

    async def login(self, request: status_pb2.LoginRequest, _: Caller) -> status_pb2.LoginResponse:
        """Prove an account; what waited for it goes on."""
        accounts = self._house.accounts
        password = Secret(request.password)
        key = await accounts.log_in(request.alyx_url, request.username, password, remember=request.remember)
        self._house.delivery.wake_all()
        await self._house.choices.warm(key)
        state = next(state for state in accounts.states() if state.key == key)
        return status_pb2.LoginResponse(account=convert.account_message(state))

    async def logout(self, request: status_pb2.LogoutRequest, _: Caller) -> status_pb2.LogoutResponse:
        """No new use of an account."""
        self._house.accounts.log_out(request.alyx_url, request.username)
        return status_pb2.LogoutResponse()

    async def get_status(self, _request: status_pb2.GetStatusRequest, _: Caller) -> status_pb2.GetStatusResponse:
        """From the journal's sums and the last word of each server."""
        house = self._house
        found = health.look(house.journal, house.accounts, house.credentials, house.clock)
        return status_pb2.GetStatusResponse(
            version=house.version,
            sandbox=house.sandbox,
            started_at=house.started_at,
            host=house.host,
            accounts=[convert.account_message(state) for state in found.accounts],
            stores=[convert.store_message(held, trouble, ahead) for held, trouble, ahead in found.stores],
            sessions_open=found.sessions["open"],
            sessions_pending=found.sessions["pending"],
            sessions_blocked=found.sessions["blocked"],
            files_waiting=int(found.files["waiting"]),
            files_blocked=int(found.files["blocked"]),
            bytes_waiting=int(found.files["bytes_waiting"]),
            oldest_waiting_since=str(found.files["oldest"]),
            notices=[convert.finding_message(finding) for finding in (*found.notices, *house.records.notices())],
            time_zone=house.time_zone,
            journal=str(house.journal.path),
            process_id=os.getpid(),
        )

    async def list_choices(self, request: query_pb2.ListChoicesRequest, _: Caller) -> query_pb2.ListChoicesResponse:
        """From the cache; refreshed behind the answer."""
        key = self._house.accounts.pick(request.alyx_url, request.account)
        return query_pb2.ListChoicesResponse(
            choices=[
                query_pb2.Choices(kind=kind, names=names, read_at=read_at)
                for kind, names, read_at in self._house.choices.listed(key, request.kinds)
            ]
        )

    async def check_session(
        self, request: session_pb2.CheckSessionRequest, _: Caller
    ) -> session_pb2.CheckSessionResponse:
        """Findings, most serious first."""
        key = self._house.accounts.pick(request.alyx_url, request.account)
        verdict = await self._house.preflight.check(
            key, convert.spec_from(request.spec), request.files, request.repository, request.data_url
        )
        return session_pb2.CheckSessionResponse(
            ok=all(finding.gravity is not Gravity.ERROR for finding in verdict.findings),
            findings=[convert.finding_message(finding) for finding in verdict.findings],
            live=verdict.live,
        )

    async def query(self, request: query_pb2.QueryRequest, _: Caller) -> query_pb2.QueryResponse:
        """Records as Alyx wrote them."""
        key = self._house.accounts.pick(request.alyx_url, request.account)
        page = await self._house.queries.read(key, request.path, request.limit)
        return query_pb2.QueryResponse(
            json=page.text, is_list=page.is_list, count=page.count, total=page.total, truncated=page.truncated
        )

    async def submit(self, request: query_pb2.SubmitRequest, _: Caller) -> query_pb2.SubmitResponse:
        """A new record through the journal, or a change now."""
        key = self._house.accounts.pick(request.alyx_url, request.account)
        if request.method == query_pb2.SUBMIT_METHOD_CHANGE:
            record = await self._house.queries.change(key, request.path, request.json)
            return query_pb2.SubmitResponse(delivered=True, json=json.dumps(record))
        if request.method != query_pb2.SUBMIT_METHOD_CREATE:
            raise InvalidInput("The method is missing.", about="method", hint="Use CREATE or CHANGE.")
        made = await self._house.queries.create(key, _request_id(request.request_id), request.path, request.json)
        return query_pb2.SubmitResponse(
            delivered=made.delivered, json=made.answer, reason=made.trouble.reason, submission_id=made.id
        )

    # -- sessions ----------------------------------------------------------------------------------------------------

    async def reserve_folder(
        self, request: session_pb2.ReserveFolderRequest, _: Caller
    ) -> session_pb2.ReserveFolderResponse:
        """A number and its folder."""
        session = await self._house.sessions.reserve(
            _request_id(request.request_id),
            subject=request.subject,
            lab=request.lab,
            date=request.date,
            root=request.root,
        )
        return session_pb2.ReserveFolderResponse(
            session_id=session.id,
            folder=session.folder,
            date=session.date,
            number=session.number,
            lab=session.spec.lab,
            warnings=session.warnings,
        )

    async def start_session(
        self, request: session_pb2.StartSessionRequest, _: Caller
    ) -> session_pb2.StartSessionResponse:
        """Committed before it is answered."""
        session = await self._house.sessions.start(
            StartOrder(
                request_id=_request_id(request.request_id),
                spec=convert.spec_from(request.spec),
                session_id=request.session_id,
                folder=request.folder,
                account=request.account,
                alyx_url=request.alyx_url,
                client_pid=request.client_pid,
            )
        )
        return session_pb2.StartSessionResponse(session=self._session(session))

    async def end_session(self, request: session_pb2.EndSessionRequest, _: Caller) -> session_pb2.EndSessionResponse:
        """Committed before it is answered; Alyx hears of it behind."""
        wanted = request.upload_folder or request.upload_paths
        paths = () if request.upload_folder else tuple(request.upload_paths)
        session, transfer_id = self._house.sessions.end(
            EndOrder(
                request_id=_request_id(request.request_id),
                session_id=request.session_id,
                qc=request.qc,
                narrative=request.narrative,
                n_trials=request.n_trials if request.HasField("n_trials") else None,
                n_correct_trials=request.n_correct_trials if request.HasField("n_correct_trials") else None,
                json=request.json,
                end_time=request.end_time,
                upload=UploadOrder(paths=paths, repository=request.repository) if wanted else None,
            )
        )
        return session_pb2.EndSessionResponse(session=self._session(session), transfer_id=transfer_id)

    async def amend_session(
        self, request: session_pb2.AmendSessionRequest, _: Caller
    ) -> session_pb2.AmendSessionResponse:
        """Committed before it is answered; Alyx hears of it behind."""
        session = await self._house.amendments.amend(
            AmendOrder(
                request_id=_request_id(request.request_id),
                session_id=request.session_id,
                subject=request.subject,
                projects=tuple(request.projects),
                experimenters=tuple(request.experimenters),
                reason=request.reason,
            )
        )
        return session_pb2.AmendSessionResponse(session=self._session(session))

    async def get_session(self, request: session_pb2.GetSessionRequest, _: Caller) -> session_pb2.GetSessionResponse:
        """One session; a remote program says with it that it is alive."""
        look = self._house.abandonment.heartbeat if request.heartbeat else self._house.journal.sessions.get
        session = look(request.session_id)
        return session_pb2.GetSessionResponse(session=self._session(session))

    async def list_sessions(
        self, request: session_pb2.ListSessionsRequest, _: Caller
    ) -> session_pb2.ListSessionsResponse:
        """Newest first."""
        found = self._house.journal.sessions.recent(
            subject=request.subject,
            first_date=checked_day(request.first_date) if request.first_date else "",
            last_date=checked_day(request.last_date) if request.last_date else "",
            only_unfinished=request.only_unfinished,
            limit=_limit(request.limit),
        )
        return session_pb2.ListSessionsResponse(sessions=[self._session(session) for session in found])

    # -- transfers ---------------------------------------------------------------------------------------------------

    async def upload_files(
        self, request: transfer_pb2.UploadFilesRequest, _: Caller
    ) -> transfer_pb2.UploadFilesResponse:
        """Accepted with one durable row."""
        transfer = self._house.transfers.upload(
            _request_id(request.request_id),
            request.session_id,
            UploadOrder(paths=tuple(request.paths), repository=request.repository),
        )
        return transfer_pb2.UploadFilesResponse(transfer=self._transfer(transfer))

    async def get_transfer(
        self, request: transfer_pb2.GetTransferRequest, _: Caller
    ) -> transfer_pb2.GetTransferResponse:
        """The sums, and a page of files."""
        message = self._transfer(self._house.journal.transfers.get(request.transfer_id))
        if request.summary_only:
            return transfer_pb2.GetTransferResponse(transfer=message)
        files, token = self._house.transfers.files(
            request.transfer_id,
            after=request.page_token,
            only_blocked=request.only_blocked,
            limit=_limit(request.page_size or 1000),
        )
        message.files.extend(convert.file_message(file) for file in files)
        return transfer_pb2.GetTransferResponse(transfer=message, next_page_token=token)

    async def list_transfers(
        self, request: transfer_pb2.ListTransfersRequest, _: Caller
    ) -> transfer_pb2.ListTransfersResponse:
        """Newest first, without files."""
        found = self._house.journal.transfers.recent(
            session_id=request.session_id, only_unfinished=request.only_unfinished, limit=_limit(request.limit)
        )
        return transfer_pb2.ListTransfersResponse(transfers=[self._transfer(transfer) for transfer in found])

    async def retry_transfer(
        self, request: transfer_pb2.RetryTransferRequest, _: Caller
    ) -> transfer_pb2.RetryTransferResponse:
        """Blocked files get another chance."""
        files, sessions = self._house.transfers.retry(request.transfer_id)
        return transfer_pb2.RetryTransferResponse(files=files, sessions=sessions)

    async def cancel_transfer(
        self, request: transfer_pb2.CancelTransferRequest, _: Caller
    ) -> transfer_pb2.CancelTransferResponse:
        """Give up the rest."""
        transfer = self._house.transfers.cancel(request.transfer_id, request.reason)
        return transfer_pb2.CancelTransferResponse(transfer=self._transfer(transfer))

    async def dismiss_file(
        self, request: transfer_pb2.DismissFileRequest, _: Caller
    ) -> transfer_pb2.DismissFileResponse:
        """Give up one file."""
        file = self._house.transfers.dismiss(request.file_id, request.reason)
        return transfer_pb2.DismissFileResponse(file=convert.file_message(file))

    def watch(self, request: status_pb2.WatchRequest, _: Caller) -> AsyncIterator[status_pb2.WatchResponse]:
        """Everything unfinished, then each change."""
        return Watching(self._house.journal, request.session_id).messages()

    def _session(self, session: Session) -> session_pb2.Session:
        transfers = self._house.journal.transfers.of_session(session.id)
        return convert.session_message(session, [transfer.id for transfer in transfers])

    def _transfer(self, transfer: Transfer) -> transfer_pb2.Transfer:
        return convert.transfer_message(transfer, self._house.journal.transfers.sums(transfer.id))


def _request_id(text: str) -> str:
    if len(text) > LONGEST_ID:
        raise InvalidInput(f"A request_id has at most {LONGEST_ID} characters.", about="request_id")
    return text


def _limit(limit: int) -> int:
    if limit < 0:
        raise InvalidInput("A limit is not negative.", about="limit")
    return min(limit or DEFAULT_LIMIT, 10_000)
