"""Reads an object back and hashes it, for stores whose ETag is no MD5."""

from __future__ import annotations

import hashlib

from cagelab_bridge.errors import AnswerLost, WrongContent
from cagelab_bridge.ports import Upload
from cagelab_bridge.store.connection import Connection, Order
from cagelab_bridge.store.parts import MIB
from cagelab_bridge.store.transport import Answer

RANGE = 64 * MIB  # bytes per request


async def read_back(connection: Connection, upload: Upload) -> None:
    """Compare the MD5 of the stored bytes. Raises WrongContent, AnswerLost, RecordMissing …"""
    hasher = _Hasher()
    while hasher.count < upload.size:
        before = hasher.count
        last = min(before + RANGE, upload.size) - 1
        answer = await connection.call(
            Order(
                what=f"reading back {upload.bucket}/{upload.key}",
                method="GET",
                bucket=upload.bucket,
                key=upload.key,
                headers={"Range": f"bytes={before}-{last}"},
                seconds=max(60.0, RANGE / 1e6),
                sink=hasher.take,
            )
        )
        if hasher.count != (last + 1 if _is_range(answer) else before + upload.size):
            raise AnswerLost(f"The store sent a part of {upload.bucket}/{upload.key} only.")
        if before and not _is_range(answer):
            raise AnswerLost(f"The store stopped to answer ranges of {upload.bucket}/{upload.key}.")
    if hasher.hexdigest() != upload.md5:
        raise WrongContent(f"{upload.bucket}/{upload.key} read back from the store differs from what was read on disk.")


def _is_range(answer: Answer) -> bool:
    """rclone answers a range with status 200, and only Content-Range tells; others ignore Range and send all."""
    return answer.status == 206 or "content-range" in answer.headers


class _Hasher:
    """Counts and hashes what passes."""

    def __init__(self) -> None:
        self.count = 0
        self._md5 = hashlib.md5(usedforsecurity=False)

    def take(self, block: bytes) -> None:
        self.count += len(block)
        self._md5.update(block)

    def hexdigest(self) -> str:
        return self._md5.hexdigest()
