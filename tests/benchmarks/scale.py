"""A thousand sessions and 100,000 files in one journal, and 32 clients at once.

The Alyx stand-in lets everything through and the store keeps nothing, so that what is measured is the bridge.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc

from cagelab_bridge._gen.cagelab.bridge.v1 import (
    bridge_pb2_grpc,
    credentials_pb2_grpc,
    lending_pb2,
    session_pb2,
    status_pb2,
    transfer_pb2,
)
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey, AlyxState, File, FileState, Run, Session, Transfer
from tests.acceptance.bridge import Bridge
from tests.acceptance.test_whole_session import started
from tests.benchmarks import unthrottled
from tests.benchmarks.beside import most_resident
from tests.benchmarks.table import Row
from tests.benchmarks.unthrottled import Unthrottled
from tests.unit.journal import nouns

CLIENTS = 32
PATIENCE = 900.0  # seconds until files that should be delivered count as never
ROUNDS = 4  # between the two bridges, in turn
# Two journals, each with a subject of its own: a day of a subject has 999 numbers.
BENCHES = {"empty": "TestSubject", "full": "Algernon"}
OLD = "2025-01-02"  # the day of what was recorded before


def rows(*, sessions: int, files: int, measured: int, calls: int) -> list[Row]:
    """`sessions` times `files` recorded before. What comes then, against a bridge with an empty journal, in turn."""
    with unthrottled.opened() as place, TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        fill(Path(folder) / "full" / "state", sessions, files)
        benches = {
            name: stack.enter_context(_running(place, Path(folder) / name, subject))
            for name, subject in BENCHES.items()
        }
        for _ in range(ROUNDS):
            for bench in benches.values():
                bench.round(measured // ROUNDS, calls // ROUNDS)
        for bench in benches.values():
            bench.crowd(calls)
        empty, full = benches["empty"].best, benches["full"].best
    many = f"{sessions} sessions, {sessions * files} files"
    return [
        Row(case=f"{many}: start", unit="s", ours=full["start"], peers={"promised": 2.0}, bound=1.0),
        Row(
            case=f"{many}: GetStatus p50",
            unit="ms",
            ours=full["status"],
            peers={"empty call": full["call"]},
            bound=3.0,
            limit=f"empty journal {empty['status']:.2f}",
        ),
        Row(
            case=f"{many}: one file more",
            unit="ms",
            ours=full["delivery"],
            peers={"empty journal": empty["delivery"]},
            bound=1 / 0.85,
            limit=f"processor {full['cpu']:.1f} ms, empty journal {empty['cpu']:.1f} ms",
        ),
        Row(case=f"{many}: Alyx calls per file", unit="", ours=full["alyx"], peers={"promised": 3.0}, bound=1.05),
        Row(case=f"{many}: resident size", unit="MB", ours=full["rss"], peers={"promised": 160.0}, bound=1.0),
        Row(
            case=f"{many}: {CLIENTS} clients, p99",
            unit="ms",
            ours=full["crowd_p99"],
            peers={"empty journal": empty["crowd_p99"]},
            limit=f"{full['crowd_rate']:.0f} calls/s, {full['crowd_errors']:.0f} errors",
        ),
    ]


def fill(state: Path, sessions: int, files: int) -> None:
    """A journal in which everything is done."""
    with closing(Journal(state)) as journal:
        for number in range(sessions):
            with journal.transaction("fill"):
                _session(journal, number, files)


def _session(journal: Journal, number: int, files: int) -> None:
    name = str(uuid.uuid4())
    done = Session(
        id=name,
        spec=nouns.SPEC,
        account=AccountKey(alyx_url="http://127.0.0.1:1", username="admin"),
        date=OLD,
        number=number,
        folder=f"/gone/{name}",
        run=Run.ENDED,
        alyx=AlyxState.CLOSED,
        accepted_at=f"{OLD}T10:00:00.{number:06d}Z",
        start_time=f"{OLD}T10:00:00",
        completed=True,
        swept=True,
    )
    journal.restoring.session(done)
    transfer = Transfer(
        id=str(uuid.uuid4()),
        session_id=name,
        paths=(),
        repository="aws_CogLab",
        accepted_at=done.accepted_at,
        listed=True,
    )
    journal.restoring.transfer(transfer)
    for count in range(files):
        journal.restoring.file(_file(transfer, done, count))


def _file(transfer: Transfer, session: Session, number: int) -> File:
    relative = f"alf/trial.{number:05d}.npy"
    return File(
        id=str(uuid.uuid4()),
        transfer_id=transfer.id,
        session_id=session.id,
        path=f"{session.folder}/{relative}",
        relative_path=relative,
        state=FileState.DONE,
        size=4096,
        bytes_sent=4096,
        md5="0" * 32,
        sha256="1" * 64,
        sha1="2" * 40,
        dataset_id=str(uuid.uuid4()),
        record_id=str(uuid.uuid4()),
        bucket="bucket",
        key=f"prefix/CogLab/Subjects/{relative}",
        endpoint="http://127.0.0.1:1",
        verified_by="etag",
    )


@contextmanager
def _running(place: Unthrottled, folder: Path, subject: str) -> Iterator[_Bench]:
    """A bridge on the journal in that folder, for sessions of that subject."""
    folder.mkdir(exist_ok=True)
    bridge = Bridge(folder, FILES_QUIET_SECONDS="0")
    began = time.monotonic()
    bridge.start()
    try:
        bench = _Bench(place, bridge, session_pb2.SessionSpec(subject=subject, lab="CogLab", projects=["demo"]))
        bench.note({"start": time.monotonic() - began})
        bridge.enter(place.lab)
        bench.deliver(20)  # connections, libraries
        yield bench
    finally:
        bridge.end()


class _Bench:
    """One bridge, and the best of what was measured on it."""

    def __init__(self, place: Unthrottled, bridge: Bridge, spec: session_pb2.SessionSpec) -> None:
        self._place = place
        self._bridge = bridge
        self._spec = spec
        self.best: dict[str, float] = {}

    def note(self, found: dict[str, float]) -> None:
        """Keep the best."""
        self.best |= {name: min(value, self.best.get(name, value)) for name, value in found.items()}

    def round(self, files: int, calls: int) -> None:
        """Some calls, some files."""
        self.note(self._times(calls))
        self.note(self.deliver(files))
        self.best["rss"] = most_resident(self._bridge.pid)

    def crowd(self, calls: int) -> None:
        """Many clients at once."""
        self.note(crowd(self._bridge, calls, self._spec))

    def _times(self, calls: int) -> dict[str, float]:
        bridge = self._bridge
        leases = credentials_pb2_grpc.CredentialsStub(bridge.channel)

        def empty() -> Any:
            return leases.ListLeases(lending_pb2.ListLeasesRequest(), metadata=bridge.metadata, timeout=30)

        before = _median(empty, calls)
        status = _median(lambda: bridge.call("GetStatus", status_pb2.GetStatusRequest()), calls)
        return {"call": min(before, _median(empty, calls)), "status": status}

    def deliver(self, count: int) -> dict[str, float]:
        """Milliseconds and processor milliseconds per file, Alyx's calls per file, from the call to the last file."""
        bridge = self._bridge
        session = started(bridge, self._spec)
        for number in range(count):
            (Path(session.folder) / f"events.table.{number:05d}.tsv").write_bytes(b"%d" % number * 500)
        before, cpu, began = self._asked(), _cpu(bridge.pid), time.monotonic()
        request = transfer_pb2.UploadFilesRequest(request_id=str(uuid.uuid4()), session_id=session.session_id)
        transfer = bridge.call("UploadFiles", request).transfer.transfer_id
        summary = transfer_pb2.GetTransferRequest(transfer_id=transfer, summary_only=True)
        while (found := bridge.call("GetTransfer", summary).transfer).files_done < count:
            if found.files_blocked or time.monotonic() > began + PATIENCE:
                raise RuntimeError(f"not delivered: {found}")
            time.sleep(0.05)
        wall, cpu = time.monotonic() - began, _cpu(bridge.pid) - cpu
        asked = self._asked() - before
        ending = session_pb2.EndSessionRequest(request_id=str(uuid.uuid4()), session_id=session.session_id)
        bridge.call("EndSession", ending)
        return {"delivery": wall * 1000 / count, "cpu": cpu * 1000 / count, "alyx": asked / count}

    def _asked(self) -> int:
        return self._place.asked.total()


