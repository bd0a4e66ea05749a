"""A whole sandbox: an Alyx stand-in and an S3 server, both on loopback."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType

from .alyx.schema import Value
from .alyx_service import AlyxService
from .demo import BUCKET, demo_seed
from .faults import FaultPlan
from .http_face import HttpFace
from .s3_server import S3Server
from .seed import read


class Sandbox:
    """Starts and stops both servers; use it as a context manager or call `start` and `stop`.

    `alyx_port` and `s3_port` 0 take any free port. `seed` is the path of a JSON file or its content (see seed.py);
    without one there is a small demo lab. `keep` is a folder in which everything survives a restart; no password,
    token or key is written there. `s3=False` leaves the store out. Everything here is for play: it listens on
    127.0.0.1 only.
    """

    def __init__(
        self,
        alyx_port: int = 0,
        s3_port: int = 0,
        seed: Path | str | Mapping[str, Value] | None = None,
        keep: Path | str | None = None,
        *,
        s3: bool = True,
    ) -> None:
        self._alyx_port = alyx_port
        self._seed = seed if seed is None or isinstance(seed, Mapping) else read(Path(seed))
        self._keep = None if keep is None else Path(keep)
        self.s3_key = "sandbox-key"
        self.s3_secret = secrets.token_hex(16)
        self._s3_port = s3_port
        self._with_s3 = s3
        self.s3: S3Server | None = None
        self._service: AlyxService | None = None
        self._face: HttpFace | None = None

    def __repr__(self) -> str:
        return f"Sandbox(alyx={self.alyx_url if self._face else None!r}, s3={self.s3!r})"

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start both servers and wait until they answer.

        Raises SeedError, KeepError, PortError or S3Error, each with a sentence that says what to do.
        """
        try:
            if self._with_s3:
                self._start_s3()
            self._service = self._make_service()
            self._face = HttpFace(self._service, self._alyx_port)
            self._face.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End both servers. What is not kept is gone."""
        if self._face is not None:
            self._face.stop()
            self._face = None
        if self._service is not None:
            self._service.close()
            self._service = None
        if self.s3 is not None:
            self.s3.close()
            self.s3 = None

    def stop_alyx(self) -> None:
        """Let connections to Alyx be refused; its records stay."""
        self._running_face().stop()

    def start_alyx(self) -> None:
        """Listen again, on the same port."""
        self._running_face().start()

    @property
    def alyx(self) -> AlyxService:
        """The stand-in behind the port: its core, accounts and faults."""
        assert self._service is not None, "the sandbox is not running"
        return self._service

    @property
    def faults(self) -> FaultPlan:
        """The faults in force."""
        return self.alyx.faults

    @property
    def alyx_url(self) -> str:
        """The address of Alyx."""
        return self._running_face().url

    @property
    def s3_url(self) -> str:
        """The address of the store."""
        assert self.s3 is not None, "the sandbox has no store, or is not running"
        return self.s3.url

    @property
    def s3_process(self) -> subprocess.Popen[bytes]:
        """The process of the store."""
        assert self.s3 is not None, "the sandbox has no store, or is not running"
        assert self.s3.process is not None, "the store is stopped"
        return self.s3.process

    @property
    def accounts(self) -> Mapping[str, str]:
        """Who can log in to Alyx, and the passwords."""
        return self.alyx.accounts

    def describe(self) -> str:
        """Addresses and accounts, for a person to read. The passwords and keys open nothing but this sandbox."""
        lines = [f"SANDBOX: nothing here reaches a real Alyx or store.\nAlyx      {self.alyx_url}"]
        lines += [f"          account {name}, password {password}" for name, password in self.accounts.items()]
        if self.s3 is not None:
            lines.append(f"Store     {self.s3_url}  (S3, bucket {BUCKET})")
            lines.append(f"          key {self.s3_key}, secret {self.s3_secret}")
        if self._keep is not None:
            lines.append(f"Kept in   {self._keep}")
        return "\n".join(lines)

    def _running_face(self) -> HttpFace:
        assert self._face is not None, "the sandbox is not running"
        return self._face

    def _start_s3(self) -> None:
        folder = None if self._keep is None else self._keep / "store"
        self.s3 = S3Server(self.s3_key, self.s3_secret, folder=folder, port=self._s3_port, buckets=(BUCKET, "other"))
        self.s3.start()

    def _make_service(self) -> AlyxService:
        zone = datetime.now().astimezone().tzinfo
        assert zone is not None
        identity = "demo" if self._seed is None else json.dumps(self._seed, sort_keys=True)
        seed = demo_seed("http://127.0.0.1" if self.s3 is None else self.s3.url) if self._seed is None else self._seed
        return AlyxService(
            seed,
            keep=self._keep,
            seed_identity=identity,
            now=lambda: datetime.now(zone).replace(tzinfo=None),
            zone=zone,
        )
