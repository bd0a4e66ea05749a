"""Temporary keys of real stores: of rclone, which has none, and of MinIO where CAGELAB_TEST_MINIO names its program."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cagelab_bridge.errors import Denied, RecordMissing, Refused
from cagelab_bridge.ports import SignOrder, StoreKeys, Upload
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.connection import Connection, Order
from cagelab_bridge.store.door import S3Door
from cagelab_bridge.store.transport import Request
from tests.integration.store.minio_server import PROGRAM, SERVICE, USER, MinioServer
from tests.integration.store.recording import RecordingTransport
from tests.integration.store.uploads import BUCKET, MIB, Told

FileOf = Callable[..., Upload]
PREFIX = "Lab/Subjects/s1/2026-11-20/001/"
KEY = PREFIX + "file.bin"
HOUR = 3600.0
PART = 5 * MIB
real = pytest.mark.skipif(not PROGRAM, reason="CAGELAB_TEST_MINIO does not name MinIO's program")


@pytest.fixture(scope="module")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    with MinioServer(tmp_path_factory.mktemp("minio"), buckets=(BUCKET, "other")) as running:
        yield running


@pytest.fixture
def door(transport: RecordingTransport) -> S3Door:
    return S3Door(SystemRuntime(), transport)


def keys_of(minio: MinioServer, pair: tuple[str, str]) -> StoreKeys:
    return StoreKeys(endpoint=minio.endpoint, access_key=pair[0], secret_key=Secret(pair[1]))


async def test_a_store_without_temporary_keys_is_told_so(door: S3Door, keys: StoreKeys) -> None:
    """rclone answers no such request; whoever lends signs each request instead."""
    with pytest.raises(Refused) as caught:
        await door.scoped_keys(keys, BUCKET, PREFIX, HOUR)
    assert caught.value.about == "scopedKeys"


@real
async def test_minio_lends_to_the_keys_of_a_user(door: S3Door, minio: MinioServer) -> None:
    """MinIO's users can have temporary keys, for as long as asked; its access keys (service accounts) cannot."""
    for pair in (USER, minio.root):
        lent = await door.scoped_keys(keys_of(minio, pair), BUCKET, PREFIX, 900.0)
        assert lent.expires is not None
        assert abs(lent.expires - datetime.now(UTC) - timedelta(seconds=900)) < timedelta(seconds=60)
    with pytest.raises(Refused) as caught:
        await door.scoped_keys(keys_of(minio, SERVICE), BUCKET, PREFIX, 900.0)
    assert (caught.value.about, "built-in user" in caught.value.hint) == ("scopedKeys", True)


@real
async def test_a_session_is_stored_with_keys_of_its_prefix(
    door: S3Door, minio: MinioServer, transport: RecordingTransport, file_of: FileOf
) -> None:
    """One PUT, parts with a resume under new keys, verification, giving up, and an object that is missing."""
    keys = keys_of(minio, USER)
    first = door.connect(await door.scoped_keys(keys, BUCKET, PREFIX, HOUR))
    small, told = file_of(MIB, key=PREFIX + "small.bin"), Told()
    await first.put(small, told.events)
    assert await first.verify(small) == "etag"
    large = file_of(3 * PART, key=KEY, part_size=PART)

    def pull(request: Request) -> Request:
        if "partNumber=3" in request.url:
            raise Denied
        return request

    transport.before = pull
    with pytest.raises(Denied):
        await first.put(large, told.events)
    transport.before = lambda request: request
    second = door.connect(await door.scoped_keys(keys, BUCKET, PREFIX, HOUR))
    await second.put(replace(large, upload_id=told.upload_ids[0]), told.events)
    assert transport.names[-3:] == ["ListParts", "UploadPart", "Complete"]
    assert await second.verify(large) == "composite-etag"
    await second.abandon(BUCKET, KEY, "unknown")
    await second.probe(BUCKET, KEY)


def order(method: str, bucket: str, key: str, **query: str) -> Order:
    return Order(what="an attack", method=method, bucket=bucket, key=key, query=query)


ATTACKS = {
    "write outside": order("PUT", BUCKET, "Lab/Subjects/s2/file.bin"),
    "write beside": order("PUT", BUCKET, PREFIX.removesuffix("/") + "2/file.bin"),
    "begin outside": order("POST", BUCKET, "elsewhere", uploads=""),
    "read outside": order("GET", BUCKET, "secret.bin"),
    "list": Order(what="an attack", method="GET", bucket=BUCKET, query={"list-type": "2"}),
    "list inside": Order(what="an attack", method="GET", bucket=BUCKET, query={"list-type": "2", "prefix": PREFIX}),
    "list uploads": order("GET", BUCKET, "", uploads=""),
    "delete": order("DELETE", BUCKET, KEY),
    "other bucket, write": order("PUT", "other", KEY),
    "other bucket, read": order("GET", "other", "secret.bin"),
    "copy": replace(order("PUT", BUCKET, KEY), headers={"x-amz-copy-source": "/other/secret.bin"}),
    "policy": order("GET", BUCKET, "", policy=""),
    "new bucket": order("PUT", "third", ""),
}


