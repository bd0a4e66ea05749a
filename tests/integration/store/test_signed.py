"""Requests that somebody else signs, against a real S3 server: what a rig does that holds no key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from cagelab_bridge.errors import AnswerLost, NoCredentials, RecordMissing, WrongContent
from cagelab_bridge.ports import SignOrder, StoreKeys, Upload
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.store.door import S3Door
from cagelab_bridge.store.engine import S3Store
from cagelab_bridge.store.transport import Request
from tests.integration.store.rclone_server import RcloneServer
from tests.integration.store.recording import RecordingTransport, without_header
from tests.integration.store.uploads import BUCKET, MIB, Told

FileOf = Callable[..., Upload]
PART = 5 * MIB


class ControlPc:
    """Signs with keys that the rig does not have, until it goes away."""

    def __init__(self, keys: StoreKeys) -> None:
        self.signed: list[SignOrder] = []
        self.leaves_after = 1000
        self._keys = keys
        self._door = S3Door(SystemRuntime())

    async def sign(self, order: SignOrder) -> Mapping[str, str]:
        if len(self.signed) == self.leaves_after:
            raise NoCredentials("The control PC did not sign.")
        self.signed.append(order)
        return self._door.sign(self._keys, order)


@pytest.fixture
def control(keys: StoreKeys) -> ControlPc:
    return ControlPc(keys)


@pytest.fixture
def rig(control: ControlPc, server: RcloneServer, transport: RecordingTransport) -> S3Store:
    return S3Door(SystemRuntime(), transport).connect_signed(server.endpoint, control)


def stored(server: RcloneServer, upload: Upload) -> bytes:
    return (server.folder / BUCKET / upload.key).read_bytes()


def content(upload: Upload) -> bytes:
    return Path(upload.path).read_bytes()


@pytest.mark.parametrize("size", [0, 3 * MIB])
@pytest.mark.parametrize("key", ["Lab/Subjects/s1/f.bin", "Lab/Zoë + 1/ein name & = % # ? ~'().ü.npy"])
async def test_one_put_is_signed_elsewhere(
    rig: S3Store, control: ControlPc, server: RcloneServer, file_of: FileOf, size: int, key: str
) -> None:
    """Two signatures store and verify a small file; the signer never sees its bytes."""
    upload, told = file_of(size, key=key), Told()
    await rig.put(upload, told.events)
    assert await rig.verify(upload) == "etag"
    assert [order.method for order in control.signed] == ["PUT", "HEAD"]
    assert control.signed[0].content_sha256 == "UNSIGNED-PAYLOAD"
    assert control.signed[0].headers.keys() == {"Content-MD5", "x-amz-meta-cagelab-op"}
    assert stored(server, upload) == content(upload)


async def test_an_upload_in_parts_goes_on_when_the_control_pc_is_back(
    rig: S3Store, control: ControlPc, server: RcloneServer, transport: RecordingTransport, file_of: FileOf
) -> None:
    """It stops with NoCredentials, and resumes under the same id with the parts that are missing."""
    upload, told = file_of(4 * PART + 17, part_size=PART), Told()
    control.leaves_after = 3  # begin and two parts
    with pytest.raises(NoCredentials):
        await rig.put(upload, told.events)
    control.leaves_after = 1000
    await rig.put(replace(upload, upload_id=told.upload_ids[0]), told.events)
    assert transport.names == ["Create", *["UploadPart"] * 2, "ListParts", *["UploadPart"] * 3, "Complete"]
    assert len(control.signed[-1].content_sha256) == 64  # the list of parts is covered by its SHA-256
    assert await rig.verify(upload) == "etag"
    assert stored(server, upload) == content(upload)


async def test_an_object_is_read_back_by_signed_ranges(
    rig: S3Store, control: ControlPc, transport: RecordingTransport, file_of: FileOf
) -> None:
    """Where no ETag proves it, the bytes are read, each range signed for itself."""
    upload = file_of(3 * MIB)
    await rig.put(upload, Told().events)
    transport.after = without_header("etag")
    assert await rig.verify(upload) == "read-back"
    assert control.signed[-1].headers == {"Range": f"bytes=0-{3 * MIB - 1}"}


async def test_an_upload_is_given_up_and_a_missing_object_is_told(
    rig: S3Store, server: RcloneServer, transport: RecordingTransport, file_of: FileOf
) -> None:
    """Giving up an upload is the only deletion that is ever signed."""
    upload, told = file_of(2 * PART, part_size=PART), Told()

    def lose(request: Request) -> Request:
        if "partNumber=2" in request.url:
            raise AnswerLost
        return request

    transport.before = lose
    with pytest.raises(AnswerLost):
        await rig.put(upload, told.events)
    await rig.abandon(upload.bucket, upload.key, told.upload_ids[0])
    with pytest.raises(RecordMissing):
        await rig.verify(upload)
    assert not (server.folder / BUCKET / upload.key).exists()


async def test_a_probe_of_a_key_asks_for_nothing_else(rig: S3Store, control: ControlPc) -> None:
    """What is signed for a session lies below its prefix: no list of the bucket."""
    await rig.probe(BUCKET, "Lab/Subjects/probe.bin")
    assert {order.key for order in control.signed} == {"Lab/Subjects/probe.bin"}


async def test_a_damaged_part_is_refused_though_its_bytes_are_not_signed(
    rig: S3Store, transport: RecordingTransport, file_of: FileOf
) -> None:
    """Content-MD5 is signed: whoever changes bytes on the way cannot change it with them."""
    transport.before = lambda request: replace(request, body=bytes(len(request.body)))
    with pytest.raises(WrongContent):
        await rig.put(file_of(MIB), Told().events)
