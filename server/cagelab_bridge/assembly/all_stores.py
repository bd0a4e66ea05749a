"""The stores there are, behind one door: buckets over http, shares over SMB."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from cagelab_bridge.ports import (
    Contents,
    FileStat,
    Hashes,
    Place,
    Reading,
    Signer,
    SignOrder,
    Store,
    StoreKeys,
    Watched,
)
from cagelab_bridge.smb.door import ShareDoor
from cagelab_bridge.smb.location import is_share
from cagelab_bridge.store.door import S3Door


class AllStores:
    """`ports.StoreDoor`. The scheme of an address tells which; hashing is the same for all."""

    def __init__(self, buckets: S3Door, shares: ShareDoor) -> None:
        self._buckets = buckets
        self._shares = shares

    def locate(self, data_url: str, relative_path: str, dataset_id: str) -> Place:
        """See `ports.StoreDoor`."""
        door = self._shares if is_share(data_url) else self._buckets
        return door.locate(data_url, relative_path, dataset_id)

    def measure(self, path: str, watched: Sequence[Watched] = ()) -> Hashes:
        """See `ports.StoreDoor`."""
        return self._buckets.measure(path, watched)

    def unread(self, stat: FileStat) -> Hashes | None:
        """See `ports.StoreDoor`."""
        return self._buckets.unread(stat)

    def reading(self, path: str, watched: Sequence[Watched] = ()) -> AbstractAsyncContextManager[Reading]:
        """See `ports.StoreDoor`."""
        return self._buckets.reading(path, watched)

    def contents(self, watched: Sequence[Watched] = ()) -> Contents:
        """See `ports.StoreDoor`."""
        return self._buckets.contents(watched)

    def connect(self, keys: StoreKeys) -> Store:
        """See `ports.StoreDoor`."""
        return self._shares.connect(keys) if is_share(keys.endpoint) else self._buckets.connect(keys)

    def connect_signed(self, endpoint: str, signer: Signer) -> Store:
        """See `ports.StoreDoor`. Raises Refused (about "share") for a share."""
        if is_share(endpoint):
            raise self._shares.refuse_to_lend(endpoint)
        return self._buckets.connect_signed(endpoint, signer)

    def sign(self, keys: StoreKeys, order: SignOrder) -> dict[str, str]:
        """See `ports.StoreDoor`. Raises Refused (about "share") for a share."""
        if is_share(keys.endpoint):
            raise self._shares.refuse_to_lend(keys.endpoint)
        return self._buckets.sign(keys, order)

    async def scoped_keys(self, keys: StoreKeys, bucket: str, prefix: str, seconds: float) -> StoreKeys:
        """See `ports.StoreDoor`. Raises Refused (about "share") for a share."""
        if is_share(keys.endpoint):
            raise self._shares.refuse_to_lend(keys.endpoint)
        return await self._buckets.scoped_keys(keys, bucket, prefix, seconds)

    def limit(self, bytes_per_second: float) -> None:
        """See `ports.StoreDoor`: for buckets and shares together."""
        self._buckets.limit(bytes_per_second)

    async def close(self) -> None:
        """See `ports.StoreDoor`."""
        self._shares.close()
        await self._buckets.close()
