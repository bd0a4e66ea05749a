"""Makes stores on shares."""

from __future__ import annotations

import weakref

from cagelab_bridge.errors import NoCredentials, Refused
from cagelab_bridge.ports import Place, Runtime, StoreKeys
from cagelab_bridge.smb.location import locate
from cagelab_bridge.smb.store import ShareStore
from cagelab_bridge.throttle import Throttle


class ShareDoor:
    """The part of `ports.StoreDoor` that is another one for shares."""

    def __init__(self, runtime: Runtime, throttle: Throttle, *, encrypted: bool = True) -> None:
        """`encrypted`: use no server that cannot encrypt. Signed is everything in any case."""
        self._runtime = runtime
        self._throttle = throttle
        self._encrypted = encrypted
        self._stores: weakref.WeakSet[ShareStore] = weakref.WeakSet()

    def connect(self, keys: StoreKeys) -> ShareStore:
        """See `ports.StoreDoor.connect`; nothing is sent yet. Raises NoCredentials for an empty user or password."""
        if not keys.access_key or not keys.secret_key:
            raise NoCredentials(f"User and password for {keys.endpoint} are not complete.")
        store = ShareStore(keys, self._runtime, self._throttle, encrypted=self._encrypted)
        self._stores.add(store)
        return store

    def locate(self, address: str, relative_path: str, dataset_id: str) -> Place:
        """See `smb.location`. Raises InvalidInput (about "dataUrl" or "path")."""
        endpoint, share, key = locate(address, relative_path, dataset_id)
        return Place(endpoint=endpoint, bucket=share, key=key)

    def refuse_to_lend(self, endpoint: str) -> Refused:
        """Why nothing of a share can be lent: SMB has neither temporary keys nor requests that others sign."""
        return Refused(
            f"Nothing of the file server {endpoint} can be lent: SMB knows users and passwords only.",
            about="share",
            hint=f"Where the upload runs: `cagelab-bridge login --store {endpoint} --access-key USER --remember`.",
        )

    def close(self) -> None:
        """Cut all connections."""
        for store in list(self._stores):
            store.close()
