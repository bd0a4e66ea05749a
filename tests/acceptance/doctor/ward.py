"""A control PC and a rig with homes of their own, for `doctor` to look at: real processes, and a sandbox."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from cagelab_bridge._gen.cagelab.bridge.v1 import rigs_pb2, rigs_pb2_grpc
from cagelab_bridge.identity.identity import Identity, load_or_make
from cagelab_bridge.identity.peer_files import PeerFiles
from cagelab_bridge.models import Peer
from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.demo import demo_seed
from tests.acceptance import lab as labs
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.lab import Lab

ZONE = "Africa/Abidjan"  # as the sandbox's Alyx writes times, all year, without being called UTC
# Of the computer that the tests run on, not of the bridge: its free disk, and what it starts by itself.
OF_THE_COMPUTER = {"disk", "service"}


@dataclass(frozen=True)
class Verdict:
    """What `doctor` said."""

    code: int
    healthy: bool
    role: str
    looks: tuple[dict[str, str], ...]
    text: str

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """Severity, matter and sentence of all that is wrong."""
        bad = [look for look in self.looks if look["severity"] in ("error", "warning")]
        return [(one["severity"], one["about"], one["message"]) for one in bad if one["about"] not in OF_THE_COMPUTER]


class Computer:
    """One computer: a home, a bridge, what stands in its environment."""

    def __init__(self, folder: Path, role: str, **settings: str) -> None:
        folder.mkdir()
        self.folder, self.home, self.state = folder, folder / "home", folder / "state"
        self.home.mkdir(mode=0o700)
        self.settings_file = folder / "empty.toml"
        self.settings_file.touch(mode=0o600)
        self.bridge = Bridge(folder, BRIDGE_ROLE=role, LAB_NAME="CogLab", **{"LAB_TIME_ZONE": ZONE} | settings)
        self.bridge.extra = {
            "HOME": str(self.home),
            "CAGELAB_BRIDGE_CONFIG": str(self.settings_file),
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere",  # no keyring but what a test brings
            "PYTHON_KEYRING_BACKEND": "",
        }
        self.identity = load_or_make(self.state, "now")
        self.peers = PeerFiles(self.state, self.identity.fingerprint)

    def doctor(self, *options: str, **environ: str) -> Verdict:
        """Run it, with more in its environment."""
        kept = dict(self.bridge.extra)
        self.bridge.extra |= environ
        try:
            ran = self.bridge.command("doctor", "--json", *options)
        finally:
            self.bridge.extra = kept
        assert ran.returncode in (0, 6), ran.stderr
        told = json.loads(ran.stdout)
        return Verdict(ran.returncode, told["healthy"], told["role"], tuple(told["looks"]), ran.stdout + ran.stderr)


def peer(identity: Identity, name: str, role: str, port: int = 0, **more: Any) -> Peer:
    """As it stands in the other's list."""
    return Peer(
        name=name,
        fingerprint=identity.fingerprint,
        certificate_pem=identity.certificate_pem,
        roles=frozenset({role}),
        address="127.0.0.1" if port else "",
        port=port,
        **more,
    )


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Ward:
    """Both of them."""

    def __init__(self, folder: Path, sandbox: Sandbox, control: dict[str, str], rig: dict[str, str]) -> None:
        self.port = free_port()
        self.sandbox = sandbox
        self.control = Computer(folder / "control", "control", **control)
        place = {"SERVER_LAN_ADDRESS": "0.0.0.0", "SERVER_LAN_PORT": str(self.port)}
        self.rig = Computer(folder / "rig", "rig", **place | rig)
        self.control.peers.write(peer(self.rig.identity, "rig-1", "rig", self.port))
        self.rig.peers.write(peer(self.control.identity, "control-pc", "control"))

    @property
    def lab(self) -> Lab:
        """Alyx and the store."""
        return labs.of(self.sandbox)

    def open(self) -> None:
        """Start both; the control PC is logged in and connected to its rig."""
        self.rig.bridge.start()
        self.control.bridge.start()
        self.control.bridge.enter(self.lab)
        wait_until(self._connected)

    def _connected(self) -> bool:
        stub = rigs_pb2_grpc.RigsStub(self.control.bridge.channel)
        answer = stub.ListRigs(rigs_pb2.ListRigsRequest(), metadata=self.control.bridge.metadata, timeout=10)
        return any(rig.name == "rig-1" and rig.connected for rig in answer.rigs)

    def close(self) -> None:
        """End those that were started."""
        for computer in (self.control, self.rig):
            if computer.bridge._process is not None:
                computer.bridge.end()


@contextmanager
def opened(
    folder: Path,
    *,
    control: dict[str, str] | None = None,
    rig: dict[str, str] | None = None,
    repository: dict[str, Any] | None = None,
) -> Iterator[Ward]:
    """Both, not started yet, with more settings; `repository`: changes of its record in Alyx."""
    port = free_port()
    seed = demo_seed(f"http://127.0.0.1:{port}")
    cast("list[dict[str, Any]]", seed["data_repositories"])[0].update(repository or {})
    with Sandbox(s3_port=port, seed=seed) as sandbox:
        ward = Ward(folder, sandbox, control or {}, rig or {})
        try:
            yield ward
        finally:
            ward.close()
