"""Reading and listing a share, and cleaning it up."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from cagelab_bridge.errors import AnswerLost, Refused
from cagelab_bridge.ports import Place, Upload, UploadEvents
from cagelab_bridge.smb.door import ShareDoor
from cagelab_bridge.smb.listing import list_objects
from cagelab_bridge.smb.share import Entry, Folder, Share
from cagelab_bridge.smb.store import ShareStore
from tests.acceptance.bridge import wait_until
from tests.integration.smb.smbd_server import SHARE, SmbdServer
from tests.integration.store.uploads import MIB, Told

FileOf = Callable[..., Upload]


def content(upload: Upload) -> bytes:
    return Path(upload.path).read_bytes()


@pytest.mark.parametrize("offset", [0, 1, 9 * MIB, 20 * MIB + 3])
async def test_a_file_is_read_from_any_byte_on(store: ShareStore, file_of: FileOf, offset: int) -> None:
    """In order and complete: a download that broke off goes on."""
    upload, got = file_of(20 * MIB + 3), bytearray()
    await store.put(upload, Told().events)
    place = Place(endpoint=store.endpoint, bucket=SHARE, key=upload.key)
    assert await store.size(place) == upload.size
    await store.fetch(place, upload.size, got.extend, offset)
    assert bytes(got) == content(upload)[offset:]


async def test_all_files_below_a_prefix_are_listed(store: ShareStore, server: SmbdServer) -> None:
    """With their sizes, by path, at any depth and however many; what is unfinished is not there yet."""
    names = [f"many/{number:04d}.npy" for number in range(1500)] + ["Lab/b/deep/er.npy", "Lab/a.npy", "Lab2/other.npy"]
    for name in names:
        path = server.shared / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * len(name))
    (server.shared / "Lab" / ".cagelab-3f0c6a52-7a0b-4c39-9f38-0d9d3a3f7f10-0123456789ab.part").write_bytes(b"half")
    found = await store.list_objects(SHARE, "many/")
    assert [(one.key, one.size) for one in found] == [(name, len(name)) for name in sorted(names[:1500])]
    assert [one.key for one in await store.list_objects(SHARE, "Lab/")] == ["Lab/a.npy", "Lab/b/deep/er.npy"]
    assert len(await store.list_objects(SHARE, "")) == len(names)


async def test_links_that_lead_back_are_not_walked(store: ShareStore, server: SmbdServer) -> None:
    """Samba follows them: two are as many folders as there are paths. One that leads to another folder is walked."""
    folder = server.shared / "Lab" / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "x.npy").write_bytes(b"1")
    (server.shared / "Lab" / "c").mkdir()
    (server.shared / "Lab" / "c" / "to_a").symlink_to("../a")
    for name, target in (("here", "."), ("above", ".."), ("top", "../.."), ("to_c", "../../c")):
        (folder / name).symlink_to(target)
    expected = ["Lab/a/b/x.npy", "Lab/c/to_a/b/x.npy"]
    for prefix, keys in (("", expected), ("Lab/", expected), ("Lab/a/b/", ["Lab/a/b/x.npy"])):
        found = await asyncio.wait_for(store.list_objects(SHARE, prefix), 60)
        assert [one.key for one in found] == keys


class NamelessShare:
    """Folders without numbers, each of which holds itself twice; and a link that the server does not follow."""

    name = SHARE

    def folder(self, key: str) -> Folder:
        link = Entry(name="link", size=0, is_folder=True, is_link=True)
        twice = [Entry(name=name, size=0, is_folder=True) for name in ("a", "b")]
        assert "link" not in key
        return Folder(entries=(link, *twice) if key != "finite" else (link,))


class MountedShare:
    """Another volume in a folder, whose numbers are those of the first one."""

    name = SHARE

    def folder(self, key: str) -> Folder:
        door = Entry(name="disk", size=0, is_folder=True, is_door=True)
        file = Entry(name="x.npy", size=1, is_folder=False)
        return Folder(identity=5, entries=(file,) if key else (door,))


def test_a_volume_mounted_in_the_share_is_walked() -> None:
    """The top folder of each NTFS volume has the same number: what lies there is not missing."""
    found = list_objects(cast("Share", MountedShare()), "")
    assert [one.key for one in found] == ["disk/x.npy"]


def test_folders_without_end_are_refused() -> None:
    """A server that cannot tell its folders apart stops nothing for ever; links of Windows are left alone."""
    share = cast("Share", NamelessShare())
    with pytest.raises(Refused, match="without end") as caught:
        list_objects(share, "")
    assert "link that leads back" in caught.value.hint
    assert list_objects(share, "finite/") == ()


async def test_what_nobody_will_complete_is_removed(store: ShareStore, server: SmbdServer, file_of: FileOf) -> None:
    """A dismissed file leaves nothing; asking twice, or for what another store began, does no harm."""
    upload, told = file_of(16 * MIB, part_size=4 * MIB), Told()

    def stop(count: int) -> None:
        if count:
            raise AnswerLost

    with pytest.raises(AnswerLost):
        await store.put(upload, UploadEvents(begun=told.events.begun, sent=stop))
    (name,) = told.upload_ids
    folder = (server.shared / upload.key).parent
    assert [path.name for path in folder.iterdir()] == [name]
    for upload_id in ("../../Lab", "an upload of S3", name, name):
        await store.abandon(upload.bucket, upload.key, upload_id)
    assert list(folder.iterdir()) == []


async def test_a_login_ends_with_the_store_that_held_it(door: ShareDoor, server: SmbdServer) -> None:
    """A password that somebody takes back leaves no open connection behind."""
    store = door.connect(server.keys)
    await store.probe(SHARE)
    assert server.connections() == 1
    del store
    gc.collect()
    await asyncio.to_thread(wait_until, lambda: server.connections() == 0)
