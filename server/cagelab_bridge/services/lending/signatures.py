"""Requests to the store under a lease: signed with the keys that were lent, or by the control PC, one by one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cagelab_bridge.errors import NoCredentials
from cagelab_bridge.models import Grant
from cagelab_bridge.ports import Runtime, SignOrder, StoreDoor, StoreKeys
from cagelab_bridge.ports.rigs import Signed, SignRequest
from cagelab_bridge.services.lending.lease import Lease, covers
from cagelab_bridge.services.lending.leases import Leases

PATIENCE = 10.0  # seconds until a request counts as not signed
HINT = "Nothing to do: the upload goes on where it stopped once the control PC is there."


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A request that waits, and for whose answer."""

    owner: str
    request: SignRequest
    answer: asyncio.Future[Signed]


class Signatures:
    """Signs what a lease allows, for as long as it does. Where the keys stayed at the control PC, requests are put
    before it, and its answers handed to those who wait."""

    def __init__(self, runtime: Runtime, leases: Leases, door: StoreDoor, region: str) -> None:
        """`region`: of keys that came without one."""
        self._runtime = runtime
        self._leases = leases
        self._door = door
        self._region = region
        self._asked: dict[str, _Asked] = {}
        self._listeners: defaultdict[str, list[Callable[[SignRequest], None]]] = defaultdict(list)

    def signer(self, lease: Lease) -> LeaseSigner:
        """Who signs for a lease."""
        return LeaseSigner(self, lease)

    def listen(self, owner: str, listener: Callable[[SignRequest], None]) -> Callable[[], None]:
        """Tell a control PC's stream of requests to sign, those that wait already first; the function that stops it."""
        for asked in [asked for asked in self._asked.values() if asked.owner == owner]:
            listener(asked.request)
        self._listeners[owner].append(listener)
        return lambda: self._listeners[owner].remove(listener)

    def answer(self, owner: str, signed: Iterable[Signed]) -> None:
        """What a control PC signed, or refused. An answer that nobody waits for, or waits for from somebody else, is
        not heard."""
        for one in signed:
            asked = self._asked.get(one.id)
            if asked is not None and asked.owner == owner and not asked.answer.done():
                asked.answer.set_result(one)

    async def sign(self, lease: Lease, order: SignOrder) -> Mapping[str, str]:
        """All headers to send, for what the lease allows at this moment. Raises NoCredentials."""
        store = lease.store if self._leases.is_live(lease) else None
        if store is None:
            raise NoCredentials(f"What {lease.owner_name} lent has ended.", hint=HINT)
        if not covers(store, store.endpoint, order.bucket, order.key):
            raise NoCredentials(f"{lease.owner_name} lent nothing for {order.bucket}/{order.key}.")
        if store.grant is Grant.SIGNED:
            return await self._ask(lease, order)
        keys = StoreKeys(
            endpoint=store.endpoint,
            access_key=store.access_key,
            secret_key=store.secret_key,
            region=store.region or self._region,
            session_token=store.session_token,
        )
        return await self._runtime.in_thread(self._door.sign, keys, order)

    async def _ask(self, lease: Lease, order: SignOrder) -> Mapping[str, str]:
        if not self._listeners[lease.owner]:
            raise NoCredentials(f"{lease.owner_name} is not connected: it signs each request.", hint=HINT)
        asked = _Asked(
            owner=lease.owner,
            request=_request(self._runtime.new_id(), lease, order),
            answer=asyncio.get_running_loop().create_future(),
        )
        self._asked[asked.request.id] = asked
        for listener in list(self._listeners[lease.owner]):
            listener(asked.request)
        try:
            signed = await self._runtime.wait_for(asked.answer, PATIENCE)
        except TimeoutError:
            raise NoCredentials(f"{lease.owner_name} did not sign within {PATIENCE:.0f} s.", hint=HINT) from None
        finally:
            del self._asked[asked.request.id]
        if signed.refusal:
            raise NoCredentials(f"{lease.owner_name} did not sign: {signed.refusal}", hint=HINT)
        return signed.headers


class LeaseSigner:
    """`ports.Signer` of one lease."""

    def __init__(self, signatures: Signatures, lease: Lease) -> None:
        self._signatures = signatures
        self._lease = lease

    async def sign(self, order: SignOrder) -> Mapping[str, str]:
        """See ports.Signer."""
        return await self._signatures.sign(self._lease, order)


def _request(identity: str, lease: Lease, order: SignOrder) -> SignRequest:
    return SignRequest(
        id=identity,
        session_id=lease.session_id,
        lease_id=lease.id,
        method=order.method,
        bucket=order.bucket,
        key=order.key,
        query=dict(order.query),
        headers=dict(order.headers),
        content_sha256=order.content_sha256,
        moment=order.moment.isoformat(),
    )
