"""Transfers and their files."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2, transfer_pb2
from cagelab_bridge.api import answers, convert
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.fields import limit_from, request_id_from
from cagelab_bridge.api.house import House
from cagelab_bridge.api.watching import Watching
from cagelab_bridge.services.transfers import UploadOrder

SERVICE = "/cagelab.bridge.v1.Bridge/"


class TransferHandlers:
    """UploadFiles, GetTransfer, ListTransfers, RetryTransfer, CancelTransfer, DismissFile; and Watch."""

    def __init__(self, house: House) -> None:
        self._house = house

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        return {
            SERVICE + "UploadFiles": self.upload_files,
            SERVICE + "GetTransfer": self.get_transfer,
            SERVICE + "ListTransfers": self.list_transfers,
            SERVICE + "RetryTransfer": self.retry_transfer,
            SERVICE + "CancelTransfer": self.cancel_transfer,
            SERVICE + "DismissFile": self.dismiss_file,
            SERVICE + "Watch": self.watch,
        }

    async def upload_files(
        self, request: transfer_pb2.UploadFilesRequest, _: Caller
    ) -> transfer_pb2.UploadFilesResponse:
        """Accepted with one durable row."""
        transfer = self._house.transfers.upload(
            request_id_from(request.request_id),
            request.session_id,
            UploadOrder(paths=tuple(request.paths), repository=request.repository),
        )
        return transfer_pb2.UploadFilesResponse(transfer=answers.transfer(self._house.journal, transfer))

    async def get_transfer(
        self, request: transfer_pb2.GetTransferRequest, _: Caller
    ) -> transfer_pb2.GetTransferResponse:
        """The sums, and a page of files."""
        message = answers.transfer(self._house.journal, self._house.journal.transfers.get(request.transfer_id))
        if request.summary_only:
            return transfer_pb2.GetTransferResponse(transfer=message)
        files, token = self._house.transfers.files(
            request.transfer_id,
            after=request.page_token,
            only_blocked=request.only_blocked,
            limit=limit_from(request.page_size or 1000),
        )
        message.files.extend(convert.file_message(file) for file in files)
        return transfer_pb2.GetTransferResponse(transfer=message, next_page_token=token)

    async def list_transfers(
        self, request: transfer_pb2.ListTransfersRequest, _: Caller
    ) -> transfer_pb2.ListTransfersResponse:
        """Newest first, without files."""
        found = self._house.journal.transfers.recent(
            session_id=request.session_id, only_unfinished=request.only_unfinished, limit=limit_from(request.limit)
        )
        return transfer_pb2.ListTransfersResponse(
            transfers=[answers.transfer(self._house.journal, transfer) for transfer in found]
        )

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
        return transfer_pb2.CancelTransferResponse(transfer=answers.transfer(self._house.journal, transfer))

    async def dismiss_file(
        self, request: transfer_pb2.DismissFileRequest, _: Caller
    ) -> transfer_pb2.DismissFileResponse:
        """Give up one file."""
        file = self._house.transfers.dismiss(request.file_id, request.reason)
        return transfer_pb2.DismissFileResponse(file=convert.file_message(file))

    def watch(self, request: status_pb2.WatchRequest, _: Caller) -> AsyncIterator[status_pb2.WatchResponse]:
        """Everything unfinished, then each change."""
        return Watching(self._house.journal, request.session_id).messages()
