"""Putting files onto a share of a real smbd."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cagelab_bridge.errors import AnswerLost, FileChanged, JournalTrouble, Unreachable, WrongContent
from cagelab_bridge.ports import Place, Upload, UploadEvents
from cagelab_bridge.smb.door import ShareDoor
from cagelab_bridge.smb.part_names import beside, part_name
from cagelab_bridge.smb.share import ShareFile
from cagelab_bridge.smb.store import ShareStore
from tests.durability.proxy import Proxy
from tests.integration.smb.smbd_server import SmbdServer
from tests.integration.store.uploads import MIB, Told, make_upload

FileOf = Callable[..., Upload]
PART = 5 * MIB
ODD_NAMES = "Lab/Subjects/Zoë + 1/2026-11-20/001/alf/ein name, mit & = % # ~'().ü.npy"


def stored(server: SmbdServer, upload: Upload) -> Path:
    return server.shared / upload.key


def part(server: SmbdServer, upload: Upload) -> Path:
    return server.shared / beside(upload.key, part_name(upload))


def content(upload: Upload) -> bytes:
    return Path(upload.path).read_bytes()


def overwrite(path: Path, offset: int, data: bytes) -> None:
    """Change some bytes of it, as a program or a bad disk would."""
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def stop_at(told: Told, count: int, error: Exception) -> UploadEvents:
    """Tells `told`, and fails once so many bytes are there."""

    def sent(so_far: int) -> None:
        told.events.sent(so_far)
        if so_far >= count:
            raise error

    return UploadEvents(begun=told.events.begun, sent=sent)


async def half_sent(store: ShareStore, upload: Upload, count: int) -> Upload:
    """The upload, after so many bytes of it were sent and the process ended."""
    told = Told()
    with pytest.raises(AnswerLost):
        await store.put(upload, stop_at(told, count, AnswerLost("The cable was pulled.")))
    return replace(upload, upload_id=told.upload_ids[0])


@pytest.mark.parametrize(("size", "part_size"), [(0, 0), (1, 0), (3 * MIB, 0), (32 * MIB + 17, PART), (4 * PART, PART)])
async def test_a_file_arrives_whole_and_is_proved_by_reading_back(
    store: ShareStore, server: SmbdServer, file_of: FileOf, size: int, part_size: int
) -> None:
    """The server's disk holds the very bytes under the final name, nothing else is left, and the proof is named."""
    upload, told = file_of(size, part_size=part_size), Told()
    await store.put(upload, told.events)
    assert stored(server, upload).read_bytes() == content(upload)
    assert [path.name for path in server.shared.rglob("*") if path.is_file()] == ["file.bin"]
    assert told.sent == sorted(told.sent)
    assert told.sent[-1] == size
    assert await store.verify(upload) == "read-back"


async def test_names_with_spaces_accents_and_signs_reach_the_share_as_they_are(
    store: ShareStore, server: SmbdServer, file_of: FileOf
) -> None:
    """Folders are made on the way, and every character of a key is one of the path."""
    upload = file_of(MIB, key=ODD_NAMES)
    await store.put(upload, Told().events)
    assert stored(server, upload).read_bytes() == content(upload)
    await store.verify(upload)


async def test_the_unfinished_name_is_told_before_anything_is_written(
    store: ShareStore, server: SmbdServer, file_of: FileOf
) -> None:
    """When the journal cannot note it, the share stays as it was: whatever is written, somebody knows of it."""

    def begun(_name: str) -> None:
        raise JournalTrouble

    with pytest.raises(JournalTrouble):
        await store.put(file_of(MIB), replace(Told().events, begun=begun))
    assert list(server.shared.iterdir()) == []


async def test_an_upload_that_stopped_goes_on_where_it_stopped(
    store: ShareStore, server: SmbdServer, file_of: FileOf
) -> None:
    """Whole parts that arrived are not sent again; until all is there nothing has the final name."""
    upload, told = await half_sent(store, file_of(8 * PART, part_size=PART), 3 * PART), Told()
    assert not stored(server, upload).exists()
    assert part(server, upload).stat().st_size == 3 * PART
    await store.put(upload, told.events)
    assert told.upload_ids == []
    assert told.sent[0] == 3 * PART
    assert stored(server, upload).read_bytes() == content(upload)


