"""Putting objects into a real S3 server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cagelab_bridge.errors import AnswerLost, FileChanged, WrongContent
from cagelab_bridge.ports import Hashes, StoreKeys, Upload
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.store.engine import S3Store
from cagelab_bridge.store.hashing import hash_file, unread
from cagelab_bridge.store.multipart import AHEAD
from cagelab_bridge.store.read_along import reading
from cagelab_bridge.store.transport import Answer, Request
from tests.integration.store.rclone_server import ACCESS_KEY, SECRET_KEY, RcloneServer
from tests.integration.store.recording import RecordingTransport, operation
from tests.integration.store.uploads import BUCKET, MIB, Told, make_upload
from tests.local_computer import stat_of

FileOf = Callable[..., Upload]
PART = 5 * MIB
ODD_NAMES = "Lab/Subjects/Zoë + 1/2026-11-20/001/alf/ein name, mit & = % # ? ~'().ü.npy"


def stored(server: RcloneServer, upload: Upload) -> Path:
    return server.folder / BUCKET / upload.key


def content(upload: Upload) -> bytes:
    return Path(upload.path).read_bytes()


def overwrite_end(upload: Upload, end: bytes) -> None:
    """Change the last bytes of the file, as a program that writes on would."""
    with Path(upload.path).open("r+b") as file:
        file.seek(upload.size - len(end))
        file.write(end)


def kill_after(keys: StoreKeys, upload: Upload, hang_at: int, *, settle: bool) -> tuple[str, int]:
    """Upload in another process and kill it once so many bytes are acknowledged; the upload id and the parts it sent.

    `settle`: let the parts that are under way arrive before.
    """
    order = json.dumps(
        {
            "endpoint": keys.endpoint,
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
            "path": upload.path,
            "key": upload.key,
            "part_size": upload.part_size,
            "hang_at": hang_at,
            "settle": settle,
        }
    )
    command = [sys.executable, "-m", "tests.integration.store.killed_uploader"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(order + "\n")
        process.stdin.flush()
        upload_id = process.stdout.readline().strip()
        sent = int(process.stdout.readline())
        process.kill()
    return upload_id, sent


@pytest.mark.parametrize("size", [0, 1, 3 * MIB])
async def test_a_small_file_is_stored_by_one_request(
    store: S3Store, transport: RecordingTransport, server: RcloneServer, file_of: FileOf, size: int
) -> None:
    """A file up to one part is one PUT, and the server holds its very bytes."""
    upload, told = file_of(size), Told()
    await store.put(upload, told.events)
    assert transport.names == ["PUT"]
    assert stored(server, upload).read_bytes() == content(upload)
    assert told.sent == [size]
    assert await store.verify(upload) == "etag"


async def test_a_file_is_sent_while_it_is_read(store: S3Store, server: RcloneServer, tmp_path: Path) -> None:
    """Its hashes are told before its parts become an object, and prove that object."""
    runtime, path = SystemRuntime(), tmp_path / "recording.bin"
    path.write_bytes(os.urandom(40 * MIB + 17))
    known = unread(stat_of(path))
    assert known is not None
    upload = replace(make_upload(path, key="Lab/large.bin", part_size=known.part_size), md5="", part_md5s=())
    told: list[tuple[Hashes, bool]] = []
    events = replace(Told().events, read=lambda hashes: told.append((hashes, stored(server, upload).exists())))
    async with reading(runtime, str(path), ()) as along:
        await store.put(replace(upload, reading=along), events)
    assert told == [(hash_file(runtime.files, str(path)), False)]
    assert stored(server, upload).read_bytes() == path.read_bytes()
    proved = replace(upload, md5=told[0][0].md5, part_md5s=told[0][0].part_md5s)
    assert await store.verify(proved) in {"etag", "composite-etag"}


@pytest.mark.parametrize("part_size", [0, PART])
async def test_names_with_spaces_accents_and_signs_reach_the_store_as_they_are(
    store: S3Store, server: RcloneServer, file_of: FileOf, part_size: int
) -> None:
    """The signature and the address encode every character of a key the way the server decodes it."""
    upload = file_of(6 * MIB, key=ODD_NAMES, part_size=part_size)
    await store.put(upload, Told().events)
    assert stored(server, upload).read_bytes() == content(upload)
    await store.verify(upload)


async def test_the_parts_of_a_large_file_go_out_one_body_at_a_time(
    store: S3Store, transport: RecordingTransport, server: RcloneServer, file_of: FileOf
) -> None:
    """Parts cover the file, a crash costs one of them, and progress grows up to the size of the file."""
    upload, told = file_of(32 * MIB + 17, part_size=PART), Told()
    await store.put(upload, told.events)
    assert transport.names == ["Create", *["UploadPart"] * 7, "Complete"]
    assert 1 < transport.most_at_once <= AHEAD  # answers are waited for together
    parts = [request for request in transport.requests if operation(request) == "UploadPart"]
    assert parts[0].wire is not None
    assert len({id(request.wire) for request in parts}) == 1
    assert told.sent == sorted(told.sent)
    assert told.sent[-1] == upload.size
    assert stored(server, upload).read_bytes() == content(upload)
    assert await store.verify(upload) == "etag"  # rclone forgets the composite ETag


async def test_the_upload_id_is_told_before_the_first_part_is_sent(
    store: S3Store, transport: RecordingTransport, file_of: FileOf
) -> None:
    """A journal that writes the id in `begun` can always resume, whatever happens during the parts."""
    seen: list[list[str]] = []
    told = Told()
    events = replace(told.events, begun=lambda _: seen.append(list(transport.names)))
    await store.put(file_of(12 * MIB, part_size=PART), events)
    assert seen == [["Create"]]


async def test_a_killed_upload_is_resumed_with_the_missing_parts_only(
    store: S3Store, keys: StoreKeys, transport: RecordingTransport, file_of: FileOf
) -> None:
    """After SIGKILL nothing but the upload id is needed, and no part that has arrived is sent again."""
    upload = file_of(40 * MIB, part_size=PART)
    upload_id, sent = kill_after(keys, upload, 3 * PART, settle=True)
    assert 3 <= sent < 8
    await store.put(replace(upload, upload_id=upload_id), Told().events)
    assert transport.names == ["ListParts", *["UploadPart"] * (8 - sent), "Complete"]
    await store.verify(upload)


async def test_an_upload_killed_in_the_middle_of_a_part_still_arrives(
    store: S3Store, keys: StoreKeys, server: RcloneServer, file_of: FileOf
) -> None:
    """rclone drops the whole upload when the part it is writing breaks off; whether or not, the file arrives whole."""
    upload, told = file_of(40 * MIB, part_size=PART), Told()
    upload_id, _ = kill_after(keys, upload, 3 * PART, settle=False)
    await store.put(replace(upload, upload_id=upload_id), told.events)
    assert len(told.upload_ids) <= 1
    assert stored(server, upload).read_bytes() == content(upload)
    await store.verify(upload)


async def test_an_upload_the_store_forgot_is_begun_anew(
    store: S3Store, transport: RecordingTransport, server: RcloneServer, file_of: FileOf
) -> None:
    """rclone loses incomplete uploads when it restarts; the file still arrives, under a new id that is told."""
    upload, told = file_of(16 * MIB, part_size=PART), Told()
    transport.before = _fail_at("Complete")
    with pytest.raises(AnswerLost):
        await store.put(upload, told.events)
    server.stop()
    server.start()
    transport.before = lambda request: request
    await store.put(replace(upload, upload_id=told.upload_ids[0]), told.events)
    assert len(told.upload_ids) == 2
    assert stored(server, upload).read_bytes() == content(upload)


async def test_a_lost_answer_to_complete_is_settled_by_looking(
    store: S3Store, transport: RecordingTransport, file_of: FileOf
) -> None:
    """When the object is there already, a resumed upload sends no part and begins nothing."""
    upload, told = file_of(16 * MIB, part_size=PART), Told()
    transport.after = _lose_answer_of("Complete")
    with pytest.raises(AnswerLost):
        await store.put(upload, told.events)
    transport.requests.clear()
    await store.put(replace(upload, upload_id=told.upload_ids[0]), told.events)
    assert transport.names == ["ListParts", "HEAD"]
    assert told.sent[-1] == upload.size


async def test_a_lost_answer_to_a_single_put_is_settled_by_looking(
    store: S3Store, transport: RecordingTransport, file_of: FileOf
) -> None:
    """The file is not sent twice when it has arrived."""
    transport.after = _lose_answer_of("PUT")
    await store.put(file_of(MIB), Told().events)
    assert transport.names == ["PUT", "HEAD"]


async def test_a_put_that_never_arrived_stays_an_answer_lost(
    store: S3Store, transport: RecordingTransport, file_of: FileOf
) -> None:
    """Looking at the object must not turn a loss into a success."""
    transport.before = _fail_at("PUT")
    with pytest.raises(AnswerLost):
        await store.put(file_of(MIB), Told().events)


@pytest.mark.parametrize("part_size", [0, PART])
async def test_a_file_that_changed_after_hashing_is_never_published(
    store: S3Store, server: RcloneServer, file_of: FileOf, part_size: int
) -> None:
    """One changed byte anywhere makes FileChanged, and no object appears."""
    upload = file_of(16 * MIB, part_size=part_size)
    overwrite_end(upload, b"???")
    with pytest.raises(FileChanged):
        await store.put(upload, Told().events)
    assert not stored(server, upload).exists()


@pytest.mark.parametrize("part_size", [0, PART])
async def test_a_file_that_became_shorter_is_told_as_changed(
    store: S3Store, server: RcloneServer, file_of: FileOf, part_size: int
) -> None:
    """A short read is the file's change, not the store's mistake."""
    upload = file_of(16 * MIB, part_size=part_size)
    os.truncate(upload.path, upload.size - 1)
    with pytest.raises(FileChanged):
        await store.put(upload, Told().events)
    assert not stored(server, upload).exists()


@pytest.mark.parametrize("part_size", [0, PART])
async def test_bytes_damaged_on_the_way_are_refused_and_sent_again(
    store: S3Store, transport: RecordingTransport, server: RcloneServer, file_of: FileOf, part_size: int
) -> None:
    """The store compares Content-MD5: WrongContent, nothing published, and the next attempt succeeds."""
    upload, told = file_of(16 * MIB, part_size=part_size), Told()
    transport.before = _damage
    with pytest.raises(WrongContent):
        await store.put(upload, told.events)
    assert not stored(server, upload).exists()
    transport.before = lambda request: request
    await store.put(replace(upload, upload_id="".join(told.upload_ids)), told.events)
    await store.verify(upload)


async def test_parts_of_another_version_of_the_file_are_not_used(
    store: S3Store, transport: RecordingTransport, server: RcloneServer, file_of: FileOf
) -> None:
    """A file that was hashed anew after a change must not be assembled from old and new parts."""
    old, told = file_of(16 * MIB, part_size=PART), Told()
    transport.before = _fail_at("Complete")
    with pytest.raises(AnswerLost):
        await store.put(old, told.events)
    transport.before = lambda request: request
    overwrite_end(old, b"new")
    new = make_upload(Path(old.path), key=old.key, part_size=PART, upload_id=told.upload_ids[0])
    transport.requests.clear()
    await store.put(new, told.events)
    assert transport.names == ["ListParts", "HEAD", "GET", "Abort", "Create", *["UploadPart"] * 4, "Complete"]
    assert stored(server, new).read_bytes() == content(new)


def _fail_at(name: str) -> Callable[[Request], Request]:
    def before(request: Request) -> Request:
        if operation(request) == name:
            raise AnswerLost("The cable was pulled.")
        return request

    return before


def _lose_answer_of(name: str) -> Callable[[Request, Answer], Answer]:
    def after(request: Request, answer: Answer) -> Answer:
        if operation(request) == name:
            raise AnswerLost("The cable was pulled.")
        return answer

    return after


def _damage(request: Request) -> Request:
    if not request.body:
        return request
    return replace(request, body=request.body[:-1] + bytes([request.body[-1] ^ 1]))
