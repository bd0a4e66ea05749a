"""A file server of the tests' own, a store on it, and files to put there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cagelab_bridge.ports import Upload
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.smb.door import ShareDoor
from cagelab_bridge.smb.store import ShareStore
from cagelab_bridge.throttle import Throttle
from tests.integration.smb import smbd_server
from tests.integration.smb.smbd_server import SHARE, SmbdServer
from tests.integration.store.uploads import make_upload


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SmbdServer]:
    smbd_server.require()
    running = SmbdServer(tmp_path / "smbd")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def door() -> Iterator[ShareDoor]:
    runtime = SystemRuntime()
    made = ShareDoor(runtime, Throttle(runtime.monotonic, runtime.pause))
    yield made
    made.close()


@pytest.fixture
def store(server: SmbdServer, door: ShareDoor) -> ShareStore:
    return door.connect(server.keys)


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[..., Upload]:
    """Makes a file of so many random bytes and what is needed to upload it."""

    def make(size: int, *, key: str = "Lab/Subjects/s1/file.bin", part_size: int = 0) -> Upload:
        path = tmp_path / "source.bin"
        path.write_bytes(os.urandom(size))
        return replace(make_upload(path, key=key, part_size=part_size), bucket=SHARE)

    return make