async def test_what_the_server_lost_or_mangled_meanwhile_is_noticed_and_sent_again(
    store: ShareStore, server: SmbdServer, file_of: FileOf
) -> None:
    """One byte of a part that had arrived is changed on the server's disk: nothing is named, and the next attempt
    sends from there."""
    upload, told = await half_sent(store, file_of(4 * PART, part_size=PART), 3 * PART), Told()
    overwrite(part(server, upload), PART + 100, b"other bytes")
    with pytest.raises(WrongContent):
        await store.put(upload, told.events)
    assert not stored(server, upload).exists()
    again = Told()
    await store.put(upload, again.events)
    assert again.sent[0] == PART
    assert stored(server, upload).read_bytes() == content(upload)
    assert await store.verify(upload) == "read-back"


async def test_parts_of_another_version_of_the_file_are_not_used(
    store: ShareStore, server: SmbdServer, file_of: FileOf
) -> None:
    """A file that was hashed anew after a change never mixes with what was sent of the old one."""
    old = await half_sent(store, file_of(4 * PART, part_size=PART), 2 * PART)
    overwrite(Path(old.path), 0, b"new")
    new = replace(make_upload(Path(old.path), key=old.key, part_size=PART, upload_id=old.upload_id), bucket=old.bucket)
    told = Told()
    await store.put(new, told.events)
    assert told.sent[0] == 0
    assert stored(server, new).read_bytes() == content(new)
    await store.abandon(old.bucket, old.key, old.upload_id)
    assert [path.name for path in stored(server, new).parent.iterdir()] == ["file.bin"]


async def test_a_lost_answer_to_the_last_step_is_settled_by_looking(
    store: ShareStore, server: SmbdServer, file_of: FileOf
) -> None:
    """The file has its name, and the journal does not know: nothing is sent again, nothing is left."""
    upload, told = file_of(4 * PART, part_size=PART), Told()
    await store.put(upload, told.events)
    before = stored(server, upload).stat()
    again = Told()
    await store.put(replace(upload, upload_id=told.upload_ids[0]), again.events)
    assert again.sent == [upload.size]
    assert stored(server, upload).stat().st_ino == before.st_ino
    assert len(list(stored(server, upload).parent.iterdir())) == 1


async def test_the_same_bytes_under_the_name_are_taken_for_ours(
    store: ShareStore, server: SmbdServer, file_of: FileOf
) -> None:
    """Somebody else, or an earlier life of the journal, stored it: it is adopted, not written over."""
    upload = file_of(2 * MIB)
    stored(server, upload).parent.mkdir(parents=True)
    stored(server, upload).write_bytes(content(upload))
    before = stored(server, upload).stat()
    await store.put(upload, Told().events)
    assert stored(server, upload).stat().st_ino == before.st_ino
    assert [path.name for path in stored(server, upload).parent.iterdir()] == ["file.bin"]
    assert await store.verify(upload) == "read-back"


@pytest.mark.parametrize("goes_on", [False, True])
async def test_what_is_adopted_is_forced_to_the_disk_first(
    store: ShareStore, server: SmbdServer, file_of: FileOf, monkeypatch: pytest.MonkeyPatch, goes_on: bool
) -> None:
    """Nobody knows whether the server did it when the bytes came: a power cut may take them after we said stored."""
    upload, order = file_of(2 * MIB), list[str]()
    stored(server, upload).parent.mkdir(parents=True)
    stored(server, upload).write_bytes(content(upload))
    flush, close = ShareFile.flush, ShareFile.close

    def noted_flush(file: ShareFile) -> None:
        flush(file)
        order.append(f"flush {file.size}")

    def noted_close(file: ShareFile) -> None:
        close(file)
        order.append(f"close {file.size}")

    monkeypatch.setattr(ShareFile, "flush", noted_flush)
    monkeypatch.setattr(ShareFile, "close", noted_close)
    again = replace(upload, upload_id=part_name(upload)) if goes_on else upload
    await store.put(again, Told().events)
    sent = [] if goes_on else ["flush 0"]  # what was sent has no bytes when it is opened
    assert order[: len(sent) + 2] == [*sent, f"flush {upload.size}", f"close {upload.size}"]


