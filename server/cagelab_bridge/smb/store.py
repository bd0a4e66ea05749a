"""A store on a file server: `ports.Store` over SMB. What is a bucket elsewhere is a share here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from cagelab_bridge.errors import RecordMissing, Refused, WrongContent
from cagelab_bridge.ports import Place, Runtime, StoredObject, StoreKeys, Upload, UploadEvents
from cagelab_bridge.smb.links import Links
from cagelab_bridge.smb.listing import list_objects
from cagelab_bridge.smb.part_names import beside, is_part
from cagelab_bridge.smb.proof import READ_BACK, first_wrong
from cagelab_bridge.smb.putting import Putting
from cagelab_bridge.throttle import Throttle

if TYPE_CHECKING:
    from cagelab_bridge.smb.share import Share, ShareFile

PROBE = ".cagelab-probe"  # gone again at once
AT_ONCE = 8 * 1024 * 1024  # bytes read in one go
REMEMBERED = 1000  # proofs that `verify` did not ask for yet


class ShareStore:
    """One file server, with a user of it."""

    def __init__(self, keys: StoreKeys, runtime: Runtime, throttle: Throttle, *, encrypted: bool) -> None:
        self.endpoint = keys.endpoint
        self._runtime = runtime
        self._links = Links(keys, runtime, throttle, encrypted=encrypted)
        self._proved: dict[Place, tuple[str, int, str]] = {}  # MD5, bytes, when it was last written

    @property
    def clock_ahead(self) -> float | None:
        """Not known: nothing here depends on the server's clock."""
        return None

    async def put(self, upload: Upload, events: UploadEvents) -> None:
        """See `ports.Store.put`. Raises FileChanged, WrongContent, RemoteError and its kin, NotYet.

        What was not read yet is read first: the unfinished file's name says which bytes it is to hold.
        """
        if upload.reading is not None:
            hashes = await upload.reading.hashes()
            events.read(hashes)
            upload = replace(upload, md5=hashes.md5, part_md5s=hashes.part_md5s, reading=None)
        async with self._links.share(upload.bucket) as share:
            changed = await Putting(share, self._runtime, upload, events).run()
        while len(self._proved) >= REMEMBERED:
            self._proved.pop(next(iter(self._proved)))
        self._proved[self._place(upload)] = (upload.md5, upload.size, changed)

    async def verify(self, upload: Upload) -> str:
        """See `ports.Store.verify`: always by reading back. What `put` has read back a moment ago, and nobody wrote to
        since, is not read a second time."""
        async with self._links.share(upload.bucket) as share:
            file = await self._runtime.in_thread(share.get, upload.key)
            where = f"{upload.bucket}/{upload.key}"
            if file.size != upload.size:
                raise WrongContent(f"{where} on the share has {file.size} bytes instead of {upload.size}.")
            proved = self._proved.pop(self._place(upload), None) == (upload.md5, file.size, file.changed)
            if not proved and await first_wrong(self._runtime, file, upload) is not None:
                raise WrongContent(f"{where} on the share holds other bytes than were read from the disk.")
            await self._runtime.in_thread(file.close)
        return READ_BACK

    async def fetch(self, place: Place, size: int, take: Callable[[bytes], object], offset: int = 0) -> None:
        """See `ports.Store.fetch`."""
        async with self._links.share(place.bucket) as share:
            file = await self._runtime.in_thread(share.get, place.key)
            if file.size != size:
                raise WrongContent(f"{place.bucket}/{place.key} has {file.size} bytes on the share, not {size}.")
            for start in range(offset, size, AT_ONCE):
                await self._runtime.in_calm_thread(file.read, start, min(AT_ONCE, size - start), take)
            await self._runtime.in_thread(file.close)

    async def size(self, place: Place) -> int:
        """See `ports.Store.size`."""
        async with self._links.share(place.bucket) as share:
            file = await self._runtime.in_thread(share.get, place.key)
            await self._runtime.in_thread(file.close)
            return file.size

    async def list_objects(self, bucket: str, prefix: str) -> tuple[StoredObject, ...]:
        """See `ports.Store.list_objects`."""
        async with self._links.share(bucket) as share:
            return await self._runtime.in_thread(list_objects, share, prefix)

    async def abandon(self, bucket: str, key: str, upload_id: str) -> None:
        """See `ports.Store.abandon`: the unfinished file is deleted."""
        if not is_part(upload_id):
            return  # of another store, before the repository's address changed
        async with self._links.share(bucket) as share:
            await self._runtime.in_thread(_remove, share, beside(key, upload_id))

    async def probe(self, bucket: str, key: str = "") -> None:
        """See `ports.Store.probe`: a file is made, in the deepest folder there is, that goes away as it is closed."""
        try:
            async with self._links.share(bucket) as share:
                if key:
                    name = f"{PROBE}-{self._runtime.new_id()}"
                    await self._runtime.in_thread(share.try_writing, beside(key, name))
        except Refused as problem:
            if problem.about != "bucket":
                raise
            said = f"There is no share {bucket!r} at {self.endpoint}."
            raise RecordMissing(said, about="bucket", hint=problem.hint) from problem

    def close(self) -> None:
        """Cut the connections."""
        self._links.close()

    def _place(self, upload: Upload) -> Place:
        return Place(endpoint=self.endpoint, bucket=upload.bucket, key=upload.key)


def _remove(share: Share, key: str) -> None:
    from cagelab_bridge.smb.share import MOVING

    file: ShareFile | None = share.find(key, MOVING)
    if file is not None:
        file.remove()
        file.close()
