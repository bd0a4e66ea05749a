"""How much a task feels of an upload: a 10 ms timer loop in a process of its own, and how late it is each time.

`python -m tests.benchmarks.jitter` is that loop; it runs until its stdin ends, and prints what it saw.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import started
from tests.benchmarks import unthrottled
from tests.benchmarks.table import Row
from tests.benchmarks.uploaders import MIB

STEP = 0.010  # seconds
CALM = 25.0  # MB/s, the limit while a session is open in the case with one
LIMITED = "uploading, while_open = 25 MB/s"
Lateness = dict[str, float]


def rows(*, big_mib: int, seconds: float) -> list[Row]:
    """Median, p99 and the largest lateness in ms: nobody sends, boto3 sends, we send, we send at a limit."""
    with unthrottled.opened() as place, TemporaryDirectory(prefix="bench-") as folder:
        found = {"nobody sends": _measured(lambda: time.sleep(seconds))}
        source = _source(Path(folder) / "events.table.1.tsv", big_mib)
        found["boto3"] = _measured(lambda: _boto3(place.lab, source))
        with _uploading(place.lab, Path(folder) / "free", source) as upload:
            found["ours"] = _measured(upload)
        small = _source(Path(folder) / "events.table.1.tsv", max(16, big_mib // 4))
        with _uploading(place.lab, Path(folder) / "calm", small, STORE_WHILE_OPEN=str(CALM)) as upload:
            found[LIMITED] = _measured(upload)
    return [
        Row(
            case=f"10 ms timer while {big_mib} MiB go out: {what}",
            unit="ms late",
            ours=found["ours"][what],
            peers={name: values[what] for name, values in found.items() if name != "ours"},
        )
        for what in ("median", "p99", "max")
    ]


def _measured(work: Callable[[], object]) -> Lateness:
    """How late the timer was while `work` ran."""
    command = [sys.executable, "-m", "tests.benchmarks.jitter"]
    timer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert timer.stdout is not None
    timer.stdout.readline()  # it begins
    try:
        work()
    finally:
        said, _ = timer.communicate("")
    found: Lateness = json.loads(said)
    return found


def _source(path: Path, mib: int) -> Path:
    with path.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(MIB))
    return path


def _boto3(lab: Lab, source: Path) -> None:
    environ = {
        "AWS_ENDPOINT_URL": lab.s3_url,
        "AWS_ACCESS_KEY_ID": lab.s3_key,
        "AWS_SECRET_ACCESS_KEY": lab.s3_secret,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [sys.executable, "-m", "tests.benchmarks.uploaders", "boto3", "bucket", "prefix", str(source)]
    subprocess.run(command, env=os.environ | environ, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _uploading(lab: Lab, folder: Path, source: Path, **settings: str) -> Iterator[Callable[[], object]]:
    """A bridge with an OPEN session that holds the file; what uploads it, and waits until it is delivered."""
    folder.mkdir()
    bridge = Bridge(folder, **settings)
    bridge.start()
    try:
        bridge.enter(lab)
        session = started(bridge)
        source.rename(Path(session.folder) / "events.table.1.tsv")
        time.sleep(0.3)  # older than FILES_QUIET_SECONDS

        def upload() -> None:
            request = transfer_pb2.UploadFilesRequest(request_id="once", session_id=session.session_id)
            found = bridge.settled(bridge.call("UploadFiles", request).transfer.transfer_id)
            if found.state != transfer_pb2.TRANSFER_STATE_DONE:
                raise RuntimeError(f"not delivered: {found}")

        yield upload
    finally:
        bridge.end()
        (Path(session.folder) / "events.table.1.tsv").rename(source)


def main() -> None:
    """The timer loop, until stdin ends."""
    ended = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    late = []
    print("begun", flush=True)
    due = time.monotonic() + STEP
    while not ended.is_set():
        time.sleep(max(0.0, due - time.monotonic()))
        now = time.monotonic()
        late.append((now - due) * 1000)
        due = max(due, now - STEP) + STEP  # a late step does not make the next ones late
    late.sort()
    found = {"median": late[len(late) // 2], "p99": late[int(len(late) * 0.99)], "max": late[-1], "steps": len(late)}
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
