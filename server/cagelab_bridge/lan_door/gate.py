"""The gate of the LAN door: who calls, in which role, and the end of their calls when the pairing ends.

TLS is the first gate, not the only one: it goes on serving a removed peer on the connection that is open. So each call
is checked against the trust list as it is at that moment, and running ones are ended when it changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cagelab_bridge.api.dispatch import Caller
from cagelab_bridge.api.policy import role_for
from cagelab_bridge.errors import BridgeError, Busy, NotPaired, Unreachable
from cagelab_bridge.identity.certificates import fingerprint_of_pem
from cagelab_bridge.models import Peer, PeerChange
from cagelab_bridge.ports import PeerList

if TYPE_CHECKING:
    from cagelab_bridge.grpc_calls import Context

CALLS_PER_PEER = 48  # at a time, streams included


class Gate:
    """Lets calls of paired peers pass."""

    def __init__(self, peers: PeerList) -> None:
        self._peers = peers
        self._running: dict[str, set[asyncio.Task[Any]]] = {}
        self._streams: set[asyncio.Task[Any]] = set()
        self._ended: dict[asyncio.Task[Any], BridgeError] = {}
        peers.on_change(self._on_change)

    @contextmanager
    def passing(self, context: Context, method: str, *, stream: bool = False) -> Iterator[Caller]:
        """The caller, for the time of one call. Raises NotPaired, at the beginning or when the pairing ends; Busy;
        Unreachable when the bridge stops during a stream."""
        peer = self._peer(context)
        task = asyncio.current_task()
        assert task is not None
        running = self._running.setdefault(peer.fingerprint, set())
        if len(running) >= CALLS_PER_PEER:
            raise Busy("This peer has too many calls under way.")
        running.add(task)
        if stream:
            self._streams.add(task)
        role = role_for(method, peer.roles)
        try:
            yield Caller(role, context.time_remaining(), "lan", peer.name, peer.fingerprint)
        except BaseException:
            self._say_ended(task)
            raise
        else:
            self._say_ended(task)  # a wait that ended at the same moment may have swallowed the cancellation
        finally:
            running.discard(task)
            self._streams.discard(task)
            self._ended.pop(task, None)

    def close(self) -> None:
        """End the streams, which would never end by themselves: the bridge stops."""
        self._end(self._streams, Unreachable("This bridge is stopping."))

    def _say_ended(self, task: asyncio.Task[Any]) -> None:
        """Raise what ended the call from outside, if anything did."""
        error = self._ended.get(task)
        if error is not None:
            # A call that is merely cancelled leaves the client waiting for its deadline: gRPC sends no status for it.
            task.uncancel()
            raise error from None

    def _end(self, tasks: Iterable[asyncio.Task[Any]], error: BridgeError) -> None:
        for task in list(tasks):
            self._ended.setdefault(task, error)
            task.cancel()

    def _peer(self, context: Context) -> Peer:
        """Who calls, by the certificate alone: everything else is what the caller says of itself."""
        proven = context.auth_context()
        certificates = list(proven.get("x509_pem_cert", []))
        if list(proven.get("transport_security_type", [])) != [b"ssl"] or len(certificates) != 1:
            raise NotPaired("No certificate was shown.")
        peer = self._peers.by_fingerprint(fingerprint_of_pem(certificates[0]))
        if peer is None:
            raise NotPaired
        return peer

    def _on_change(self, change: PeerChange) -> None:
        for peer in change.removed:
            self._end(self._running.pop(peer.fingerprint, set()), NotPaired("The pairing has ended."))
