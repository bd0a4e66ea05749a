"""Makes connections to stores; all of them share one transport."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from cagelab_bridge.errors import NoCredentials
from cagelab_bridge.plain_http import PlainHttp
from cagelab_bridge.ports import FileStat, Hashes, Place, Reading, Runtime, Signer, SignOrder, StoreKeys, Watched
from cagelab_bridge.store.contents import ObjectContents
from cagelab_bridge.store.engine import S3Store
from cagelab_bridge.store.hashing import hash_file, unread
from cagelab_bridge.store.location import locate
from cagelab_bridge.store.read_along import reading
from cagelab_bridge.store.remote_signing import guarded
from cagelab_bridge.store.scoped_keys import ScopedKeys
from cagelab_bridge.store.signing import prepare, sign
from cagelab_bridge.store.transport import Transport
from cagelab_bridge.throttle import Throttle


class S3Door:
    """`ports.StoreDoor`."""

    def __init__(
        self,
        runtime: Runtime,
        transport: Transport | None = None,
        plain: PlainHttp | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        """`transport`: of a simulator; None for the network. `plain`: where plain http may go; None: to this
        computer. `throttle`: shared with other doors; None for one of its own."""
        self._runtime = runtime
        self._plain = plain or PlainHttp()
        self._transport = transport
        self._making = threading.Lock()
        self._prepared = False
        self._scoped = ScopedKeys(self._shared, runtime)
        self._throttle = throttle or Throttle(runtime.monotonic, runtime.pause)

    def connect(self, keys: StoreKeys) -> S3Store:
        """A connection that uses the keys; nothing is sent yet. Raises NoCredentials for an empty key pair, and (about
        "insecure") where secrets may not go to that address, because it is plain http."""
        self._plain.demand(keys.endpoint, NoCredentials)
        _demand_whole(keys)
        return S3Store(keys.endpoint, keys, self._shared, self._runtime)

    def connect_signed(self, endpoint: str, signer: Signer) -> S3Store:
        """A connection whose requests somebody else signs, one by one; nothing is sent yet. Raises NoCredentials (about
        "insecure")."""
        self._plain.demand(endpoint, NoCredentials)
        return S3Store(endpoint, signer, self._shared, self._runtime)

    def sign(self, keys: StoreKeys, order: SignOrder) -> dict[str, str]:
        """See `ports.StoreDoor.sign`. Raises NoCredentials for an empty key pair."""
        _demand_whole(keys)
        self._load_signer()
        return sign(keys, guarded(order))

    async def scoped_keys(self, keys: StoreKeys, bucket: str, prefix: str, seconds: float) -> StoreKeys:
        """See `ports.StoreDoor.scoped_keys`."""
        self._plain.demand(keys.endpoint, NoCredentials)
        _demand_whole(keys)
        return await self._scoped.make(keys, bucket, prefix, seconds)

    def locate(self, data_url: str, relative_path: str, dataset_id: str) -> Place:
        """See `store.location`. Raises InvalidInput (about "dataUrl" or "path")."""
        endpoint, bucket, key = locate(data_url, relative_path, dataset_id)
        return Place(endpoint=endpoint, bucket=bucket, key=key)

    def measure(self, path: str, watched: Sequence[Watched] = ()) -> Hashes:
        """Read a file once, and look for secrets. Blocking; raises FileChanged, FileVanished, FileUnreadable."""
        return hash_file(self._runtime.files, path, watched, self._runtime.beside)

    def unread(self, stat: FileStat) -> Hashes | None:
        """See `ports.StoreDoor.unread`."""
        return unread(stat)

    def reading(self, path: str, watched: Sequence[Watched] = ()) -> AbstractAsyncContextManager[Reading]:
        """See `ports.StoreDoor.reading`."""
        return reading(self._runtime, path, watched)

    def limit(self, bytes_per_second: float) -> None:
        """See `ports.StoreDoor.limit`. A transport that was given is not held back."""
        self._throttle.limit(bytes_per_second)

    def contents(self, watched: Sequence[Watched] = ()) -> ObjectContents:
        """See `ports.StoreDoor.contents`."""
        return ObjectContents(watched)

    async def close(self) -> None:
        """Close all connections."""
        if self._transport is not None:
            await self._runtime.in_thread(self._transport.close)

    def _shared(self) -> Transport:
        """The one transport; made in the thread that needs it first: the libraries take a quarter of a second."""
        self._load_signer()
        with self._making:
            if self._transport is None:
                from cagelab_bridge.store.http_transport import HttpTransport

                self._transport = HttpTransport(self._runtime.monotonic, self._throttle)
            return self._transport

    def _load_signer(self) -> None:
        with self._making:
            if not self._prepared:
                prepare()
                self._prepared = True


def _demand_whole(keys: StoreKeys) -> None:
    if not keys.access_key or not keys.secret_key:
        raise NoCredentials(f"The key pair for the store at {keys.endpoint} is not complete.")