@pytest.mark.parametrize("size", [5, 2 * MIB])
async def test_other_bytes_under_the_name_are_never_lost(
    store: ShareStore, server: SmbdServer, file_of: FileOf, size: int
) -> None:
    """They are kept under another name beside it, which a listing shows; ours get the name."""
    upload, theirs = file_of(2 * MIB), os.urandom(size)
    stored(server, upload).parent.mkdir(parents=True)
    stored(server, upload).write_bytes(theirs)
    await store.put(upload, Told().events)
    assert stored(server, upload).read_bytes() == content(upload)
    (kept,) = stored(server, upload).parent.glob("file.bin.replaced-*")
    assert kept.read_bytes() == theirs
    listed = await store.list_objects(upload.bucket, "Lab/Subjects/s1/")
    assert [one.key.rpartition("/")[2] for one in listed] == ["file.bin", kept.name]


@pytest.mark.parametrize("change", ["a byte", "shorter"])
@pytest.mark.parametrize("part_size", [0, PART])
async def test_a_file_that_changed_after_hashing_is_never_published(
    store: ShareStore, server: SmbdServer, file_of: FileOf, part_size: int, change: str
) -> None:
    """FileChanged, and no final name."""
    upload = file_of(16 * MIB, part_size=part_size)
    if change == "shorter":
        os.truncate(upload.path, upload.size - 1)
    else:
        overwrite(Path(upload.path), upload.size - 3, b"???")
    with pytest.raises(FileChanged):
        await store.put(upload, Told().events)
    assert not stored(server, upload).exists()


async def test_verify_reads_again_what_somebody_wrote_to_since(
    store: ShareStore, server: SmbdServer, file_of: FileOf
) -> None:
    """What put proved is believed only as long as nobody wrote to the file."""
    upload = file_of(2 * MIB)
    await store.put(upload, Told().events)
    overwrite(stored(server, upload), 0, b"mangled")
    with pytest.raises(WrongContent):
        await store.verify(upload)


async def test_verify_needs_no_memory(door: ShareDoor, server: SmbdServer, file_of: FileOf) -> None:
    """Another process reads all of it."""
    upload = file_of(12 * MIB, part_size=PART)
    await door.connect(server.keys).put(upload, Told().events)
    assert await door.connect(server.keys).verify(upload) == "read-back"
    os.truncate(stored(server, upload), 5)
    with pytest.raises(WrongContent):
        await door.connect(server.keys).verify(upload)


async def test_a_server_that_dies_under_an_upload_costs_one_part(
    door: ShareDoor, server: SmbdServer, file_of: FileOf
) -> None:
    """The connection breaks as AnswerLost, nobody there as Unreachable; afterwards it goes on, and all that ever went
    over the wire is the file, a part, and the protocol's own bytes."""
    upload, told, proxy = file_of(40 * MIB, part_size=PART), Told(), Proxy(1)
    try:
        proxy.target = server.port
        endpoint = proxy.url.replace("http", "smb")
        store = door.connect(replace(server.keys, endpoint=endpoint))
        proxy.at(18 * MIB, server.stop)
        with pytest.raises((AnswerLost, Unreachable)):
            await store.put(upload, told.events)
        with pytest.raises(Unreachable):
            await store.put(replace(upload, upload_id=told.upload_ids[0]), told.events)
        server.start()
        await store.put(replace(upload, upload_id=told.upload_ids[0]), told.events)
        assert stored(server, upload).read_bytes() == content(upload)
        assert proxy.received <= upload.size + PART + upload.size // 100
    finally:
        proxy.close()


async def test_a_cut_connection_is_replaced(door: ShareDoor, server: SmbdServer, file_of: FileOf) -> None:
    """A connection that the server or the network closed while nobody used it is noticed before it is used."""
    upload = file_of(MIB)
    store = door.connect(server.keys)
    await store.put(upload, Told().events)
    server.stop()
    server.start()
    place = Place(endpoint=server.endpoint, bucket=upload.bucket, key=upload.key)
    for _ in range(2):
        try:
            assert await store.size(place) == upload.size
        except AnswerLost:  # it was used before its end was noticed: the next attempt has another one
            continue
        break
    else:
        pytest.fail("no connection was made anew")
