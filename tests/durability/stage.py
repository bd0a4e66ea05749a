"""A real bridge process between proxies, a stand-in for Alyx and a real S3 server; and what must be true there."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc

from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.alyx.messages import Request, Response
from cagelab_bridge.sandbox.demo import BUCKET, demo_seed
from tests.acceptance import lab as labs
from tests.acceptance.bridge import Bridge
from tests.durability.proxy import Proxy

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
BLOCK = 1024 * 1024
QUARANTINE = "3"  # seconds; the stand-in never executes a request later than its answer


class Mortal(Bridge):
    """A bridge that is going to be killed, and is called from several threads."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, **settings)
        self._own = threading.local()

    @property
    def channel(self) -> grpc.Channel:
        """This thread's own connection: gRPC crashes when a channel is closed under another thread's call."""
        if getattr(self._own, "address", "") != self.place.grpc:
            if hasattr(self._own, "channel"):
                self._own.channel.close()
            self._own.address = self.place.grpc
            self._own.channel = grpc.insecure_channel(self._own.address, options=[("grpc.enable_http_proxy", 0)])
        channel: grpc.Channel = self._own.channel
        return channel

    def await_death(self) -> None:
        """Return when somebody killed it."""
        assert self._process is not None
        self._process.wait(timeout=60)


@dataclass
class Wanted:
    """A session that a client was promised."""

    session_id: str
    folder: Path
    transfer_id: str = ""
    answers: set[tuple[object, ...]] = field(default_factory=set)


class Stage:
    """Everything around the bridge. `wrong` collects what is untrue the moment it becomes so."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.to_alyx, self.to_store = Proxy(seed), Proxy(seed + 1)
        self.sandbox = Sandbox(seed=demo_seed(self.to_store.url))
        self.sandbox.start()
        assert self.sandbox.s3 is not None
        self.to_alyx.target = int(self.sandbox.alyx_url.rpartition(":")[2])
        self.to_store.target = self.sandbox.s3.port
        self.bridge = Mortal(folder, ALYX_QUARANTINE_SECONDS=QUARANTINE, LAB_NAME="CogLab")
        self.lab = replace(labs.of(self.sandbox), alyx_url=self.to_alyx.url, s3_url=self.to_store.url)
        self.wrong: list[str] = []
        self._passed: set[str] = set()
        self._watch()

    def close(self) -> None:
        """End everything."""
        self.bridge.end(9)
        self.sandbox.stop()
        self.to_alyx.close()
        self.to_store.close()

    def restart_store(self, pause: float) -> None:
        """Kill the store's server, as a reboot of its computer does, and start it again after `pause` seconds."""
        assert self.sandbox.s3 is not None
        self.sandbox.s3.stop()
        time.sleep(pause)
        self.sandbox.s3.port = 0  # any: some connection may have taken the old one meanwhile
        self.sandbox.s3.start()
        self.to_store.target = self.sandbox.s3.port

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Alyx's records; only while nobody writes."""
        return [dict(row) for row in self.sandbox.alyx.core.state.rows(table)]

    def objects(self, dataset_id: str) -> list[Path]:
        """What the store holds for a dataset."""
        assert self.sandbox.s3 is not None
        assert self.sandbox.s3.folder is not None
        return [path for path in (self.sandbox.s3.folder / BUCKET).rglob(f"*{dataset_id}*") if path.is_file()]

    def _watch(self) -> None:
        """Look after every change in Alyx, in the thread that makes it: PASS only for what is stored."""
        execute = self.sandbox.alyx.execute

        def watched(request: Request, **more: Any) -> Response:
            answer = execute(request, **more)
            if request.method in CHANGING:
                self._look()
            return answer

        self.sandbox.alyx.execute = watched  # type: ignore[method-assign]  # the way to see every instant

    def _look(self) -> None:
        for row in self.rows("dataset"):
            if row["qc"] in ("PASS", 10) and row["id"] not in self._passed:
                self._passed.add(str(row["id"]))
                found = self.objects(str(row["id"]))
                if [md5(path) for path in found] != [row["hash"]]:
                    self.wrong.append(f"{row['name']} is PASS, but the store holds {len(found)} object(s) of it")
                records = [one for one in self.rows("file_record") if one["dataset"] == row["id"]]
                if not any(one["exists"] for one in records):
                    self.wrong.append(f"{row['name']} is PASS, but no file record says that it exists")

    def require(self, promised: Iterable[Wanted]) -> None:
        """Note in `wrong` what was lost or doubled, once everything is delivered."""
        promised = list(promised)
        records = self.rows("session")
        if len(records) != len(promised):
            self.wrong.append(f"{len(records)} sessions in Alyx for {len(promised)}")
        numbers = {(row["subject"], str(row["start_time"])[:10], row["number"]) for row in records}
        if len(numbers) != len(records):
            self.wrong.append("two sessions share a number")
        for wanted in promised:
            self._require(wanted, records)

    def _require(self, wanted: Wanted, records: list[dict[str, Any]]) -> None:
        if len(wanted.answers) != 1:
            self.wrong.append(f"the same call was answered differently: {wanted.answers}")
        mine = [row for row in records if row["json"]["cagelab"]["bridge_session"] == wanted.session_id]
        if len(mine) != 1 or mine[0]["json"]["cagelab"]["state"] != "COMPLETE" or mine[0]["end_time"] is None:
            self.wrong.append(f"{len(mine)} records of {wanted.session_id}, or it is not complete")
            return
        datasets = [row for row in self.rows("dataset") if row["session"] == mine[0]["id"]]
        files = sorted(path for path in wanted.folder.rglob("*") if path.is_file() and path.name != "session.json")
        if sorted(row["name"] for row in datasets) != sorted(path.name for path in files):
            self.wrong.append(f"{[row['name'] for row in datasets]} in Alyx for {[path.name for path in files]}")
            return
        for path in files:
            row = next(row for row in datasets if row["name"] == path.name)
            local, stored = md5(path), [md5(found) for found in self.objects(str(row["id"]))]
            told = (row["hash"], row["file_size"], row["qc"] in ("PASS", 10))
            if stored != [local] or told != (local, path.stat().st_size, True):
                self.wrong.append(f"{path.name}: local {local}, stored {stored}, Alyx {told}")


def md5(path: Path) -> str:
    """Lower-case hex of a file's content."""
    found = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest()
