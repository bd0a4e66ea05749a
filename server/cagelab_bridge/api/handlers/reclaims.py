"""Freeing this computer's disk."""

from __future__ import annotations

from cagelab_bridge._gen.cagelab.bridge.v1 import reclaims_pb2
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.house import House
from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.services.reclaiming.standing import Stand, Standing

SERVICE = "/cagelab.bridge.v1.Reclaims/"
MOST = 500  # files in one order
STATES = {
    Stand.STAYS: reclaims_pb2.RECLAIM_STATE_STAYS,
    Stand.READY: reclaims_pb2.RECLAIM_STATE_READY,
    Stand.RECLAIMED: reclaims_pb2.RECLAIM_STATE_RECLAIMED,
    Stand.ABSENT: reclaims_pb2.RECLAIM_STATE_ABSENT,
}


class ReclaimHandlers:
    """ListReclaimable, ReclaimFiles."""

    def __init__(self, house: House) -> None:
        self._house = house

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        return {SERVICE + "ListReclaimable": self.list_reclaimable, SERVICE + "ReclaimFiles": self.reclaim_files}

    async def list_reclaimable(
        self, request: reclaims_pb2.ListReclaimableRequest, _: Caller
    ) -> reclaims_pb2.ListReclaimableResponse:
        """Deletes nothing."""
        looked = await self._house.reclaims.look(request.session_id, request.page_token)
        return reclaims_pb2.ListReclaimableResponse(
            files=[_message(standing) for standing in looked.files],
            next_page_token=looked.token,
            reason=looked.reason,
            hint=looked.hint,
        )

    async def reclaim_files(
        self, request: reclaims_pb2.ReclaimFilesRequest, _: Caller
    ) -> reclaims_pb2.ReclaimFilesResponse:
        """Deletes what is named, and nothing else."""
        if not 0 < len(request.files) <= MOST:
            raise InvalidInput(f"Name 1 to {MOST} files, not {len(request.files)}.", about="files")
        wanted = {order.file_id: order.md5 for order in request.files}
        standings = await self._house.reclaims.delete(request.session_id, wanted)
        return reclaims_pb2.ReclaimFilesResponse(files=[_message(standing) for standing in standings])


def _message(standing: Standing) -> reclaims_pb2.ReclaimableFile:
    file, row = standing.file, standing.reclaim
    return reclaims_pb2.ReclaimableFile(
        file_id=file.id,
        relative_path=file.relative_path,
        size=file.size,
        md5=file.md5,
        dataset_id=file.dataset_id,
        endpoint=file.endpoint,
        bucket=file.bucket,
        key=file.key,
        verified_at=row.verified_at if row else "",
        verified_by=row.verified_by if row else file.verified_by,
        verified_again_at=row.again_at if row else "",
        verified_again_by=row.again_by if row else "",
        state=STATES[standing.stand],
        reason=standing.reason,
        hint=standing.hint,
        reclaimed_at=row.deleted_at if row and standing.stand is Stand.RECLAIMED else "",
    )