@real
@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("parent", ["user", "root"])
async def test_attack_51_keys_of_a_prefix_can_do_nothing_else(minio: MinioServer, attack: str, parent: str) -> None:
    """Whatever the parent may do: not outside the prefix, no list, no deletion, no other bucket, no copy from there."""
    keys = keys_of(minio, USER if parent == "user" else minio.root)
    await minio.store_secret()
    connection = Connection(keys.endpoint, await scoped(keys), minio.transport, SystemRuntime())
    with pytest.raises(Denied):
        await connection.call(ATTACKS[attack])


@real
async def test_attack_51_keys_of_a_prefix_unpack_nothing_outside(minio: MinioServer) -> None:
    """MinIO unpacks a tar file into the bucket: each file in it is judged by the policy."""
    tar = tar_of("Lab/Subjects/s2/planted.bin")
    unpack = replace(order("PUT", BUCKET, KEY), headers={"x-amz-meta-snowball-auto-extract": "true"}, body=tar)
    keys = await scoped(keys_of(minio, minio.root))
    with pytest.raises(Denied):
        await Connection(minio.endpoint, keys, minio.transport, SystemRuntime()).call(unpack)
    root = Connection(minio.endpoint, keys_of(minio, minio.root), minio.transport, SystemRuntime())
    with pytest.raises(RecordMissing):
        await root.call(order("GET", BUCKET, "Lab/Subjects/s2/planted.bin"))


@real
@pytest.mark.parametrize("parent", ["user", "root"])
async def test_attack_51_keys_of_a_prefix_make_no_account(minio: MinioServer, parent: str) -> None:
    """CVE-2025-62506: an account made by temporary keys would have all rights of their parent."""
    lent = await scoped(keys_of(minio, USER if parent == "user" else minio.root))
    assert "AccessDenied" in minio.refusal_of_an_account(lent)


@real
@pytest.mark.parametrize("part_size", [0, PART])
async def test_minio_takes_what_was_signed_for_somebody_else(
    door: S3Door, minio: MinioServer, file_of: FileOf, part_size: int
) -> None:
    """What keeps a request from becoming another one does not keep it from being itself."""
    keys = keys_of(minio, SERVICE)  # an access key: it can have no temporary keys

    class Control:
        async def sign(self, order: SignOrder) -> Mapping[str, str]:
            return door.sign(keys, order)

    rig, upload = door.connect_signed(minio.endpoint, Control()), file_of(12 * MIB, key=KEY, part_size=part_size)
    await rig.put(upload, Told().events)
    assert await rig.verify(upload) == ("composite-etag" if part_size else "etag")


@real
async def test_a_signature_for_one_request_cannot_be_made_another(minio: MinioServer) -> None:
    """MinIO obeys headers that are not signed: a copy from another bucket, a tar file unpacked over this one."""
    await minio.store_secret()
    door, keys, tar = S3Door(SystemRuntime()), keys_of(minio, minio.root), tar_of("Lab/Subjects/s2/planted.bin")
    md5 = base64.b64encode(hashlib.md5(tar).digest()).decode()
    asked = SignOrder(
        method="PUT",
        bucket=BUCKET,
        key=KEY,
        query={},
        headers={"Content-MD5": md5},
        content_sha256="UNSIGNED-PAYLOAD",
        moment=datetime.now(UTC),
    )
    tricks: list[Mapping[str, str]] = [
        {"x-amz-copy-source": "/other/secret.bin"},
        {"x-amz-meta-snowball-auto-extract": "true"},
    ]
    signed = door.sign(keys, asked)
    for trick in tricks:
        sent = Request(method="PUT", url=f"{minio.endpoint}/{BUCKET}/{KEY}", headers={**signed, **trick}, body=tar)
        assert minio.transport().send(sent).status in {403, 412}
    plain = Request(method="PUT", url=f"{minio.endpoint}/{BUCKET}/{KEY}", headers=signed, body=tar)
    assert minio.transport().send(plain).status == 200
    root = Connection(minio.endpoint, keys, minio.transport, SystemRuntime())
    assert (await root.call(order("GET", BUCKET, KEY))).body == tar


async def scoped(keys: StoreKeys) -> StoreKeys:
    door = S3Door(SystemRuntime())
    try:
        return await door.scoped_keys(keys, BUCKET, PREFIX, HOUR)
    finally:
        await door.close()


def tar_of(name: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = 7
        archive.addfile(member, io.BytesIO(b"planted"))
    return packed.getvalue()
