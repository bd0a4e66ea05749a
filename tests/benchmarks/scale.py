"""A thousand sessions and 100,000 files in one journal, and 32 clients at once.

The Alyx stand-in lets everything through and the store keeps nothing, so that what is measured is the bridge.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
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
from tests.acceptance.test_whole_session import SPEC, started
from tests.benchmarks import unthrottled
from tests.benchmarks.table import Row
from tests.benchmarks.unthrottled import Unthrottled
from tests.unit.journal import nouns

CLIENTS = 32
PATIENCE = 900.0  # seconds until files that should be delivered count as never
OLD = "2025-01-02"  # the day of what was recorded before


def rows(*, sessions: int, files: int, measured: int, calls: int) -> list[Row]:
    """`sessions` times `files` recorded before; `measured` files delivered on an empty journal, and on this one."""
    with unthrottled.opened() as place, TemporaryDirectory(prefix="bench-") as folder:
        bench = _Bench(place, Path(folder), measured)
        empty = bench.run("empty", calls)
        fill(Path(folder) / "full" / "state", sessions, files)
        full = bench.run("full", calls)
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
            case=f"{many}: time for {measured} files more",
            unit="s",
            ours=full["delivery"],
            peers={"empty journal": empty["delivery"]},
            bound=1 / 0.85,
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


class _Bench:
    def __init__(self, place: Unthrottled, folder: Path, measured: int) -> None:
        self._place = place
        self._folder = folder
        self._measured = measured

    def run(self, name: str, calls: int) -> dict[str, float]:
        """All figures on the journal in that folder."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        bridge = Bridge(folder, FILES_QUIET_SECONDS="0")
        began = time.monotonic()
        bridge.start()
        found = {"start": time.monotonic() - began}
        try:
            bridge.enter(self._place.lab)
            self._deliver(bridge, 20)  # connections, libraries
            self._times(bridge, found, calls)
            found |= self._deliver(bridge, self._measured)
            found["rss"] = _rss(bridge.pid)
            found |= crowd(bridge, calls)
        finally:
            bridge.end()
        return found

    def _times(self, bridge: Bridge, found: dict[str, float], calls: int) -> None:
        leases = credentials_pb2_grpc.CredentialsStub(bridge.channel)

        def empty() -> Any:
            return leases.ListLeases(lending_pb2.ListLeasesRequest(), metadata=bridge.metadata, timeout=30)

        found["call"] = _median(empty, calls)
        found["status"] = _median(lambda: bridge.call("GetStatus", status_pb2.GetStatusRequest()), calls)
        found["call"] = min(found["call"], _median(empty, calls))

    def _deliver(self, bridge: Bridge, count: int) -> dict[str, float]:
        """Seconds from the call to the last file, and Alyx's calls per file."""
        session = started(bridge)
        for number in range(count):
            (Path(session.folder) / f"events.table.{number:05d}.tsv").write_bytes(b"%d" % number * 500)
        before = self._asked()
        began = time.monotonic()
        request = transfer_pb2.UploadFilesRequest(request_id=str(uuid.uuid4()), session_id=session.session_id)
        transfer = bridge.call("UploadFiles", request).transfer.transfer_id
        summary = transfer_pb2.GetTransferRequest(transfer_id=transfer, summary_only=True)
        while (found := bridge.call("GetTransfer", summary).transfer).files_done < count:
            if found.files_blocked or time.monotonic() > began + PATIENCE:
                raise RuntimeError(f"not delivered: {found}")
            time.sleep(0.05)
        seconds = time.monotonic() - began
        bridge.call(
            "EndSession", session_pb2.EndSessionRequest(request_id=str(uuid.uuid4()), session_id=session.session_id)
        )
        return {"delivery": seconds, "alyx": (self._asked() - before) / count}

    def _asked(self) -> int:
        return self._place.asked.total()


def crowd(bridge: Bridge, calls: int) -> dict[str, float]:
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
                    _round(bridge, stub, times)
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


def _round(bridge: Bridge, stub: Any, times: list[float]) -> None:
    def timed(method: str, request: Any) -> Any:
        began = time.monotonic()
        answer = getattr(stub, method)(request, metadata=bridge.metadata, timeout=60)
        times.append(time.monotonic() - began)
        return answer

    start = session_pb2.StartSessionRequest(request_id=str(uuid.uuid4()), spec=SPEC)
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


def _rss(pid: int) -> float:
    """Megabytes; the most there ever were."""
    for line in (Path("/proc") / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmHWM")
