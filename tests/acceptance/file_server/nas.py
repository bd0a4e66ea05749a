"""A lab whose store is a share: an Alyx that knows nothing of it yet, a real smbd, and a proxy between it and a
bridge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2
from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.alyx.schema import Value
from cagelab_bridge.sandbox.demo import demo_seed
from tests.acceptance.bridge import Bridge
from tests.durability.proxy import Proxy
from tests.integration.smb import smbd_server
from tests.integration.smb.smbd_server import PASSWORD, SHARE, SmbdServer

PREFIX = "CogLab/Subjects"
REPOSITORY = "smb_CogLab"


@dataclass(frozen=True, kw_only=True)
class Nas:
    """The file server, the way to it, and Alyx."""

    server: SmbdServer
    proxy: Proxy
    sandbox: Sandbox

    @property
    def endpoint(self) -> str:
        """As bridges see it."""
        return self.proxy.url.replace("http", "smb")

    @property
    def address(self) -> str:
        """Where the lab's files go."""
        return f"{self.endpoint}/{SHARE}/{PREFIX}/"

    def stored(self, key: str) -> Path:
        """A file on the server's disk."""
        return self.server.shared / key

    def parts(self) -> list[Path]:
        """The unfinished ones."""
        return list(self.server.shared.rglob("*.part"))

    def enter(self, bridge: Bridge, password: str = PASSWORD) -> None:
        """Log in to Alyx, and hand over user and password of the file server, as a person does."""
        request = status_pb2.LoginRequest(
            alyx_url=self.sandbox.alyx_url, username="admin", password=self.sandbox.accounts["admin"]
        )
        bridge.call("Login", request)
        said = bridge.command(
            "login", "--store", self.endpoint, "--access-key", self.server.user, "--secret-stdin", text=f"{password}\n"
        )
        assert said.returncode == 0, said.stdout + said.stderr

    @contextmanager
    def bridge(self, folder: Path, **settings: str) -> Iterator[Bridge]:
        """One that runs in a new folder, is logged in everywhere, in a lab that was set up."""
        bridge = Bridge(folder, STORE_REPOSITORY=REPOSITORY, **settings)
        folder.mkdir()
        bridge.start()
        try:
            self.enter(bridge)
            self.set_up(bridge)
            yield bridge
        finally:
            bridge.end()

    def set_up(self, bridge: Bridge) -> dict[str, Any]:
        """Have the records made."""
        said = bridge.command("setup", "--share", self.address, "--repository", REPOSITORY, "--yes", "--json")
        told: dict[str, Any] = json.loads(said.stdout)
        left = [one for one in told["steps"] if one["word"] in ("error", "left", "offer", "create")]
        assert left == [], left
        assert said.returncode == 0, said.stderr
        return told


@contextmanager
def opened(folder: Path) -> Iterator[Nas]:
    """All of it, running."""
    smbd_server.require()
    server, proxy = SmbdServer(folder / "smbd"), Proxy(1)
    bare: dict[str, Value] = {"data_repositories": [], "labs": [{"name": "CogLab"}, {"name": "OtherLab"}]}
    with Sandbox(seed=demo_seed("http://127.0.0.1:9") | bare, s3=False) as sandbox:
        try:
            server.start()
            proxy.target = server.port
            yield Nas(server=server, proxy=proxy, sandbox=sandbox)
        finally:
            proxy.close()
            server.stop()
