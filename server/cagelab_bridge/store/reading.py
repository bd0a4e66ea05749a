"""Reads objects: to bring them here, and to hash what was stored where the ETag is no MD5."""

from __future__ import annotations

import hashlib

from cagelab_bridge.errors import AnswerLost, WrongContent
from cagelab_bridge.ports import Upload
from cagelab_bridge.store.connection import Connection, Order
from cagelab_bridge.store.parts import MIB
from cagelab_bridge.store.transport import Answer, Sink

RANGE = 64 * MIB  # bytes per request


async def read_back(connection: Connection, upload: Upload) -> None:
    """Compare the MD5 of the stored bytes. Raises WrongContent, AnswerLost, RecordMissing …"""
    hasher = hashlib.md5(usedforsecurity=False)
    await fetch(connection, upload.bucket, upload.key, upload.size, hasher.update)
    if hasher.hexdigest() != upload.md5:
        raise WrongContent(f"{upload.bucket}/{upload.key} read back from the store differs from what was read on disk.")


async def fetch(connection: Connection, bucket: str, key: str, size: int, take: Sink, offset: int = 0) -> None:
    """Give `take` the bytes from `offset` to `size`, in order. Raises AnswerLost, WrongContent, RecordMissing …"""
    counter = _Counter(take, offset, size, f"{bucket}/{key}")
    while counter.count < size:
        before = counter.count
        last = min(before + RANGE, size) - 1
        answer = await connection.call(
            Order(
                what=f"reading {bucket}/{key}",
                method="GET",
                bucket=bucket,
                key=key,
                headers={"Range": f"bytes={before}-{last}"},
                seconds=max(60.0, RANGE / 1e6),
                sink=counter.take,
            )
        )
        whole = before == 0 and counter.count == size  # some ignore ranges and send all
        _demand_range(answer, f"{bucket}/{key}", size, whole=whole)
        if not whole and counter.count != last + 1:
            raise AnswerLost(f"The store sent a part of {bucket}/{key} only.")


def _demand_range(answer: Answer, name: str, size: int, *, whole: bool) -> None:
    """Raises WrongContent when the object has another size, AnswerLost when the store ignores ranges."""
    told = answer.headers.get("content-range", "")
    total = told.rpartition("/")[2]
    if total.isdigit() and int(total) != size:
        raise WrongContent(f"{name} has {total} bytes in the store, not {size}.")
    if not _is_range(answer) and not whole:
        raise AnswerLost(f"The store does not answer ranges of {name}.")


def _is_range(answer: Answer) -> bool:
    """rclone answers a range with status 200, and only Content-Range tells; others ignore Range and send all."""
    return answer.status == 206 or "content-range" in answer.headers


class _Counter:
    """Counts what passes, and lets no more pass than was asked for."""

    def __init__(self, take: Sink, offset: int, size: int, name: str) -> None:
        self.count = offset
        self._take = take
        self._size = size
        self._name = name

    def take(self, block: bytes) -> None:
        if self.count + len(block) > self._size:
            raise WrongContent(f"The store sends more of {self._name} than the {self._size} bytes it should have.")
        self._take(block)
        self.count += len(block)
