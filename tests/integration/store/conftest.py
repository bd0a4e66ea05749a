"""A store of the tests' own, and files to put into it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cagelab_bridge.ports import StoreKeys, Upload
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.door import S3Door
from cagelab_bridge.store.engine import S3Store
from cagelab_bridge.store.http_transport import HttpTransport
from tests.integration.store.rclone_server import ACCESS_KEY, SECRET_KEY, RcloneServer
from tests.integration.store.recording import RecordingTransport
from tests.integration.store.uploads import BUCKET, make_upload


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RcloneServer]:
    folder = tmp_path / "store"
    (folder / BUCKET).mkdir(parents=True)
    running = RcloneServer(folder)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def transport() -> Iterator[RecordingTransport]:
    recording = RecordingTransport(HttpTransport(SystemRuntime().monotonic))
    yield recording
    recording.close()


@pytest.fixture
def keys(server: RcloneServer) -> StoreKeys:
    return StoreKeys(endpoint=server.endpoint, access_key=ACCESS_KEY, secret_key=Secret(SECRET_KEY))


@pytest.fixture
def store(keys: StoreKeys, transport: RecordingTransport) -> S3Store:
    return S3Door(SystemRuntime(), transport).connect(keys)


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[..., Upload]:
    """Makes a file of so many random bytes and what is needed to upload it."""

    def make(size: int, *, key: str = "Lab/Subjects/s1/file.bin", part_size: int = 0) -> Upload:
        path = tmp_path / "source.bin"
        path.write_bytes(os.urandom(size))
        return make_upload(path, key=key, part_size=part_size)

    return make
