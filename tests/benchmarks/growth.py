"""The caller's wait, the memory and the throughput against the size of a file and the number of files: sparse and small
files, to a store that keeps nothing."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.test_whole_session import started
from tests.benchmarks import unthrottled
from tests.benchmarks.beside import most_resident
from tests.benchmarks.table import Row

PROMISED = 160.0  # MB resident
PATIENCE = 3600.0  # seconds
MIB = 1024 * 1024
ASKED = 5  # calls of UploadFiles
SMALL = 4096  # bytes of each of many files


@dataclass(frozen=True, kw_only=True)
class Point:
    """One transfer: how many files of how many bytes, and what it took."""

    count: int
    size: int
    wait: float  # ms, the middle of several calls
    memory: float  # MB resident at most
    seconds: float  # from the call to the last file

    @property
    def rate(self) -> float:
        """MB/s."""
        return self.count * self.size / 1e6 / self.seconds


LOOKED_AT: list[tuple[str, Callable[[Point], float]]] = [
    ("caller's wait, ms", lambda point: point.wait),
    ("largest resident size, MB", lambda point: point.memory),
    ("throughput, MB/s", lambda point: point.rate),
]


def rows(*, mebibytes: Sequence[int], counts: Sequence[int], picture: Path | None) -> list[Row]:
    """One file of each size, then so many small files; drawn into `picture`."""
    with unthrottled.opened() as place, TemporaryDirectory(prefix="bench-") as folder:
        bridge = Bridge(Path(folder), FILES_QUIET_SECONDS="0")
        bridge.start()
        try:
            bridge.enter(place.lab)
            _point(bridge, 20, SMALL)  # connections, libraries
            sizes = [_point(bridge, 1, mib * MIB) for mib in mebibytes]
            numbers = [_point(bridge, count, SMALL) for count in counts]
        finally:
            bridge.end()
    if picture is not None:
        draw(sizes, numbers, picture)
    return [_memory(f"a file of {point.size // MIB} MiB", point) for point in sizes] + [
        _memory(f"{point.count} files of 4 KiB", point) for point in numbers
    ]


def _point(bridge: Bridge, count: int, size: int) -> Point:
    session = started(bridge)
    paths = [Path(session.folder) / f"events.table.{number:05d}.tsv" for number in range(count)]
    for path in paths:
        with path.open("wb") as file:
            os.truncate(file.fileno(), size)
    (Path("/proc") / str(bridge.pid) / "clear_refs").write_text("5")  # the most there ever was begins anew
    waits: list[float] = []
    transfer = ""
    for _ in range(ASKED):
        if transfer:  # given up, for the same files once more
            bridge.call("CancelTransfer", transfer_pb2.CancelTransferRequest(transfer_id=transfer, reason="benchmark"))
        began = time.monotonic()
        request = transfer_pb2.UploadFilesRequest(request_id=str(uuid.uuid4()), session_id=session.session_id)
        transfer = bridge.call("UploadFiles", request).transfer.transfer_id
        waits.append(time.monotonic() - began)
    summary = transfer_pb2.GetTransferRequest(transfer_id=transfer, summary_only=True)

    def delivered() -> bool:
        found = bridge.call("GetTransfer", summary).transfer
        if found.files_blocked:
            raise RuntimeError(f"not delivered: {found}")
        return bool(found.state == transfer_pb2.TRANSFER_STATE_DONE)

    wait_until(delivered, patience=PATIENCE)
    seconds = time.monotonic() - began
    for path in paths:
        path.unlink()
    return Point(
        count=count, size=size, wait=sorted(waits)[ASKED // 2] * 1000, memory=most_resident(bridge.pid), seconds=seconds
    )


def _memory(what: str, point: Point) -> Row:
    return Row(
        case=f"{what}: largest resident size",
        unit="MB",
        ours=point.memory,
        peers={"promised": PROMISED},
        bound=1.0,
        limit=f"caller waits {point.wait:.1f} ms; {point.seconds:.1f} s, {point.rate:.0f} MB/s",
    )


def draw(sizes: Sequence[Point], numbers: Sequence[Point], picture: Path) -> None:
    """Two columns (size of a file, number of files), a row for each thing that is looked at."""
    figure: Any = _figure()
    panes = figure.subplots(3, 2, sharex="col")
    left = [point.size / MIB for point in sizes]
    right = [float(point.count) for point in numbers]
    for row, (title, look) in enumerate(LOOKED_AT):
        for pane, places, points in ((panes[row][0], left, sizes), (panes[row][1], right, numbers)):
            pane.plot(places, [look(point) for point in points], marker="o")
            pane.set_ylabel(title)
    panes[2][1].clear()
    panes[2][1].plot(right, [point.count / point.seconds for point in numbers], marker="o")
    panes[2][1].set_ylabel("throughput, files/s")
    for pane in panes[1]:
        pane.axhline(PROMISED, linestyle="--", color="grey", label="promised")
        pane.legend()
    for pane in panes.flat:
        pane.set_xscale("log")
        pane.set_ylim(bottom=0)
        pane.grid(visible=True, alpha=0.3)
    panes[2][0].set_xlabel("size of the one file, MiB")
    panes[2][1].set_xlabel("number of files of 4 KiB")
    figure.savefig(picture, dpi=110)


def _figure() -> Any:
    from matplotlib import figure

    make: Any = figure.Figure  # matplotlib says nothing of its types
    return make(figsize=(9, 8), layout="constrained")
