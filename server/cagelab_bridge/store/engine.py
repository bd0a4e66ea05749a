"""Stores, verifies and probes: `ports.Store` over one connection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cagelab_bridge.errors import AnswerLost, Denied, RecordMissing, Refused, RemoteError, ServerFailed, WrongContent
from cagelab_bridge.ports import Place, Runtime, Signer, StoredObject, StoreKeys, Upload, UploadEvents
from cagelab_bridge.store.answers import upload_id
from cagelab_bridge.store.connection import Connection, Order
from cagelab_bridge.store.hashing import read_span
from cagelab_bridge.store.listing import list_objects
from cagelab_bridge.store.multipart import SLOWEST, Multipart, abandon, blame, content_md5, demand_md5
from cagelab_bridge.store.parts import Part
from cagelab_bridge.store.proof import MARK_HEADER, READ_BACK, match
from cagelab_bridge.store.reading import fetch, read_back
from cagelab_bridge.store.refusals import MENDABLE, UploadGone
from cagelab_bridge.store.transport import Answer, Sink, Transport

PROBE_KEY = ".cagelab-bridge-probe"  # asked for, never written


class S3Store:
    """One store, with its keys or with somebody who signs for it."""

    def __init__(
        self, endpoint: str, signing: StoreKeys | Signer, transport: Callable[[], Transport], runtime: Runtime
    ) -> None:
        """`transport` makes the transport, or returns the one there is; it is called in a thread."""
        self.endpoint = endpoint
        self._runtime = runtime
        self._connection = Connection(endpoint, signing, transport, runtime)

    @property
    def clock_ahead(self) -> float | None:
        """Seconds this computer's clock is ahead of the store's; None before the first answer."""
        return self._connection.clock_ahead

    async def put(self, upload: Upload, events: UploadEvents) -> None:
        """Store the object: one PUT when `part_size` is 0 or holds the whole file, else in parts, resuming `upload_id`.

        After an answer that was lost, the object is looked at before anything is sent again; where it is what was to be
        stored, the upload is done. A multipart upload the store has forgotten is begun anew, once.
        Raises FileChanged (the source is not what was hashed), WrongContent, RemoteError and its kin.
        """
        if not upload.part_size or upload.size <= upload.part_size:
            await self._put_single(upload, events)
        else:
            await self._put_parts(upload, events)

    async def abandon(self, bucket: str, key: str, upload_id: str) -> None:
        """See `ports.Store.abandon`."""
        await abandon(self._connection, bucket, key, upload_id)

    async def verify(self, upload: Upload) -> str:
        """See `ports.Store.verify`."""
        proof = match(upload, (await self._look(upload)).headers)
        if proof == READ_BACK:
            await read_back(self._connection, upload)
        return proof

    async def fetch(self, place: Place, size: int, take: Sink, offset: int = 0) -> None:
        """See `ports.Store.fetch`."""
        await fetch(self._connection, place.bucket, place.key, size, take, offset)

    async def size(self, place: Place) -> int:
        """See `ports.Store.size`."""
        order = Order(what=f"looking at {place.bucket}/{place.key}", method="HEAD", bucket=place.bucket, key=place.key)
        text = (await self._connection.call(order)).headers.get("content-length", "")
        if not text.isdigit():
            raise ServerFailed(f"The store does not say how large {place.bucket}/{place.key} is.")
        return int(text)

    async def list_objects(self, bucket: str, prefix: str) -> tuple[StoredObject, ...]:
        """See `ports.Store.list_objects`."""
        return await list_objects(self._connection, bucket, prefix)

    async def probe(self, bucket: str, key: str = "") -> None:
        """Find out whether the bucket exists and the keys may be used; with `key`, whether they may write there.

        Writing is tried by beginning a multipart upload and giving it up, which leaves nothing behind. Then nothing
        else is asked for: keys that were lent for a session may do no more.
        Raises Denied, RecordMissing (about "bucket"), Refused (about "clock"), Unreachable …
        """
        try:
            if key:
                await self._try_to_write(bucket, key)
            else:
                await self._list(bucket)
        except Refused as problem:
            if problem.about != "bucket":
                raise
            raise RecordMissing(
                f"There is no bucket {bucket!r} in the store at {self.endpoint}.",
                about="bucket",
                hint=MENDABLE["NoSuchBucket"][2],
            ) from problem

    async def _put_single(self, upload: Upload, events: UploadEvents) -> None:
        files, whole = self._runtime.files, Part(1, 0, upload.size)
        order = Order(
            what=f"storing {upload.bucket}/{upload.key}",
            method="PUT",
            bucket=upload.bucket,
            key=upload.key,
            headers={"Content-MD5": content_md5(upload.md5), MARK_HEADER: upload.mark},
            body=partial(read_span, files, upload.path, 0, upload.size),
            seconds=max(60.0, upload.size / SLOWEST),
        )
        try:
            demand_md5((await self._connection.call(order)).headers, upload.md5, order.what)
        except WrongContent:
            await blame(self._runtime, upload, whole, upload.md5)
            raise
        except AnswerLost:
            if not await self._is_there(upload):
                raise
        events.sent(upload.size)

    async def _put_parts(self, upload: Upload, events: UploadEvents) -> None:
        parts = Multipart(self._connection, self._runtime, upload, events)
        current = upload.upload_id
        for _ in range(2):
            fresh = not current
            current = current or await parts.begin()
            try:
                await parts.run(current, fresh=fresh)
            except UploadGone:
                if await self._is_there(parts.upload):
                    events.sent(upload.size)
                    return
                await parts.abandon(current)
                current = ""
            else:
                return
        raise ServerFailed("The store forgot the parts that were sent to it.")

    async def _is_there(self, upload: Upload) -> bool:
        """True when the store holds the object already, as far as its headers tell. Of what was not read to its end yet
        they tell nothing."""
        if not upload.md5:
            return False
        try:
            answer = await self._look(upload)
            proof = match(upload, answer.headers)
        except (RecordMissing, WrongContent):
            return False
        return proof != READ_BACK or MARK_HEADER in answer.headers

    async def _look(self, upload: Upload) -> Answer:
        what = f"looking at {upload.bucket}/{upload.key}"
        return await self._connection.call(Order(what=what, method="HEAD", bucket=upload.bucket, key=upload.key))

    async def _list(self, bucket: str) -> None:
        what = f"looking into the bucket {bucket}"
        query = {"list-type": "2", "max-keys": "1"}
        try:
            await self._connection.call(Order(what=what, method="GET", bucket=bucket, query=query))
        except Denied as problem:
            await self._ask_for_nothing(bucket, what, problem)

    async def _ask_for_nothing(self, bucket: str, what: str, problem: RemoteError) -> None:
        """A good key pair may not be allowed to list; then an object that is not there is told as missing."""
        try:
            await self._connection.call(Order(what=what, method="HEAD", bucket=bucket, key=PROBE_KEY))
        except Denied:
            raise problem from None
        except RecordMissing:
            return

    async def _try_to_write(self, bucket: str, key: str) -> None:
        what = f"trying to write {bucket}/{key}"
        begun = await self._connection.call(
            Order(what=what, method="POST", bucket=bucket, key=key, query={"uploads": ""})
        )
        query = {"uploadId": upload_id(begun.body)}
        await self._connection.call(Order(what=what, method="DELETE", bucket=bucket, key=key, query=query))
