"""A control PC and a rig as two real bridges that are paired, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cagelab_bridge._gen.cagelab.bridge.v1 import (
    credentials_pb2_grpc,
    lending_pb2,
    rigs_pb2,
    rigs_pb2_grpc,
    session_pb2,
    status_pb2,
)
from cagelab_bridge.identity.identity import Identity, load_or_make
from cagelab_bridge.identity.peer_files import PeerFiles
from cagelab_bridge.models import Lending, Peer
from tests.acceptance.bridge import Bridge, wait_until


@dataclass(frozen=True)
class Pair:
    """Both bridges; the rig runs, the control PC not yet."""

    control: Bridge
    rig: Bridge
    control_id: Identity
    rig_id: Identity

    def trust(self, lending: Lending | None = None) -> None:
        """Each believes the other; the control PC knows where the rig listens now."""
        status = self.rig.call("GetStatus", status_pb2.GetStatusRequest())
        host, _, port = status.lan_address.rpartition(":")
        rig = Peer(
            name="rig-1",
            fingerprint=self.rig_id.fingerprint,
            certificate_pem=self.rig_id.certificate_pem,
            roles=frozenset({"rig"}),
            address=host,
            port=int(port),
            lending=lending or Lending(),
        )
        control = Peer(
            name="control-pc",
            fingerprint=self.control_id.fingerprint,
            certificate_pem=self.control_id.certificate_pem,
            roles=frozenset({"control"}),
        )
        PeerFiles(self.control.folder / "state", self.control_id.fingerprint).write(rig)
        PeerFiles(self.rig.folder / "state", self.rig_id.fingerprint).write(control)

    def connected(self) -> bool:
        """Whether the control PC follows the needs of the rig."""
        stub: Any = rigs_pb2_grpc.RigsStub(self.control.channel)
        answer = stub.ListRigs(rigs_pb2.ListRigsRequest(), metadata=self.control.metadata, timeout=30)
        return any(rig.connected for rig in answer.rigs)

    def part(self) -> None:
        """The rig trusts the control PC no more."""
        PeerFiles(self.rig.folder / "state", self.rig_id.fingerprint).remove("control-pc")

    def session(self, session_id: str) -> session_pb2.Session:
        """As the rig tells it."""
        answer = self.rig.call("GetSession", session_pb2.GetSessionRequest(session_id=session_id))
        found: session_pb2.Session = answer.session
        return found

    def leases(self) -> list[lending_pb2.Lease]:
        """What the rig was lent."""
        stub: Any = credentials_pb2_grpc.CredentialsStub(self.rig.channel)
        request = lending_pb2.ListLeasesRequest()
        return list(stub.ListLeases(request, metadata=self.rig.metadata, timeout=30).leases)

    def until(self, session_id: str, said: str, patience: float = 90.0) -> session_pb2.Session:
        """The session, once its reason says so."""
        return wait_until(lambda: found if said in (found := self.session(session_id)).reason else None, patience)


@contextmanager
def paired(folder: Path) -> Iterator[Pair]:
    """Both in folders of their own. The rig runs; the control PC is started by the test."""
    bridges = []
    for role in ("control", "rig"):
        (folder / role / "state").mkdir(parents=True)
        (folder / role / "state").chmod(0o700)
        lan = {"SERVER_LAN_ADDRESS": "127.0.0.1", "SERVER_LAN_PORT": "0"}
        bridges.append(Bridge(folder / role, BRIDGE_ROLE=role, LAB_NAME="CogLab", **lan))
    control, rig = bridges
    made = [load_or_make(bridge.folder / "state", "now") for bridge in bridges]
    rig.start()
    try:
        yield Pair(control, rig, *made)
    finally:
        for bridge in bridges:
            if bridge._process is not None:
                bridge.end()
