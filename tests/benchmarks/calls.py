"""How long a caller waits, in multiples of an empty call through the same door, in the same run."""

from __future__ import annotations

import contextlib
import http.client
import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from cagelab_bridge._gen.cagelab.bridge.v1 import (
    credentials_pb2_grpc,
    lending_pb2,
    query_pb2,
    status_pb2,
    transfer_pb2,
)
from tests.acceptance import lab as labs
from tests.acceptance.bridge import Bridge
from tests.acceptance.test_whole_session import started
from tests.benchmarks.table import Row

EMPTY = ("Credentials", "ListLeases", lending_pb2.ListLeasesRequest())
Call = Callable[[str, str, Message], object]


def rows(*, count: int) -> list[Row]:
    """p50 and p99 of each call on both doors, over the empty call's; durable calls get one commit more."""
    with labs.opened() as lab, TemporaryDirectory(prefix="bench-") as folder:
        bridge = Bridge(Path(folder))
        bridge.start()
        try:
            bridge.enter(lab)
            commit = _commit(Path(folder), count)
            return [row for door, call in _doors(bridge) for row in _door(bridge, door, call, commit, count)]
        finally:
            bridge.end()


def _door(bridge: Bridge, door: str, call: Call, commit: tuple[float, float], count: int) -> list[Row]:
    session = started(bridge)
    for number in range(50):
        (Path(session.folder) / f"events.table.{number}.tsv").write_bytes(b"a\tb\n" * number)
    upload = transfer_pb2.UploadFilesRequest(session_id=session.session_id)
    transfer = bridge.call("UploadFiles", upload).transfer.transfer_id
    bridge.settled(transfer)
    reading: dict[str, Callable[[], Message]] = {
        "GetStatus": status_pb2.GetStatusRequest,
        "ListChoices": lambda: query_pb2.ListChoicesRequest(kinds=["subjects", "projects"]),
        "GetTransfer": lambda: transfer_pb2.GetTransferRequest(transfer_id=transfer, summary_only=True),
        "GetTransfer (50 files)": lambda: transfer_pb2.GetTransferRequest(transfer_id=transfer),
    }
    durable: dict[str, Callable[[], Message]] = {
        "UploadFiles": lambda: transfer_pb2.UploadFilesRequest(
            request_id=str(uuid.uuid4()), session_id=session.session_id, paths=["events.table.1.tsv"]
        ),
    }
    empty = _times(count, lambda: call(*EMPTY))
    found = []
    for name, make in (reading | durable).items():
        method = name.partition(" ")[0]
        few = count if name in reading else max(20, count // 20)
        times = _times(few, lambda method=method, make=make: call("Bridge", method, make()))  # type: ignore[misc]  # binds this round's
        again = _times(count, lambda: call(*EMPTY))
        for word, index in (("p50", 0), ("p99", 1)):
            base = min(empty[index], again[index])
            allowance = commit[index] if name in durable else 0.0
            found.append(
                Row(
                    case=f"{door} {name} {word}",
                    unit="ms",
                    ours=(times[index] - allowance) * 1000,
                    peers={"empty call": base * 1000},
                    bound=3.0,
                    limit=f"after one durable commit of {allowance * 1000:.2f} ms" if allowance else "",
                )
            )
    return found


def _times(count: int, call: Callable[[], object]) -> tuple[float, float]:
    """p50 and p99 in seconds."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    taken.sort()
    return taken[len(taken) // 2], taken[min(len(taken) - 1, int(len(taken) * 0.99))]


def _commit(folder: Path, count: int) -> tuple[float, float]:
    """One durable commit on the disk of the journal: write-ahead log, synchronous=FULL."""
    with contextlib.closing(sqlite3.connect(folder / "commits.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE note (text TEXT)")

        def commit() -> None:
            database.execute("INSERT INTO note VALUES ('a row of the usual length, more or less, to write')")

        return _times(count, commit)


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
        connection.request("POST", f"/cagelab.bridge.v1.{service}/{method}", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method}: {text!r}")
        return json.loads(text)

    yield "gateway", by_http
    connection.close()
