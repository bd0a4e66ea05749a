"""A real bridge process, and a client for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import grpc

from cagelab_bridge import endpoint
from cagelab_bridge._gen.cagelab.bridge.v1 import (
    bridge_pb2_grpc,
    credentials_pb2,
    credentials_pb2_grpc,
    status_pb2,
    transfer_pb2,
)
from tests.acceptance.lab import Lab

T = TypeVar("T")
PATIENCE = 60.0  # seconds; a condition that takes longer is a failure
SETTLED = {
    transfer_pb2.TRANSFER_STATE_DONE,
    transfer_pb2.TRANSFER_STATE_BLOCKED,
    transfer_pb2.TRANSFER_STATE_CANCELLED,
}


def wait_until(look: Callable[[], T | None], patience: float = PATIENCE) -> T:
    """What `look` finds, as soon as it finds something. Fails after `patience` seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)  # between two looks at the condition
    raise AssertionError("it never happened")


class Bridge:
    """`cagelab-bridge serve` in folders of its own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self._settings = {"FILES_QUIET_SECONDS": "0.2", "LAB_TIME_ZONE": "UTC", "LAB_ROOT": str(folder / "data")}
        self._settings |= settings
        self.extra: dict[str, str] = {}  # of the environment, named in full
        self.launcher: list[str] = []  # a command that ends in this one's place
        self._process: subprocess.Popen[str] | None = None
        self._channel: grpc.Channel | None = None

    @property
    def environ(self) -> dict[str, str]:
        """The environment of the bridge and of the command line that talks to it."""
        ours = ("CAGELAB_BRIDGE_", "CAGELAB_TEST_")  # the second names a live lab's secrets
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        mine = {f"CAGELAB_BRIDGE_{name}": value for name, value in self._settings.items()}
        places = {"STATE": self.folder / "state", "RUNTIME": self.folder / "run"}
        return clean | mine | {f"CAGELAB_BRIDGE_{name}": str(path) for name, path in places.items()} | self.extra

    def start(self, *options: str, text: str = "") -> dict[str, Any]:
        """Start it, with `text` on its stdin; what it said when it was ready."""
        (self.folder / "empty.toml").touch()
        command = [sys.executable, "-m", "cagelab_bridge.cli", "serve", "--json", "--config"]
        with (self.folder / "serve.log").open("a") as log:
            self._process = subprocess.Popen(
                [*self.launcher, *command, str(self.folder / "empty.toml"), *options],
                env=self.environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(text)
        self._process.stdin.close()
        line = self._process.stdout.readline()
        assert line, (self.folder / "serve.log").read_text()
        self.place = endpoint.read(self.folder / "run")
        self._channel = grpc.insecure_channel(self.place.grpc, options=[("grpc.enable_http_proxy", 0)])
        ready: dict[str, Any] = json.loads(line)
        return ready

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process is not None
        return self._process.pid

    def end(self, number: int = signal.SIGTERM) -> float:
        """End it with a signal; seconds it took."""
        assert self._process is not None
        if self._channel is not None:
            self._channel.close()
        began = time.monotonic()
        if self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return time.monotonic() - began

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What each call shows."""
        return (("authorization", f"Bearer {self.place.token.reveal()}"),)

    @property
    def channel(self) -> grpc.Channel:
        """The connection; there is one once it started."""
        assert self._channel is not None
        return self._channel

    @property
    def stub(self) -> Any:
        """The Bridge service; calls need metadata=bridge.metadata."""
        return bridge_pb2_grpc.BridgeStub(self.channel)

    def call(self, method: str, request: Any) -> Any:
        """One call with the access token."""
        return getattr(self.stub, method)(request, metadata=self.metadata, timeout=30)

    def enter(self, lab: Lab) -> None:
        """Log in to the lab and hand over the store's key pair."""
        self.call("Login", status_pb2.LoginRequest(alyx_url=lab.alyx_url, username=lab.user, password=lab.password))
        stub = credentials_pb2_grpc.CredentialsStub(self.channel)
        stub.PutCredentials(
            credentials_pb2.PutCredentialsRequest(
                kind=credentials_pb2.CREDENTIAL_KIND_STORE,
                endpoint=lab.s3_url,
                identity=lab.s3_key,
                secret=lab.s3_secret,
            ),
            metadata=self.metadata,
            timeout=30,
        )

    def settled(self, transfer_id: str) -> transfer_pb2.Transfer:
        """The transfer, once nothing moves any more."""

        def look() -> transfer_pb2.Transfer | None:
            found = self.call("GetTransfer", transfer_pb2.GetTransferRequest(transfer_id=transfer_id)).transfer
            return found if found.state in SETTLED else None

        return wait_until(look)

    def command(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command line against it."""
        return subprocess.run(
            [sys.executable, "-m", "cagelab_bridge.cli", *arguments],
            env=self.environ,
            input=text,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
