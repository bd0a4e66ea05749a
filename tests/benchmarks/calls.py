"""How long a caller waits, in multiples of an empty call through the same door, in the same run."""

from __future__ import annotations

import contextlib
import http.client
import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from cagelab_bridge._gen.cagelab.bridge.v1 import (
    credentials_pb2_grpc,
    lending_pb2,
    query_pb2,
    session_pb2,
    status_pb2,
    transfer_pb2,
)
from cagelab_bridge.sandbox import Sandbox
from tests.acceptance import lab as labs
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.test_whole_session import SPEC, started
from tests.benchmarks.table import Row

EMPTY = ("Credentials", "ListLeases", lending_pb2.ListLeasesRequest())
Call = Callable[[str, str, Message], object]
Asked = Callable[[], Message]
MANY = 10_000  # files
LARGE = 20 * 1024**3  # bytes, of a file that is a hole


def rows(*, count: int) -> list[Row]:
    """p50 and p99 of each call on both doors, over the empty call's; durable calls get one commit more.

    Nothing is delivered meanwhile: no file is ever quiet for long enough. StartSession is asked while Alyx is away (its
    connections are refused at once), so that none of its time is Alyx's.
    """
    with Sandbox() as sandbox, TemporaryDirectory(prefix="bench-") as folder:
        bridge = Bridge(Path(folder), FILES_QUIET_SECONDS="3600")
        bridge.start()
        try:
            bridge.enter(labs.of(sandbox))
            commit = _commit(Path(folder), count)
            found = []
            for door, call in _doors(bridge):
                found += _Door(bridge, door, call, commit, count).rows()
            sandbox.stop()
            for door, call in _doors(bridge):
                found += _Door(bridge, door, call, commit, count).sessions()
            return found
        finally:
            bridge.end()


