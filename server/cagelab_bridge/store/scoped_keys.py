"""Keys for one session's prefix, and the proof that the store limits them so: a store may ignore the policy."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

from cagelab_bridge.errors import Denied, RecordMissing, Refused, RemoteError, ServerFailed
from cagelab_bridge.ports import Runtime, StoreKeys
from cagelab_bridge.store.answers import upload_id
from cagelab_bridge.store.assume_role import SHORTEST, assume_role, temporary_keys
from cagelab_bridge.store.connection import Connection, Order
from cagelab_bridge.store.multipart import abandon
from cagelab_bridge.store.session_policy import ABOUT, HINT, session_policy
from cagelab_bridge.store.transport import Transport

REMEMBERED = 86400.0  # seconds that the finding about a store holds
GRACE = 300.0  # seconds that keys may live longer than asked
PROBE = ".cagelab-bridge-probe"
USER_HINT = (
    "Where the store is MinIO or RustFS, hand over the key pair of a built-in user: its access keys (service accounts) "
    "can have no temporary keys. Until then the control PC signs each request instead."
)


class ScopedKeys:
    """Makes keys for a prefix. What was found out about a store is remembered for a day, in memory."""

    def __init__(self, transport: Callable[[], Transport], runtime: Runtime) -> None:
        """`transport` makes the transport, or returns the one there is; it is called in a thread."""
        self._transport = transport
        self._runtime = runtime
        self._found: dict[tuple[str, str, str], tuple[float, Refused | None]] = {}

    async def make(self, keys: StoreKeys, bucket: str, prefix: str, seconds: float) -> StoreKeys:
        """See `ports.StoreDoor.scoped_keys`. A store that does not answer raises what it raises elsewhere."""
        policy = session_policy(bucket, prefix)
        name = (keys.endpoint, keys.access_key, bucket)
        until, fault = self._found.get(name, (0.0, None))
        known = self._runtime.monotonic() < until
        if known and fault is not None:
            raise Refused(fault.message, about=fault.about, hint=fault.hint)
        try:
            scoped = await self._ask(keys, policy, seconds)
            if not known:
                await self._prove(scoped, bucket, prefix)
        except Refused as problem:
            if problem.about == ABOUT and not isinstance(problem.__cause__, ServerFailed):
                self._found[name] = (self._runtime.monotonic() + REMEMBERED, problem)
            raise
        if not known:
            self._found[name] = (self._runtime.monotonic() + REMEMBERED, None)
        return scoped

    async def _ask(self, keys: StoreKeys, policy: str, seconds: float) -> StoreKeys:
        connection = self._connect(keys)
        try:
            scoped = temporary_keys(keys, (await connection.call(assume_role(policy, seconds))).body)
        except Denied as problem:
            raise Refused(
                "The store refuses temporary keys to this key pair.", about=ABOUT, hint=USER_HINT
            ) from problem
        except (RecordMissing, Refused, ServerFailed) as problem:
            if problem.about == "clock":
                raise
            raise Refused("The store gives no temporary keys.", about=ABOUT, hint=HINT) from problem
        there = self._runtime.now() - timedelta(seconds=connection.clock_ahead or 0.0)
        longest = max(seconds, SHORTEST) + GRACE
        if scoped.expires is None or (scoped.expires - there).total_seconds() > longest:
            raise Refused("The store gives temporary keys for longer than was asked.", about=ABOUT, hint=HINT)
        return scoped

    async def _prove(self, scoped: StoreKeys, bucket: str, prefix: str) -> None:
        """Raises Refused (about "scopedKeys") unless the keys can do what they should, and nothing of what they should
        not."""
        connection = self._connect(scoped)
        inside, beside = prefix + PROBE, prefix.removesuffix("/") + PROBE
        with _faults("may not write where they should"):
            await abandon(connection, bucket, inside, await _begin(connection, bucket, inside))
        # A store that calls what is missing forbidden would make the bridge wait for keys that it has.
        if not await _raises(RecordMissing, _read(connection, bucket, inside)):
            raise _unscoped("do not tell what is missing")
        for key in (beside, PROBE):
            if not await _raises(Denied, _write(connection, bucket, key)):
                raise _unscoped("may write elsewhere")
            if not await _raises(Denied, _read(connection, bucket, key)):
                raise _unscoped("may read elsewhere")
        if not await _raises(Denied, _list(connection, bucket)):
            raise _unscoped("may list the bucket")

    def _connect(self, keys: StoreKeys) -> Connection:
        return Connection(keys.endpoint, keys, self._transport, self._runtime)


def _unscoped(what: str) -> Refused:
    return Refused(f"The temporary keys of this store {what}.", about=ABOUT, hint=HINT)


@contextlib.contextmanager
def _faults(what: str) -> Iterator[None]:
    try:
        yield
    except (Denied, RecordMissing, Refused) as problem:
        raise _unscoped(what) from problem


async def _raises(expected: type[RemoteError], attempt: Awaitable[None]) -> bool:
    """True when the attempt ends with that error, False when it succeeds or is refused otherwise; the store being away
    or failing is told as such."""
    try:
        await attempt
    except expected:
        return True
    except (Denied, RecordMissing, Refused):
        return False
    return False


async def _begin(connection: Connection, bucket: str, key: str) -> str:
    """Begin an upload in parts; its id."""
    order = Order(what="a trial of temporary keys", method="POST", bucket=bucket, key=key, query={"uploads": ""})
    return upload_id((await connection.call(order)).body)


async def _write(connection: Connection, bucket: str, key: str) -> None:
    """Begin an upload where none is allowed. One that is begun all the same is given up, as far as that is allowed."""
    begun = await _begin(connection, bucket, key)
    with contextlib.suppress(Denied, RecordMissing, Refused):
        await abandon(connection, bucket, key, begun)


async def _read(connection: Connection, bucket: str, key: str) -> None:
    headers = {"Range": "bytes=0-0"}
    await connection.call(
        Order(what="a trial of temporary keys", method="GET", bucket=bucket, key=key, headers=headers)
    )


async def _list(connection: Connection, bucket: str) -> None:
    query = {"list-type": "2", "max-keys": "1"}
    await connection.call(Order(what="a trial of temporary keys", method="GET", bucket=bucket, query=query))
