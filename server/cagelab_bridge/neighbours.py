"""Other bridges: who this one is to them, whom it trusts, the door they come in by (a rig) and the way to them.

Made before the journal is opened: on a copied disk, the journal of the other computer is set aside first.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cagelab_bridge.api.dispatch import Dispatcher
from cagelab_bridge.config import Settings
from cagelab_bridge.errors import Finding, Gravity
from cagelab_bridge.identity import identity
from cagelab_bridge.identity.peer_files import PeerFiles
from cagelab_bridge.identity.trust_list import TrustList
from cagelab_bridge.lan_door.server import LanServer
from cagelab_bridge.peers.door import GrpcPeerDoor
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.standing import Standing


class Neighbours:
    """This bridge among others. Making it reads the identity, and makes one where there is none."""

    def __init__(self, settings: Settings, runtime: Runtime) -> None:
        """Blocking, briefly. Raises Forbidden (the key is open to others), InvalidInput, FileUnreadable."""
        self._settings, self._state = settings, Path(settings.state_folder)
        self.identity = identity.load_or_make(self._state, f"{runtime.now():%Y-%m-%dT%H-%M-%SZ}")
        self.trust = TrustList(PeerFiles(self._state, self.identity.fingerprint), runtime)
        self.peers = GrpcPeerDoor(self.identity.key, self.identity.certificate_pem, runtime)
        self.standing = Standing(role=settings.bridge_role, device_id=self.identity.device_id, notices=self._notices)
        self._door: LanServer | None = None

    async def open(self, dispatcher: Dispatcher) -> None:
        """Follow the trust list; on a rig, open the LAN door. Raises WrongState when its port is taken."""
        if self._settings.bridge_role == "rig":
            self._door = LanServer(dispatcher, self.identity, self.trust)
            self.standing.lan_address = await self._door.start(
                self._settings.server_lan_address, self._settings.server_lan_port
            )
        self.trust.start()

    async def close(self, grace: float) -> None:
        """Shut the door, hang up, look no more."""
        await self.trust.stop()
        if self._door is not None:
            await self._door.stop(grace)
            self.standing.lan_address = ""
        await self.peers.close()

    def _notices(self) -> Sequence[Finding]:
        return (*map(_copied, identity.set_aside(self._state)), *self.trust.findings())


def of(settings: Settings, runtime: Runtime) -> Neighbours | None:
    """None for a workstation that was never told to be more."""
    alone = settings.bridge_role == "workstation" and not (Path(settings.state_folder) / identity.FOLDER).exists()
    return None if alone else Neighbours(settings, runtime)


def _copied(folder: Path) -> Finding:
    return Finding(
        gravity=Gravity.WARNING,
        field="identity",
        value=str(folder),
        message="The disk of this computer was copied from another one: this bridge has a new identity and an empty "
        "journal. What the other one had accepted lies in that folder, and is its own to deliver.",
        hint="Pair this computer anew, then delete the folder. Was it no copy, but new hardware? Stop the bridge, run "
        "`cagelab-bridge init --same-computer`, and start it.",
    )
