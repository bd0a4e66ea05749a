"""How much memory a file needs, from one megabyte to twenty gigabytes: sparse files, to a store that keeps nothing."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
from tests.acceptance.bridge import Bridge
from tests.acceptance.test_whole_session import started
from tests.benchmarks import unthrottled
from tests.benchmarks.table import Row

PROMISED = 160.0  # MB resident
PATIENCE = 3600.0  # seconds


def rows(*, mebibytes: list[int]) -> list[Row]:
    """The most memory that was ever resident while each file was hashed, sent and verified, and how long that took."""
    with unthrottled.opened() as place, TemporaryDirectory(prefix="bench-") as folder:
        bridge = Bridge(Path(folder))
        bridge.start()
        try:
            bridge.enter(place.lab)
            return [_one(bridge, mib) for mib in mebibytes]
        finally:
            bridge.end()


def _one(bridge: Bridge, mib: int) -> Row:
    session = started(bridge)
    path = Path(session.folder) / "events.table.1.tsv"
    with path.open("wb") as file:
        os.truncate(file.fileno(), mib * 1024 * 1024)
    (Path("/proc") / str(bridge.pid) / "clear_refs").write_text("5")  # the most there ever was begins anew
    began = time.monotonic()
    request = transfer_pb2.UploadFilesRequest(request_id=str(uuid.uuid4()), session_id=session.session_id)
    transfer = bridge.call("UploadFiles", request).transfer.transfer_id
    summary = transfer_pb2.GetTransferRequest(transfer_id=transfer, summary_only=True)
    while (found := bridge.call("GetTransfer", summary).transfer).state != transfer_pb2.TRANSFER_STATE_DONE:
        if found.files_blocked or time.monotonic() > began + PATIENCE:
            raise RuntimeError(f"not delivered: {found}")
        time.sleep(0.1)
    seconds = time.monotonic() - began
    path.unlink()
    return Row(
        case=f"a file of {mib} MiB: largest resident size",
        unit="MB",
        ours=_most(bridge.pid),
        peers={"promised": PROMISED},
        bound=1.0,
        limit=f"{seconds:.1f} s, {mib * 1.048576 / seconds:.0f} MB/s",
    )


def _most(pid: int) -> float:
    """Megabytes: VmHWM."""
    for line in (Path("/proc") / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmHWM")
