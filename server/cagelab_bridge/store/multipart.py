"""A resumable multipart upload: ListParts is the truth about what has arrived, so nothing but the upload id is kept."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from cagelab_bridge.errors import FileChanged, JournalTrouble, RemoteError, WrongContent
from cagelab_bridge.ports import Reading, Runtime, Upload, UploadEvents
from cagelab_bridge.store import answers
from cagelab_bridge.store.connection import Connection, Order
from cagelab_bridge.store.hashing import md5_of_span, read_span
from cagelab_bridge.store.parts import Part, cut
from cagelab_bridge.store.proof import MARK_HEADER, composite_etag
from cagelab_bridge.store.refusals import UploadGone, refusal

COMPLETE_SECONDS = 300.0  # a store may copy all parts before it answers
SLOWEST = 1e6  # bytes per second; a part that takes longer counts as lost
AHEAD = 3  # parts whose answers are waited for at once
LIST_LIMIT = 100  # pages of ListParts; 10,000 parts at 1000 a page are ten


class Multipart:
    """Sends one file in parts."""

    def __init__(self, connection: Connection, runtime: Runtime, upload: Upload, events: UploadEvents) -> None:
        self._connection = connection
        self._runtime = runtime
        self._upload = upload
        self._events = events
        self._reading = upload.reading
        self._parts = cut(upload.size, upload.part_size)
        self._acknowledged = 0
        self._wire = threading.Lock()

    @property
    def upload(self) -> Upload:
        """With its hashes, once they are known."""
        return self._upload

    async def begin(self) -> str:
        """Begin a new upload; its id, told to `events.begun` before it is used."""
        order = self._order("beginning the upload of", "POST", {"uploads": ""}, {MARK_HEADER: self._upload.mark})
        upload_id = answers.upload_id((await self._connection.call(order)).body)
        try:
            self._events.begun(upload_id)
        except JournalTrouble:
            # Nobody would ever know of it. Where the store cannot be told either, its own clean-up takes it.
            with contextlib.suppress(RemoteError):
                await self.abandon(upload_id)
            raise
        return upload_id

    async def run(self, upload_id: str, *, fresh: bool) -> None:
        """Send what is missing and complete; `fresh`: nothing was sent yet.

        Raises UploadGone when the store knows no such upload, or holds parts with other bytes.
        """
        present = set() if fresh else await self._present(upload_id)
        missing = [part for part in self._parts if part.number not in present]
        self._acknowledged = self._upload.size - sum(part.length for part in missing)
        self._events.sent(self._acknowledged)
        await self._send_all(upload_id, missing)
        if self._reading is not None:
            await self._note_hashes(self._reading)
        await self._complete(upload_id)

    async def abandon(self, upload_id: str) -> None:
        """Let the store forget an upload; one it does not know is forgotten already."""
        await abandon(self._connection, self._upload.bucket, self._upload.key, upload_id)

    async def _present(self, upload_id: str) -> set[int]:
        """Numbers of the parts that have arrived. Raises UploadGone when one of them holds other bytes."""
        found: dict[int, tuple[str, int]] = {}
        query = {"uploadId": upload_id}
        for _ in range(LIST_LIMIT):
            answer = await self._connection.call(self._order("listing the parts of", "GET", query))
            page = answers.parts_page(answer.body)
            found |= page.parts
            if not page.next_marker:
                break
            query = {"uploadId": upload_id, "part-number-marker": page.next_marker}
        wanted = {part.number: (self._upload.part_md5s[part.number - 1], part.length) for part in self._parts}
        if any(wanted.get(number) != part for number, part in found.items()):
            raise UploadGone("The store holds parts of another version of this file.")
        return set(found)

    async def _send_all(self, upload_id: str, missing: list[Part]) -> None:
        """The next part goes out while the store still works on the last ones; but one body at a time, so that a
        process that dies has one part to send again."""
        pending = iter(missing)
        failures: list[BaseException] = []

        async def worker() -> None:
            for part in pending:
                try:
                    await self._send(upload_id, part)
                except BaseException as failure:
                    failures.append(failure)
                    raise
                if failures:
                    return  # this one arrived; no other is begun

        await asyncio.gather(*(worker() for _ in range(min(AHEAD, len(missing)))), return_exceptions=True)
        if failures:
            # A store that forgets the upload after one wrong part says so of the others: that does not tell why.
            raise next((failure for failure in failures if not isinstance(failure, UploadGone)), failures[0])

    async def _send(self, upload_id: str, part: Part) -> None:
        known = self._upload.part_md5s
        md5 = known[part.number - 1] if self._reading is None else await self._reading.part_md5(part.number)
        try:
            await self._put(upload_id, part, md5)
        except WrongContent:
            await blame(self._runtime, self._upload, part, md5)
            raise
        self._acknowledged += part.length
        self._events.sent(self._acknowledged)

    async def _note_hashes(self, reading: Reading) -> None:
        """Only what is known to be right becomes an object."""
        hashes = await reading.hashes()
        self._events.read(hashes)
        self._upload = replace(self._upload, md5=hashes.md5, part_md5s=hashes.part_md5s, reading=None)
        self._reading = None

    async def _put(self, upload_id: str, part: Part, md5: str) -> None:
        order = Order(
            what=f"storing part {part.number} of {self._upload.bucket}/{self._upload.key}",
            method="PUT",
            bucket=self._upload.bucket,
            key=self._upload.key,
            query={"partNumber": str(part.number), "uploadId": upload_id},
            headers={"Content-MD5": content_md5(md5)},
            body=partial(read_span, self._runtime.files, self._upload.path, part.offset, part.length),
            wire=self._wire,
            seconds=max(60.0, AHEAD * part.length / SLOWEST),
        )
        demand_md5((await self._connection.call(order)).headers, md5, order.what)

    async def _complete(self, upload_id: str) -> None:
        upload = self._upload
        order = Order(
            what=f"completing {upload.bucket}/{upload.key}",
            method="POST",
            bucket=upload.bucket,
            key=upload.key,
            query={"uploadId": upload_id},
            body=answers.completion(upload.part_md5s),
            seconds=COMPLETE_SECONDS,
            silence=COMPLETE_SECONDS,
        )
        answer = await self._connection.call(order)
        # S3 sends status 200 before it assembles, and may put an error into the body.
        code = answers.error_code(answer.body)
        if code:
            raise refusal(order.what, 500, code, answer.headers)
        etag = answers.md5_etag({**answer.headers, "etag": answers.completed_etag(answer.body)})
        if etag not in {"", upload.md5, composite_etag(upload.part_md5s)}:
            raise WrongContent(f"{upload.bucket}/{upload.key} was assembled from other bytes than were hashed.")

    def _order(self, doing: str, method: str, query: dict[str, str], headers: dict[str, str] | None = None) -> Order:
        upload = self._upload
        what = f"{doing} {upload.bucket}/{upload.key}"
        return Order(what=what, method=method, bucket=upload.bucket, key=upload.key, query=query, headers=headers or {})


async def abandon(connection: Connection, bucket: str, key: str, upload_id: str) -> None:
    """Let the store forget an upload in parts; one it does not know is forgotten already."""
    order = Order(
        what=f"giving up the upload of {bucket}/{key}",
        method="DELETE",
        bucket=bucket,
        key=key,
        query={"uploadId": upload_id},
    )
    try:
        await connection.call(order)
    except UploadGone:
        return


def content_md5(md5: str) -> str:
    """The value of Content-MD5 for an MD5 in hex."""
    return base64.b64encode(bytes.fromhex(md5)).decode()


def demand_md5(headers: Mapping[str, str], md5: str, what: str) -> None:
    """Raises WrongContent when the ETag the store computed from what arrived is an MD5, and not this one."""
    if answers.md5_etag(headers) not in {"", md5}:
        raise WrongContent(f"Other bytes arrived at the store than were hashed, in {what}.")


async def blame(runtime: Runtime, upload: Upload, part: Part, md5: str) -> None:
    """After other bytes arrived than were hashed: raises FileChanged when it was the file that changed."""
    now = await runtime.in_calm_thread(md5_of_span, runtime.files, upload.path, part.offset, part.length)
    if now != md5:
        raise FileChanged(f"{upload.path} changed between hashing and sending.")
