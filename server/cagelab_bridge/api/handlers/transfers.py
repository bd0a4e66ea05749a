"""Transfers and their files."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2, transfer_pb2
from cagelab_bridge.api import answers, convert
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.fields import limit_from, request_id_from
from cagelab_bridge.api.house import House
from cagelab_bridge.api.owners import owner_of, paths_of, request_id_of
from cagelab_bridge.api.watching import Watching
from cagelab_bridge.models import Transfer
from cagelab_bridge.services.downloads.downloads import Downloads, Wanted
from cagelab_bridge.services.transfers import Transfers, UploadOrder

SERVICE = "/cagelab.bridge.v1.Bridge/"


class TransferHandlers:
    """UploadFiles, DownloadFiles, GetTransfer, ListTransfers, RetryTransfer, CancelTransfer, DismissFile; and Watch."""

    def __init__(self, house: House) -> None:
        self._house = house

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        return {
            SERVICE + "UploadFiles": self.upload_files,
            SERVICE + "DownloadFiles": self.download_files,
            SERVICE + "GetTransfer": self.get_transfer,
            SERVICE + "ListTransfers": self.list_transfers,
            SERVICE + "RetryTransfer": self.retry_transfer,
            SERVICE + "CancelTransfer": self.cancel_transfer,
            SERVICE + "DismissFile": self.dismiss_file,
            SERVICE + "Watch": self.watch,
        }

    async def upload_files(
        self, request: transfer_pb2.UploadFilesRequest, caller: Caller
    ) -> transfer_pb2.UploadFilesResponse:
        """Accepted with one durable row."""
        transfer = self._house.transfers.upload(
            request_id_of(caller, request.request_id),
            request.session_id,
            UploadOrder(paths=paths_of(caller, request.paths), repository=request.repository),
            owner_of(caller),
        )
        return transfer_pb2.UploadFilesResponse(transfer=answers.transfer(self._house.journal, transfer))

    async def download_files(
        self, request: transfer_pb2.DownloadFilesRequest, _: Caller
    ) -> transfer_pb2.DownloadFilesResponse:
        """Accepted with one durable row."""
        transfer = self._house.downloads.start(
            request_id_from(request.request_id),
            self._house.accounts.pick(request.alyx_url, request.account),
            Wanted(
                session_ids=tuple(request.session_ids),
                subject=request.subject,
                lab=request.lab,
                first_date=request.first_date,
                last_date=request.last_date,
                task_protocol=request.task_protocol,
                dataset_types=tuple(request.dataset_types),
                names=tuple(request.names),
                collections=tuple(request.collections),
                dataset_ids=tuple(request.dataset_ids),
                all_revisions=request.all_revisions,
            ),
            request.folder,
        )
        return transfer_pb2.DownloadFilesResponse(transfer=self._message(transfer))

    async def get_transfer(
        self, request: transfer_pb2.GetTransferRequest, caller: Caller
    ) -> transfer_pb2.GetTransferResponse:
        """The sums, and a page of files."""
        message = self._message(self._found(request.transfer_id, owner_of(caller)))
        if request.summary_only:
            return transfer_pb2.GetTransferResponse(transfer=message)
        files, token = self._of(request.transfer_id).files(
            request.transfer_id,
            after=request.page_token,
            only_blocked=request.only_blocked,
            limit=limit_from(request.page_size or 1000),
        )
        message.files.extend(convert.file_message(file) for file in files)
        return transfer_pb2.GetTransferResponse(transfer=message, next_page_token=token)

    async def list_transfers(
        self, request: transfer_pb2.ListTransfersRequest, caller: Caller
    ) -> transfer_pb2.ListTransfersResponse:
        """Newest first, without files."""
        journal, limit, owner = self._house.journal, limit_from(request.limit), owner_of(caller)
        found = journal.transfers.recent(
            session_id=request.session_id, only_unfinished=request.only_unfinished, limit=limit, owner=owner
        )
        if not request.session_id and not owner:
            found += journal.downloads.recent(only_unfinished=request.only_unfinished, limit=limit)
            found.sort(key=lambda transfer: transfer.accepted_at, reverse=True)
        return transfer_pb2.ListTransfersResponse(transfers=[self._message(transfer) for transfer in found[:limit]])

    async def retry_transfer(
        self, request: transfer_pb2.RetryTransferRequest, _: Caller
    ) -> transfer_pb2.RetryTransferResponse:
        """Blocked files get another chance."""
        files, sessions = 0, 0
        if not self._is_download(request.transfer_id):
            files, sessions = self._house.transfers.retry(request.transfer_id)
        if not request.transfer_id or self._is_download(request.transfer_id):
            files += self._house.downloads.retry(request.transfer_id)
        return transfer_pb2.RetryTransferResponse(files=files, sessions=sessions)

    async def cancel_transfer(
        self, request: transfer_pb2.CancelTransferRequest, _: Caller
    ) -> transfer_pb2.CancelTransferResponse:
        """Give up the rest."""
        transfer = self._of(request.transfer_id).cancel(request.transfer_id, request.reason)
        return transfer_pb2.CancelTransferResponse(transfer=self._message(transfer))

    async def dismiss_file(
        self, request: transfer_pb2.DismissFileRequest, _: Caller
    ) -> transfer_pb2.DismissFileResponse:
        """Give up one file."""
        file = self._house.transfers.dismiss(request.file_id, request.reason)
        return transfer_pb2.DismissFileResponse(file=convert.file_message(file))

    def watch(self, request: status_pb2.WatchRequest, caller: Caller) -> AsyncIterator[status_pb2.WatchResponse]:
        """Everything unfinished, then each change."""
        return Watching(self._house.journal, request.session_id, owner_of(caller)).messages()

    def _is_download(self, identity: str) -> bool:
        return self._house.journal.downloads.find(identity) is not None

    def _of(self, identity: str) -> Transfers | Downloads:
        """The service that has the transfer."""
        return self._house.downloads if self._is_download(identity) else self._house.transfers

    def _found(self, identity: str, owner: str) -> Transfer:
        """The transfer, of either direction; downloads belong to programs of this computer. Raises NotFound."""
        journal = self._house.journal
        download = None if owner else journal.downloads.find(identity)
        return download or journal.transfers.get(identity, owner)

    def _message(self, transfer: Transfer) -> transfer_pb2.Transfer:
        house = self._house
        return answers.transfer(house.journal, transfer, house.arriving.arrived(transfer.id))
