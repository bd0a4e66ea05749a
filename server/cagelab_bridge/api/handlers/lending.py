"""Lending, on a rig: what its control PCs push, and what they see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2
from cagelab_bridge.api import lent
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.house import House

SERVICE = "/cagelab.bridge.v1.Credentials/"


class LendingHandlers:
    """PushCredentials, PushSignatures, RevokeLease, WatchNeeds, ListNeeds, ListLeases."""

    def __init__(self, house: House) -> None:
        self._house = house

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        return {
            SERVICE + "PushCredentials": self.push_credentials,
            SERVICE + "PushSignatures": self.push_signatures,
            SERVICE + "RevokeLease": self.revoke_lease,
            SERVICE + "WatchNeeds": self.watch_needs,
            SERVICE + "ListNeeds": self.list_needs,
            SERVICE + "ListLeases": self.list_leases,
        }

    async def push_credentials(
        self, request: lending_pb2.PushCredentialsRequest, caller: Caller
    ) -> lending_pb2.PushCredentialsResponse:
        """Take a lease, or hear why there is none."""
        leases = self._house.leases
        if request.HasField("refusal"):
            refusal = lent.refusal_from(request.refusal)
            leases.refuse(caller.fingerprint, caller.peer, request.session_id, refusal)
            return lending_pb2.PushCredentialsResponse()
        lease = leases.push(caller.fingerprint, caller.peer, lent.loan_from(request))
        return lending_pb2.PushCredentialsResponse(lease_id=lease.id)

    async def push_signatures(
        self, request: lending_pb2.PushSignaturesRequest, caller: Caller
    ) -> lending_pb2.PushSignaturesResponse:
        """The answers to requests to sign."""
        self._house.signatures.answer(caller.fingerprint, map(lent.signed_from, request.signatures))
        return lending_pb2.PushSignaturesResponse()

    async def revoke_lease(
        self, request: lending_pb2.RevokeLeaseRequest, caller: Caller
    ) -> lending_pb2.RevokeLeaseResponse:
        """End it, at once."""
        self._house.leases.revoke(caller.fingerprint, request.lease_id)
        return lending_pb2.RevokeLeaseResponse()

    async def watch_needs(
        self, _: lending_pb2.WatchNeedsRequest, caller: Caller
    ) -> AsyncIterator[lending_pb2.WatchNeedsResponse]:
        """All needs, then each change; and what is to be signed."""
        async with aclosing(self._house.needs.follow(caller.fingerprint, caller.peer)) as news:
            async for one in news:
                yield lent.news_message(one)

    async def list_needs(self, _: lending_pb2.ListNeedsRequest, __: Caller) -> lending_pb2.ListNeedsResponse:
        """As they are now."""
        return lending_pb2.ListNeedsResponse(needs=map(lent.need_message, self._house.needs.now()))

    async def list_leases(self, _: lending_pb2.ListLeasesRequest, __: Caller) -> lending_pb2.ListLeasesResponse:
        """Without their secrets."""
        leases, clock = self._house.leases, self._house.clock
        return lending_pb2.ListLeasesResponse(
            leases=[lent.lease_message(lease, leases.seconds_left(lease), clock) for lease in leases.live()]
        )
