"""A store that a lease opens: for as long as it lasts, with the secrets it has now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from cagelab_bridge.errors import Denied, NoCredentials, NotYet
from cagelab_bridge.ports import Place, Store, StoredObject, Upload, UploadEvents
from cagelab_bridge.services.lending.lease import Lease
from cagelab_bridge.services.lending.leases import Leases

T = TypeVar("T")


class LentStore:
    """`ports.Store`. What is under way when the lease ends, or gets other keys, stops at once: the parts that arrived
    stay, and the next lease goes on with them."""

    def __init__(self, inner: Store, lease: Lease, leases: Leases) -> None:
        self.endpoint = inner.endpoint
        self._inner = inner
        self._lease = lease
        self._version = lease.store_version
        self._leases = leases

    @property
    def clock_ahead(self) -> float | None:
        """See ports.Store."""
        return self._inner.clock_ahead

    async def put(self, upload: Upload, events: UploadEvents) -> None:
        """See ports.Store."""
        await self._while_lent(self._inner.put(upload, events))

    async def abandon(self, bucket: str, key: str, upload_id: str) -> None:
        """See ports.Store."""
        await self._while_lent(self._inner.abandon(bucket, key, upload_id))

    async def verify(self, upload: Upload) -> str:
        """See ports.Store."""
        return await self._while_lent(self._inner.verify(upload))

    async def probe(self, bucket: str, key: str = "") -> None:
        """See ports.Store."""
        await self._while_lent(self._inner.probe(bucket, key))

    async def list_objects(self, bucket: str, prefix: str) -> tuple[StoredObject, ...]:
        """See ports.Store."""
        return await self._while_lent(self._inner.list_objects(bucket, prefix))

    async def size(self, place: Place) -> int:
        """See ports.Store."""
        return await self._while_lent(self._inner.size(place))

    async def fetch(self, place: Place, size: int, take: Callable[[bytes], object], offset: int = 0) -> None:
        """See ports.Store."""
        await self._while_lent(self._inner.fetch(place, size, take, offset))

    async def _while_lent(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.ensure_future(work)
        self._lease.users.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise  # the bridge stops
            raise self._interrupted() from None
        except Denied as error:
            if self._lease.ended or self._lease.store_version != self._version:
                raise self._interrupted() from error
            raise
        finally:
            self._lease.users.discard(task)

    def _interrupted(self) -> NoCredentials | NotYet:
        if self._leases.is_live(self._lease):
            return NotYet("The control PC sent new keys meanwhile.", seconds=0.0)
        why = self._leases.why(self._lease.session_id)
        said = f"What {self._lease.owner_name} lent for the store {self.endpoint} has ended"
        return NoCredentials(f"{said}: {why.message}" if why else f"{said}.", hint=why.hint if why else "")
