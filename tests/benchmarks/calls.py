"""How long a caller waits, in multiples of an empty call through the same door, in the same run."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
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
from tests.benchmarks.beside import Case, Disk, disk, rest, taken
from tests.benchmarks.table import Row

EMPTY = ("Credentials", "ListLeases", lending_pb2.ListLeasesRequest())
Ask = Callable[[], Any]  # sends one request, and returns the answer as it came
Prepare = Callable[[str, str, Message], Ask]
Asked = Callable[[], Message]
MANY = 10_000  # files
LARGE = 20 * 1024**3  # bytes, of a file that is a hole


def rows(*, count: int) -> list[Row]:
    """p50 and p99 of each call on both doors, over the empty call's; durable calls get one commit more.

    An empty call goes before each one that is measured, and where something is made durable a commit of its own goes
    between: so all of them meet the same computer. A call that leaves work behind, and the empty call before it, each
    find a bridge that rests: nobody starts, uploads and ends a hundred times in a row.

    Nothing is delivered meanwhile: no file is ever quiet for long enough. StartSession is asked while Alyx is away (its
    connections are refused at once), so that none of its time is Alyx's.
    """
    with Sandbox() as sandbox, TemporaryDirectory(prefix="bench-") as folder:
        bridge = Bridge(Path(folder), FILES_QUIET_SECONDS="3600")
        bridge.start()
        try:
            bridge.enter(labs.of(sandbox))
            with disk(Path(folder)) as beside:
                found = []
                for door, prepare in _doors(bridge):
                    found += _Door(bridge, door, prepare, beside, count).rows()
                sandbox.stop()
                for door, prepare in _doors(bridge):
                    found += _Door(bridge, door, prepare, beside, count).sessions()
                return found
        finally:
            bridge.end()


@dataclass(frozen=True)
class _Door:
    """One door of the bridge, and what is compared there."""

    bridge: Bridge
    name: str
    prepare: Prepare
    disk: Disk
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
        rest(self.bridge.pid)
        found = [row for name, make in reading.items() for row in self._read(name, make).rows(self.name)]
        found += self._uploads("UploadFiles", session, "events.table.1.tsv", self._few)
        with (folder / "recording.bin").open("wb") as file:
            file.truncate(LARGE)
        found += self._uploads("UploadFiles, 20 GiB", session, "recording.bin", self._few, listed=1)
        (folder / "many").mkdir()
        for number in range(MANY):
            (folder / "many" / f"trial.{number:05d}.tsv").touch()
        return found + self._uploads("UploadFiles, 10,000 files", session, "many", self._few, listed=1)

    def sessions(self) -> list[Row]:
        """StartSession and EndSession; each session is ended."""
        starts, ends = Case("StartSession, Alyx away"), Case("EndSession")
        for _ in range(self._few):
            request = session_pb2.StartSessionRequest(request_id=str(uuid.uuid4()), spec=SPEC)
            self._settle(starts)
            starts.folder.append(taken(self.disk.folder))
            answer = self._measured(starts, "StartSession", request)
            ending = session_pb2.EndSessionRequest(
                request_id=str(uuid.uuid4()), session_id=_session_id(answer), upload_folder=True
            )
            self._settle(ends)
            self._measured(ends, "EndSession", ending)
        return [*starts.rows(self.name), *ends.rows(self.name)]

    @property
    def _few(self) -> int:
        return max(20, self.count // 10)

    def _settle(self, case: Case) -> None:
        """What an empty call and a commit take just now. All is quiet before the empty call, and again behind them."""
        empty = self.prepare(*EMPTY)
        rest(self.bridge.pid)
        case.empty.append(taken(empty))
        case.commit.append(taken(self.disk.commit))
        rest(self.bridge.pid)

    def _measured(self, case: Case, method: str, request: Message) -> Any:
        ask = self.prepare("Bridge", method, request)
        began = time.perf_counter()
        answer = ask()
        case.ours.append(time.perf_counter() - began)
        return answer

    def _read(self, name: str, make: Asked) -> Case:
        case, empty = Case(name), self.prepare(*EMPTY)
        for _ in range(self.count):
            case.empty.append(taken(empty))
            self._measured(case, name.partition(" ")[0], make())
        return case

    def _uploaded(self, request: transfer_pb2.UploadFilesRequest) -> str:
        """The transfer, once its files are listed."""
        transfer: str = self.bridge.call("UploadFiles", request).transfer.transfer_id
        asked = transfer_pb2.GetTransferRequest(transfer_id=transfer, summary_only=True)
        wait_until(lambda: self.bridge.call("GetTransfer", asked).transfer.files_total, patience=600.0)  # 10,000 fsyncs
        return transfer

    def _uploads(
        self, name: str, session: session_pb2.Session, path: str, count: int, listed: int | None = None
    ) -> list[Row]:
        """Each transfer is given up before the next one: one caller, who does not pile them up. `listed`: how many of
        them have their files in the journal by then; None: all."""
        case = Case(name)
        for number in range(count):
            request = _upload(session, path)
            self._settle(case)
            self._measured(case, "UploadFiles", request)
            if listed is None or number < listed:
                self._uploaded(request)
            transfer = self.bridge.call("UploadFiles", request).transfer.transfer_id  # the first answer again
            cancel = transfer_pb2.CancelTransferRequest(transfer_id=transfer, reason="benchmark")
            self.bridge.call("CancelTransfer", cancel)
        return case.rows(self.name)


def _session_id(answer: Any) -> str:
    return str(json.loads(answer)["session"]["session_id"] if isinstance(answer, bytes) else answer.session.session_id)


def _upload(session: session_pb2.Session, *paths: str) -> transfer_pb2.UploadFilesRequest:
    return transfer_pb2.UploadFilesRequest(
        request_id=str(uuid.uuid4()), session_id=session.session_id, paths=list(paths)
    )


def _doors(bridge: Bridge) -> Iterator[tuple[str, Prepare]]:
    """Both doors; connections are kept. What a client does to write JSON and to read it is not counted."""
    stubs = {"Bridge": bridge.stub, "Credentials": credentials_pb2_grpc.CredentialsStub(bridge.channel)}

    def by_grpc(service: str, method: str, request: Message) -> Ask:
        return partial(getattr(stubs[service], method), request, metadata=bridge.metadata, timeout=30)

    yield "gRPC", by_grpc
    address = bridge.place.gateway.partition("://")[2]
    connection = http.client.HTTPConnection(address)
    headers = {"Authorization": bridge.metadata[0][1], "Content-Type": "application/json"}

    def sent(path: str, body: str) -> bytes:
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
        except ConnectionError:  # idle for too long
            connection.close()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {text!r}")
        return text

    def by_http(service: str, method: str, request: Message) -> Ask:
        return partial(sent, f"/cagelab.bridge.v1.{service}/{method}", json_format.MessageToJson(request))

    yield "gateway", by_http
    connection.close()
