"""A control PC and its rigs: real processes on loopback addresses of their own, every wire between them tapped."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from cagelab_bridge._gen.cagelab.bridge.v1 import (
    credentials_pb2_grpc,
    lending_pb2,
    rigs_pb2,
    rigs_pb2_grpc,
    session_pb2,
    transfer_pb2,
)
from cagelab_bridge.identity.identity import Identity, load_or_make
from cagelab_bridge.identity.peer_files import PeerFiles
from cagelab_bridge.models import Peer
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.lab import Lab
from tests.security.tapped_lab import Truth, tapped_lab
from tests.security.wiretap import Wiretap

RIGS = 3
SLOW = 6e6  # bytes per second on the way to the store: uploads last long enough to be disturbed
LAB = "CogLab"


def free_port(host: str) -> int:
    """A port of that address that nobody has."""
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])


class RigProcess:
    """A rig on an address of its own, and the tap between it and its control PC."""

    def __init__(self, folder: Path, number: int) -> None:
        self.name = f"rig-{number}"
        self.host = f"127.0.0.{number + 2}"
        self.port = free_port(self.host)
        place = {"SERVER_LAN_ADDRESS": self.host, "SERVER_LAN_PORT": str(self.port)}
        self.bridge = Bridge(folder / self.name, BRIDGE_ROLE="rig", LAB_NAME=LAB, **place)
        self.bridge.folder.mkdir()
        self.identity = load_or_make(self.bridge.folder / "state", "now")
        self.tap = Wiretap()
        self.tap.target = (self.host, self.port)

    def start_session(self, subject: str = "TestSubject") -> session_pb2.Session:
        """Start one, as the task does: nobody is logged in here."""
        spec = session_pb2.SessionSpec(subject=subject, projects=["demo"])
        started = self.bridge.call("StartSession", session_pb2.StartSessionRequest(spec=spec)).session
        return cast("session_pb2.Session", started)

    def in_alyx(self, identity: str) -> session_pb2.Session:
        """The session, once Alyx has it: a computer with much to do takes longer than StartSession waits."""

        def look() -> session_pb2.Session | None:
            found = self.bridge.call("GetSession", session_pb2.GetSessionRequest(session_id=identity)).session
            return found if found.alyx_id else None

        return wait_until(look)

    def upload(self, session: session_pb2.Session, files: dict[str, bytes]) -> str:
        """Write files, end the session, upload its folder; the transfer's id."""
        for name, data in files.items():
            (Path(session.folder) / name).write_bytes(data)
        request = session_pb2.EndSessionRequest(session_id=session.session_id, upload_folder=True)
        return str(self.bridge.call("EndSession", request).transfer_id)

    def transfer(self, identity: str) -> transfer_pb2.Transfer:
        """How it stands, with its files."""
        found = self.bridge.call("GetTransfer", transfer_pb2.GetTransferRequest(transfer_id=identity)).transfer
        return cast("transfer_pb2.Transfer", found)

    def sending(self, identity: str) -> transfer_pb2.Transfer:
        """The transfer, once some of it was sent and some was not."""

        def look() -> transfer_pb2.Transfer | None:
            found = self.transfer(identity)
            return found if 0 < found.bytes_sent < found.bytes_total else None

        return wait_until(look)

    def waiting(self, identity: str) -> transfer_pb2.Transfer:
        """The transfer, once it waits for credentials."""

        def look() -> transfer_pb2.Transfer | None:
            found = self.transfer(identity)
            return found if found.waiting_for_credentials else None

        return wait_until(look)

    def sessions(self) -> list[session_pb2.Session]:
        """All it knows."""
        return list(self.bridge.call("ListSessions", session_pb2.ListSessionsRequest()).sessions)

    def leases(self) -> list[lending_pb2.Lease]:
        """What it was lent."""
        stub = credentials_pb2_grpc.CredentialsStub(self.bridge.channel)
        request = lending_pb2.ListLeasesRequest()
        return list(stub.ListLeases(request, metadata=self.bridge.metadata, timeout=30).leases)


class FourBridges:
    """All of them, with Alyx and the store."""

    def __init__(self, folder: Path, lab: Lab, store: Wiretap, hours: float) -> None:
        """`lab`: with the store behind its tap."""
        self.folder = folder
        self.lab = lab
        self.store = store
        self.truth = Truth(lab)
        self.control = Bridge(folder / "control", BRIDGE_ROLE="control", LAB_NAME=LAB, LENDING_HOURS=str(hours))
        self.control.folder.mkdir()
        self.rigs = [RigProcess(folder, number) for number in range(RIGS)]

    def pair(self) -> None:
        """By files, as ansible does it."""
        state = self.control.folder / "state"
        own = load_or_make(state, "now")
        for rig in self.rigs:
            PeerFiles(state, own.fingerprint).write(_peer(rig.identity, rig.name, "rig", rig.tap))
            theirs = PeerFiles(rig.bridge.folder / "state", rig.identity.fingerprint)
            theirs.write(_peer(own, "control-pc", "control"))

    def enter(self) -> None:
        """Log in at the control PC, and hand it the store's key pair; only there."""
        self.control.enter(self.lab)

    def view(self, rig: RigProcess) -> rigs_pb2.Rig:
        """How the control PC sees a rig."""
        stub = rigs_pb2_grpc.RigsStub(self.control.channel)
        request = rigs_pb2.GetRigRequest(rig=rig.name)
        return stub.GetRig(request, metadata=self.control.metadata, timeout=30).rig

    def transfer(self, rig: RigProcess, identity: str) -> transfer_pb2.Transfer:
        """A rig's transfer with its files, as the control PC shows it; once it is told."""

        def look() -> transfer_pb2.Transfer | None:
            listed = self.control.call("ListTransfers", transfer_pb2.ListTransfersRequest(rig=rig.name)).transfers
            if identity not in {one.transfer_id for one in listed}:
                return None
            request = transfer_pb2.GetTransferRequest(transfer_id=identity, rig=rig.name)
            return cast("transfer_pb2.Transfer", self.control.call("GetTransfer", request).transfer)

        return wait_until(look)

    def lending(self, method: str, request: Any) -> Any:
        """A call of the control PC's Credentials service."""
        stub = credentials_pb2_grpc.CredentialsStub(self.control.channel)
        return getattr(stub, method)(request, metadata=self.control.metadata, timeout=30)

    def close(self) -> None:
        """End all processes."""
        self.truth.close()
        for bridge in (self.control, *(rig.bridge for rig in self.rigs)):
            bridge.end()
        for tap in (self.store, *(rig.tap for rig in self.rigs)):
            tap.close()


def _peer(identity: Identity, name: str, role: str, tap: Wiretap | None = None) -> Peer:
    return Peer(
        name=name,
        fingerprint=identity.fingerprint,
        certificate_pem=identity.certificate_pem,
        roles=frozenset({role}),
        address=tap.host if tap else "",
        port=tap.port if tap else 0,
    )


@contextmanager
def opened(folder: Path, *, hours: float) -> Iterator[FourBridges]:
    """Paired and running, nobody logged in; before a live lab where one is named, else before a sandbox."""
    store = Wiretap()
    with tapped_lab(store) as found:
        store.bytes_per_second = SLOW
        lab = FourBridges(folder, found, store, hours)
        lab.pair()
        try:
            for bridge in (lab.control, *(rig.bridge for rig in lab.rigs)):
                bridge.start()
            yield lab
        finally:
            lab.close()
