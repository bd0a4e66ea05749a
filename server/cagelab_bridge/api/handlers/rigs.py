"""On a control PC: its rigs, and what it lends them."""

from __future__ import annotations

from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2, rigs_pb2
from cagelab_bridge.api import rig_messages
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.house import House, rigs_of

RIGS = "/cagelab.bridge.v1.Rigs/"
CREDENTIALS = "/cagelab.bridge.v1.Credentials/"


class RigHandlers:
    """ListRigs, GetRig, ForwardCredentials; and, where there are rigs, ListLeases and RevokeLease."""

    def __init__(self, house: House) -> None:
        self._house = house

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        always: dict[str, Handler] = {
            RIGS + "ListRigs": self.list_rigs,
            RIGS + "GetRig": self.get_rig,
            CREDENTIALS + "ForwardCredentials": self.forward_credentials,
        }
        if self._house.rigs is None:
            return always
        return always | {
            CREDENTIALS + "ListLeases": self.list_leases,
            CREDENTIALS + "RevokeLease": self.revoke_lease,
        }

    async def list_rigs(self, _: rigs_pb2.ListRigsRequest, __: Caller) -> rigs_pb2.ListRigsResponse:
        """From memory: nobody is asked."""
        views = rigs_of(self._house).views()
        return rigs_pb2.ListRigsResponse(rigs=[rig_messages.rig_message(view, self._house.clock) for view in views])

    async def get_rig(self, request: rigs_pb2.GetRigRequest, _: Caller) -> rigs_pb2.GetRigResponse:
        """From memory."""
        view = rigs_of(self._house).view(request.rig)
        return rigs_pb2.GetRigResponse(rig=rig_messages.rig_message(view, self._house.clock))

    async def forward_credentials(
        self, request: lending_pb2.ForwardCredentialsRequest, _: Caller
    ) -> lending_pb2.ForwardCredentialsResponse:
        """The rig has them when this answers."""
        done = await rigs_of(self._house).forward(request.rig, request.seconds, request.alyx_url, request.username)
        return lending_pb2.ForwardCredentialsResponse(
            rig=done.rig, lease_id=done.lease_id, expires_at=done.expires_at, warnings=done.warnings
        )

    async def list_leases(self, _: lending_pb2.ListLeasesRequest, __: Caller) -> lending_pb2.ListLeasesResponse:
        """What was lent and still lasts."""
        views = rigs_of(self._house).lending.leases()
        return lending_pb2.ListLeasesResponse(
            leases=[rig_messages.lease_message(view, self._house.clock) for view in views]
        )

    async def revoke_lease(self, request: lending_pb2.RevokeLeaseRequest, _: Caller) -> lending_pb2.RevokeLeaseResponse:
        """The rig has forgotten it when this answers."""
        await rigs_of(self._house).revoke(request.lease_id)
        return lending_pb2.RevokeLeaseResponse()
