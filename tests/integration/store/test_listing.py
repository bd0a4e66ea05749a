"""What lies below a prefix, asked of a real store."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from cagelab_bridge.errors import RemoteError
from cagelab_bridge.store.engine import S3Store
from tests.integration.store.rclone_server import RcloneServer
from tests.integration.store.recording import RecordingTransport
from tests.integration.store.uploads import BUCKET


def fill(server: RcloneServer, *names: str) -> None:
    for name in names:
        path = Path(server.folder) / BUCKET / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


async def test_a_prefix_is_listed_with_sizes_and_etags(server: RcloneServer, store: S3Store) -> None:
    """Folders below it too, no neighbour, and names with spaces, signs and other scripts as they are."""
    names = ("Lab/s1/001/a b&c+d.tsv", "Lab/s1/001/video/\u4f60\u597d.mp4")
    fill(server, *names, "Lab/s1/0011/x.tsv", "Lab/s2/001/y.tsv")
    found = await store.list_objects(BUCKET, "Lab/s1/001/")
    assert [one.key for one in found] == sorted(names)
    assert [one.size for one in found] == [len(name.encode()) for name in sorted(names)]
    digests = [hashlib.md5(name.encode()).hexdigest() for name in sorted(names)]
    assert [one.etag for one in found] == digests


async def test_a_prefix_with_nothing_below_is_an_empty_list(store: S3Store) -> None:
    """And not an error."""
    assert await store.list_objects(BUCKET, "Lab/nobody/") == ()


async def test_more_than_a_page_is_listed_whole(
    server: RcloneServer, store: S3Store, transport: RecordingTransport
) -> None:
    """Each object once, in order."""
    names = [f"Lab/many/{number:05d}.tsv" for number in range(2100)]
    fill(server, *names)
    assert [one.key for one in await store.list_objects(BUCKET, "Lab/many/")] == names


async def test_a_bucket_that_is_missing_is_an_error(store: S3Store) -> None:
    """It must not look like an empty one."""
    with pytest.raises(RemoteError):
        await store.list_objects("nowhere", "Lab/")
