"""Datasets on their way back: many small files against boto3, and a large one across a kill.

`python -m tests.benchmarks.downloads BUCKET PREFIX FOLDER` is the peer: it lists the keys, and gets them with boto3 in
eight threads; it asks no Alyx, checks nothing, and forces nothing to disk. It prints the seconds.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.demo import BUCKET, demo_seed
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import started
from tests.benchmarks.table import Row
from tests.benchmarks.uploaders import MIB, WORKERS
from tests.integration.store.rclone_server import ACCESS_KEY, SECRET_KEY, RcloneServer

SMALL, LARGE = "events.table.*", "mock.img.*"
PATIENCE = 600.0  # seconds
BLOCK = 256 * 1024


def rows(*, small: int, big_mib: int, rounds: int) -> list[Row]:
    """`small` files of 20 kB, and one of `big_mib` MiB; the best of `rounds`."""
    with _place() as place:
        _record(place, small, big_mib)
        with _bridge(place, "analyst") as bridge:
            ours, boto3, there = [], [], []
            for number in range(rounds):
                target = place.folder / f"got{number}"
                ours.append(_timed(bridge, target, SMALL))
                there.append(_timed(bridge, target, SMALL))
                boto3.append(_boto3(place, place.folder / f"boto{number}"))
            factor = _killed(place, bridge, place.folder / "large", big_mib * MIB)
    return [
        Row(
            case=f"download of {small} small files",
            unit="s",
            ours=min(ours),
            peers={"boto3": min(boto3)},
            limit="found in Alyx, proven by MD5, forced to disk; boto3 only copies",
        ),
        Row(case=f"download of {small} files that are there", unit="s", ours=min(there), peers={"anew": min(ours)}),
        Row(
            case=f"download of {big_mib} MiB with a kill at half: bytes received",
            unit="of the file",
            ours=factor,
            peers={"promised": 1.1},
            bound=1.0,
        ),
    ]


class Tap:
    """A way to the store that counts what comes back."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition("/")[2].partition(":")
        self._target = (host, int(port))
        self.came = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            store = socket.create_connection(self._target)
            for one in (client, store):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._carry, args=(client, store, 0), daemon=True).start()
            threading.Thread(target=self._carry, args=(store, client, 1), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, counts: int) -> None:
        try:
            while block := source.recv(BLOCK):
                target.sendall(block)
                self.came += counts * len(block)
        except OSError:
            pass  # one of them went away; so does the other
        finally:
            for one in (source, target):
                one.close()


@dataclass(frozen=True)
class _Place:
    folder: Path
    lab: Lab
    tap: Tap


@contextmanager
def _place() -> Iterator[_Place]:
    """A lab whose store is reached through the tap."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        (folder / "s3" / BUCKET).mkdir(parents=True)
        store = RcloneServer(folder / "s3")
        store.start()
        stack.callback(store.stop)
        tap = Tap(store.endpoint)
        stack.callback(tap.close)
        sandbox = stack.enter_context(Sandbox(seed=demo_seed(tap.url), s3=False))
        lab = Lab(
            alyx_url=sandbox.alyx_url,
            user="admin",
            password=sandbox.accounts["admin"],
            s3_url=tap.url,
            s3_key=ACCESS_KEY,
            s3_secret=SECRET_KEY,
            live=False,
        )
        yield _Place(folder, lab, tap)


@contextmanager
def _bridge(place: _Place, name: str) -> Iterator[Bridge]:
    (place.folder / name).mkdir()
    bridge = Bridge(place.folder / name, FILES_QUIET_SECONDS="0")
    bridge.start()
    try:
        bridge.enter(place.lab)
        yield bridge
    finally:
        bridge.end()


def _record(place: _Place, small: int, big_mib: int) -> None:
    """A session with all those files, stored."""
    with _bridge(place, "rig") as bridge:
        session = started(bridge)
        for number in range(small):
            (Path(session.folder) / f"events.table.{number:05d}.tsv").write_bytes(os.urandom(20_000))
        with (Path(session.folder) / "mock.img.npy").open("wb") as file:
            for _ in range(big_mib):
                file.write(os.urandom(MIB))
        request = transfer_pb2.UploadFilesRequest(request_id=str(uuid.uuid4()), session_id=session.session_id)
        _await(bridge, bridge.call("UploadFiles", request).transfer.transfer_id)


def _begin(bridge: Bridge, folder: Path, names: str) -> str:
    request = transfer_pb2.DownloadFilesRequest(
        request_id=str(uuid.uuid4()), subject="TestSubject", names=[names], folder=str(folder)
    )
    transfer_id: str = bridge.call("DownloadFiles", request).transfer.transfer_id
    return transfer_id


def _await(bridge: Bridge, transfer_id: str) -> None:
    summary = transfer_pb2.GetTransferRequest(transfer_id=transfer_id, summary_only=True)
    until = time.monotonic() + PATIENCE
    while (found := bridge.call("GetTransfer", summary).transfer).state != transfer_pb2.TRANSFER_STATE_DONE:
        if found.files_blocked or time.monotonic() > until:
            raise RuntimeError(f"it did not arrive: {found}")
        time.sleep(0.02)


def _timed(bridge: Bridge, folder: Path, names: str) -> float:
    began = time.monotonic()
    _await(bridge, _begin(bridge, folder, names))
    return time.monotonic() - began


def _killed(place: _Place, bridge: Bridge, folder: Path, size: int) -> float:
    """Bytes that came over the size, with a kill when half of them had."""
    before = place.tap.came
    transfer_id = _begin(bridge, folder, LARGE)
    wait_until(lambda: place.tap.came - before > size // 2 or None, PATIENCE)
    bridge.end(signal.SIGKILL)
    bridge.start()
    bridge.enter(place.lab)
    _await(bridge, transfer_id)
    return (place.tap.came - before) / size


def _boto3(place: _Place, folder: Path) -> float:
    folder.mkdir()
    environ = {
        "AWS_ENDPOINT_URL": place.lab.s3_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [sys.executable, "-m", "tests.benchmarks.downloads", BUCKET, SMALL[:-1], str(folder)]
    done = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"boto3 failed: {done.stderr[-2000:]}")
    shutil.rmtree(folder)
    return float(done.stdout)


def main() -> None:
    """boto3, as it comes; loading it is not counted."""
    import boto3
    from botocore.config import Config

    bucket, names, folder = sys.argv[1:]
    client = boto3.client("s3", config=Config(max_pool_connections=32))
    began = time.monotonic()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
    wanted = [key for key in keys if key.rpartition("/")[2].startswith(names)]

    def get(key: str) -> None:
        client.download_file(bucket, key, f"{folder}/{key.rpartition('/')[2]}")

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(get, wanted))
    print(time.monotonic() - began, flush=True)


if __name__ == "__main__":
    main()
