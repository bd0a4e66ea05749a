"""A real MinIO for the tests, with a user and an access key of its own; its program is named by CAGELAB_TEST_MINIO."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from pathlib import Path
from types import TracebackType

from minio.credentials.providers import StaticProvider
from minio.error import MinioAdminException
from minio.minioadmin import MinioAdmin

from cagelab_bridge.ports import StoreKeys
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.connection import Connection, Order
from cagelab_bridge.store.http_transport import HttpTransport

PROGRAM = os.environ.get("CAGELAB_TEST_MINIO", "")
USER = ("lab-user", "lab-user-secret")
SERVICE = ("lab-service", "lab-service-secret")


class MinioServer:
    """Started on a free port of loopback; `USER` may do everything, `SERVICE` is an access key of the root user."""

    root = ("root-user", "root-user-secret")

    def __init__(self, folder: Path, buckets: tuple[str, ...]) -> None:
        for bucket in buckets:
            (folder / "data" / bucket).mkdir(parents=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._address = f"127.0.0.1:{free.getsockname()[1]}"
        self.endpoint = f"http://{self._address}"
        self._folder = folder
        self._transport = HttpTransport(SystemRuntime().monotonic)
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> MinioServer:
        environ = {"PATH": os.defpath, "HOME": str(self._folder), "MINIO_BROWSER": "off"}
        environ |= {"MINIO_ROOT_USER": self.root[0], "MINIO_ROOT_PASSWORD": self.root[1]}
        command = [PROGRAM, "server", "--json", "--address", self._address, str(self._folder / "data")]
        self._process = subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._process.stdout is not None
        while "API:" not in (line := self._process.stdout.readline()):
            assert line, "MinIO did not start"
        threading.Thread(target=self._process.stdout.read, daemon=True).start()
        admin = self._admin(*self.root)
        admin.user_add(*USER)
        admin.policy_set("readwrite", user=USER[0])
        admin.add_service_account(access_key=SERVICE[0], secret_key=SERVICE[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._transport.close()

    def transport(self) -> HttpTransport:
        """Its own way to it."""
        return self._transport

    async def store_secret(self) -> None:
        """Put an object where nobody else should read, in both buckets."""
        keys = StoreKeys(endpoint=self.endpoint, access_key=self.root[0], secret_key=Secret(self.root[1]))
        root = Connection(self.endpoint, keys, self.transport, SystemRuntime())
        for bucket in ("other", "coglab"):
            await root.call(Order(what="a secret", method="PUT", bucket=bucket, key="secret.bin", body=b"the secret"))

    def refusal_of_an_account(self, keys: StoreKeys) -> str:
        """What MinIO says when these keys ask for an account of their own; "" when it makes one."""
        try:
            self._admin(keys.access_key, keys.secret_key.reveal(), keys.session_token.reveal()).add_service_account(
                access_key="planted", secret_key="planted-secret"
            )
        except MinioAdminException as refusal:
            return str(refusal)
        return ""

    def _admin(self, *pair: str) -> MinioAdmin:
        return MinioAdmin(endpoint=self._address, credentials=StaticProvider(*pair), secure=False)