@dataclass(frozen=True)
class _Door:
    """One door of the bridge, and what is compared there."""

    bridge: Bridge
    name: str
    call: Call
    commit: tuple[float, float]
    count: int

    def rows(self) -> list[Row]:
        """Calls about a session whose files are accepted."""
        session = started(self.bridge)
        folder = Path(session.folder)
        for number in range(50):
            (folder / f"events.table.{number}.tsv").write_bytes(b"a\tb\n" * number)
        transfer = self._uploaded(_upload(session))
        reading: dict[str, Asked] = {
            "GetStatus": status_pb2.GetStatusRequest,
            "ListChoices": lambda: query_pb2.ListChoicesRequest(kinds=["subjects", "projects"]),
            "GetTransfer": lambda: transfer_pb2.GetTransferRequest(transfer_id=transfer, summary_only=True),
            "GetTransfer (50 files)": lambda: transfer_pb2.GetTransferRequest(transfer_id=transfer),
        }
        found = [row for name, make in reading.items() for row in self._compared(name, self._asked(name, make))]
        found += self._compared("UploadFiles", self._uploads(session, "events.table.1.tsv", self._few), durable=True)
        with (folder / "recording.bin").open("wb") as file:
            file.truncate(LARGE)
        found += self._compared("UploadFiles, 20 GiB", self._uploads(session, "recording.bin", 20), durable=True)
        (folder / "many").mkdir()
        for number in range(MANY):
            (folder / "many" / f"trial.{number:05d}.tsv").touch()
        found += self._compared("UploadFiles, 10,000 files", self._uploads(session, "many", 3), durable=True)
        return found

    def sessions(self) -> list[Row]:
        """StartSession and EndSession; each session is ended."""
        starts, ends = [], []
        for _ in range(self._few):
            request = session_pb2.StartSessionRequest(request_id=str(uuid.uuid4()), spec=SPEC)
            self.call(*EMPTY)  # the connection is there
            began = time.perf_counter()
            answer = self.call("Bridge", "StartSession", request)
            starts.append(time.perf_counter() - began)
            ending = session_pb2.EndSessionRequest(
                request_id=str(uuid.uuid4()), session_id=_session_id(answer), upload_folder=True
            )
            began = time.perf_counter()
            self.call("Bridge", "EndSession", ending)
            ends.append(time.perf_counter() - began)
        return [
            *self._compared("StartSession, Alyx away", starts, durable=True),
            *self._compared("EndSession", ends, durable=True),
        ]

    @property
    def _few(self) -> int:
        return max(20, self.count // 10)

    def _asked(self, name: str, make: Asked) -> list[float]:
        return _taken(self.count, lambda: self.call("Bridge", name.partition(" ")[0], make()))

    def _uploaded(self, request: transfer_pb2.UploadFilesRequest) -> str:
        """The transfer, once its files are listed."""
        transfer: str = self.bridge.call("UploadFiles", request).transfer.transfer_id
        asked = transfer_pb2.GetTransferRequest(transfer_id=transfer, summary_only=True)
        wait_until(lambda: self.bridge.call("GetTransfer", asked).transfer.files_total)
        return transfer

    def _uploads(self, session: session_pb2.Session, path: str, count: int) -> list[float]:
        """Each transfer is given up before the next one: one caller, who does not pile them up."""
        taken = []
        for _ in range(count):
            request = _upload(session, path)
            self.call(*EMPTY)  # the connection is there
            began = time.perf_counter()
            self.call("Bridge", "UploadFiles", request)
            taken.append(time.perf_counter() - began)
            transfer = self._uploaded(request)  # the same request: the first answer again
            cancel = transfer_pb2.CancelTransferRequest(transfer_id=transfer, reason="benchmark")
            self.bridge.call("CancelTransfer", cancel)
        return taken

    def _compared(self, name: str, taken: list[float], *, durable: bool = False) -> list[Row]:
        times = _quantiles(taken)
        empty = _quantiles(_taken(self.count, lambda: self.call(*EMPTY)))
        found = []
        for word, index in (("p50", 0), ("p99", 1)):
            allowance = self.commit[index] if durable else 0.0
            found.append(
                Row(
                    case=f"{self.name} {name} {word}",
                    unit="ms",
                    ours=(times[index] - allowance) * 1000,
                    peers={"empty call": empty[index] * 1000},
                    bound=3.0,
                    limit=f"after one durable commit of {allowance * 1000:.2f} ms" if durable else "",
                )
            )
        return found


def _session_id(answer: Any) -> str:
    return str(answer["session"]["session_id"] if isinstance(answer, dict) else answer.session.session_id)


def _upload(session: session_pb2.Session, *paths: str) -> transfer_pb2.UploadFilesRequest:
    return transfer_pb2.UploadFilesRequest(
        request_id=str(uuid.uuid4()), session_id=session.session_id, paths=list(paths)
    )


def _taken(count: int, call: Callable[[], object]) -> list[float]:
    """Seconds of each call."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return taken


def _quantiles(taken: list[float]) -> tuple[float, float]:
    """p50 and p99."""
    ordered = sorted(taken)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


def _commit(folder: Path, count: int) -> tuple[float, float]:
    """One durable commit on the disk of the journal: write-ahead log, synchronous=FULL."""
    with contextlib.closing(sqlite3.connect(folder / "commits.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE note (text TEXT)")

        def commit() -> None:
            database.execute("INSERT INTO note VALUES ('a row of the usual length, more or less, to write')")

        return _quantiles(_taken(count, commit))


def _doors(bridge: Bridge) -> Iterator[tuple[str, Call]]:
    """Both doors as callables; connections are kept."""
    stubs = {"Bridge": bridge.stub, "Credentials": credentials_pb2_grpc.CredentialsStub(bridge.channel)}

    def by_grpc(service: str, method: str, request: Message) -> object:
        return getattr(stubs[service], method)(request, metadata=bridge.metadata, timeout=30)

    yield "gRPC", by_grpc
    address = bridge.place.gateway.partition("://")[2]
    connection = http.client.HTTPConnection(address)
    headers = {"Authorization": bridge.metadata[0][1], "Content-Type": "application/json"}

    def by_http(service: str, method: str, request: Message) -> Any:
        body = json_format.MessageToJson(request)
        path = f"/cagelab.bridge.v1.{service}/{method}"
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
        except ConnectionError:  # idle for too long
            connection.close()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method}: {text!r}")
        return json.loads(text)

    yield "gateway", by_http
    connection.close()