def crowd(bridge: Bridge, calls: int, spec: session_pb2.SessionSpec) -> dict[str, float]:
    """32 clients, each with a connection of its own: start a session, upload from it, ask how that is going …"""
    times: list[float] = []
    errors: list[str] = []
    barrier = threading.Barrier(CLIENTS)
    each = max(2, calls // CLIENTS)

    def client(_number: int) -> None:
        with grpc.insecure_channel(bridge.place.grpc, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            stub = bridge_pb2_grpc.BridgeStub(channel)
            barrier.wait()
            for _ in range(each):
                try:
                    _round(bridge, stub, times, spec)
                except (grpc.RpcError, OSError) as problem:
                    errors.append(str(problem))

    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    seconds = time.monotonic() - began
    if errors:
        raise RuntimeError(f"{len(errors)} of {CLIENTS * each} rounds failed: {errors[0]}")
    times.sort()
    return {
        "crowd_p50": times[len(times) // 2] * 1000,
        "crowd_p99": times[int(len(times) * 0.99)] * 1000,
        "crowd_rate": len(times) / seconds,
        "crowd_errors": float(len(errors)),
    }


def _round(bridge: Bridge, stub: Any, times: list[float], spec: session_pb2.SessionSpec) -> None:
    def timed(method: str, request: Any) -> Any:
        began = time.monotonic()
        answer = getattr(stub, method)(request, metadata=bridge.metadata, timeout=60)
        times.append(time.monotonic() - began)
        return answer

    start = session_pb2.StartSessionRequest(request_id=str(uuid.uuid4()), spec=spec)
    session = timed("StartSession", start).session
    (Path(session.folder) / "events.table.1.tsv").write_text(session.session_id)
    upload = transfer_pb2.UploadFilesRequest(request_id=str(uuid.uuid4()), session_id=session.session_id)
    transfer = timed("UploadFiles", upload).transfer.transfer_id
    for _ in range(5):
        timed("GetTransfer", transfer_pb2.GetTransferRequest(transfer_id=transfer))
    end = session_pb2.EndSessionRequest(request_id=str(uuid.uuid4()), session_id=session.session_id)
    timed("EndSession", end)


def _median(call: Callable[[], object], count: int) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[count // 2] * 1000


def _cpu(pid: int) -> float:
    """Seconds of processor that a process took so far."""
    fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
