"""Proving that the store holds what was read from the disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cagelab_bridge.errors import RecordMissing, WrongContent
from cagelab_bridge.ports import Upload
from cagelab_bridge.store import reading
from cagelab_bridge.store.engine import S3Store
from tests.integration.store.rclone_server import RcloneServer
from tests.integration.store.recording import RecordingTransport, without_header
from tests.integration.store.uploads import BUCKET, MIB, Told

FileOf = Callable[..., Upload]


async def test_other_bytes_of_the_same_size_are_found(store: S3Store, server: RcloneServer, file_of: FileOf) -> None:
    """The ETag is computed from the bytes, so a foreign object cannot pass."""
    upload = file_of(MIB)
    (server.folder / BUCKET / upload.key).parent.mkdir(parents=True)
    (server.folder / BUCKET / upload.key).write_bytes(bytes(upload.size))
    with pytest.raises(WrongContent):
        await store.verify(upload)


async def test_another_size_is_found(store: S3Store, file_of: FileOf) -> None:
    """An object that is longer or shorter is not ours."""
    upload = file_of(MIB)
    await store.put(upload, Told().events)
    with pytest.raises(WrongContent, match="bytes instead of"):
        await store.verify(replace(upload, size=upload.size + 1))


async def test_an_object_written_by_somebody_else_is_found(store: S3Store, file_of: FileOf) -> None:
    """The mark tells a foreign writer even when the bytes are the same."""
    upload = file_of(MIB)
    await store.put(upload, Told().events)
    with pytest.raises(WrongContent, match="somebody else"):
        await store.verify(replace(upload, mark="another mark"))


async def test_a_store_that_keeps_no_metadata_can_still_prove(
    store: S3Store, transport: RecordingTransport, file_of: FileOf
) -> None:
    """No mark at all is not held against the object."""
    upload = file_of(MIB)
    await store.put(upload, Told().events)
    transport.after = without_header("x-amz-meta-cagelab-op")
    assert await store.verify(replace(upload, mark="another mark")) == "etag"


async def test_a_missing_object_is_told_as_missing(store: S3Store, file_of: FileOf) -> None:
    """404 is RecordMissing, so that the caller can send it again."""
    with pytest.raises(RecordMissing):
        await store.verify(file_of(MIB))


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 5 * MIB + 1])
async def test_without_an_md5_etag_the_object_is_read_back(
    store: S3Store, transport: RecordingTransport, file_of: FileOf, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Encrypting gateways answer other ETags; then the bytes themselves are compared, range by range."""
    monkeypatch.setattr(reading, "RANGE", MIB)
    upload = file_of(size)
    await store.put(upload, Told().events)
    transport.after = without_header("etag")
    transport.requests.clear()
    assert await store.verify(upload) == "read-back"
    assert transport.names == ["HEAD", *["GET"] * -(-size // MIB)]


async def test_reading_back_finds_other_bytes(
    store: S3Store, transport: RecordingTransport, server: RcloneServer, file_of: FileOf
) -> None:
    """A store without MD5 ETags that holds something else is found out."""
    upload = file_of(MIB)
    await store.put(upload, Told().events)
    (server.folder / BUCKET / upload.key).write_bytes(bytes(upload.size))
    transport.after = without_header("etag")
    with pytest.raises(WrongContent, match="read back"):
        await store.verify(upload)
