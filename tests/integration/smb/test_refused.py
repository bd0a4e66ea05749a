"""What a real smbd refuses, in words that say what to do."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cagelab_bridge.errors import BridgeError, Denied, NoCredentials, RecordMissing, Refused, Unreachable, WrongContent
from cagelab_bridge.ports import Place, Upload
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from cagelab_bridge.smb.door import ShareDoor
from cagelab_bridge.smb.store import ShareStore
from cagelab_bridge.throttle import Throttle
from tests.durability.proxy import Proxy
from tests.durability.small_disk import SmallDisk, mounted
from tests.integration.smb import smbd_server
from tests.integration.smb.smbd_server import PASSWORD, SHARE, SmbdServer
from tests.integration.store.uploads import MIB, Told

FileOf = Callable[..., Upload]
WRONG = "another-canary-password"


def content(upload: Upload) -> bytes:
    return Path(upload.path).read_bytes()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallDisk]:
    with mounted(tmp_path / "small", 16) as disk:
        yield disk


def test_an_incomplete_login_is_refused_before_anything_is_sent(door: ShareDoor, server: SmbdServer) -> None:
    """As an incomplete key pair is."""
    for keys in (replace(server.keys, access_key=""), replace(server.keys, secret_key=Secret(""))):
        with pytest.raises(NoCredentials):
            door.connect(keys)


@pytest.mark.parametrize("change", [{"secret_key": Secret(WRONG)}, {"access_key": "nobody-at-all"}])
async def test_a_wrong_login_is_denied_and_no_secret_is_told(
    door: ShareDoor, server: SmbdServer, caplog: pytest.LogCaptureFixture, change: dict[str, str]
) -> None:
    """The sentence names the server and the way to log in; neither it nor the log or the traceback holds a password."""
    caplog.set_level(logging.DEBUG)
    store = door.connect(replace(server.keys, **change))  # type: ignore[arg-type]  # one field of the right type
    with pytest.raises(Denied) as caught:
        await store.probe(SHARE, "Lab/x.npy")
    assert server.endpoint in caught.value.message
    assert "login --store" in caught.value.hint
    told = caplog.text + "".join(traceback.format_exception(caught.value)) + repr(store)
    assert PASSWORD not in told
    assert WRONG not in told


async def test_a_refused_login_is_not_tried_again_and_again(door: ShareDoor, server: SmbdServer) -> None:
    """Servers lock accounts: of many files only the first asks, and a new password is tried at once."""
    proxy = Proxy(1)
    try:
        proxy.target = server.port
        keys = replace(server.keys, endpoint=proxy.url.replace("http", "smb"))
        store = door.connect(replace(keys, secret_key=Secret(WRONG)))
        said = await asyncio.gather(*(store.probe(SHARE) for _ in range(5)), return_exceptions=True)
        assert [type(error) for error in said] == [Denied] * 5
        assert len({str(error) for error in said}) == 1
        asked = proxy.received
        assert asked < 3000  # bytes; one login has some 1200
        with pytest.raises(Denied):
            await store.probe(SHARE)
        assert proxy.received == asked
        await door.connect(keys).probe(SHARE)
    finally:
        proxy.close()


async def test_a_good_login_is_not_logged_either(
    store: ShareStore, file_of: FileOf, caplog: pytest.LogCaptureFixture
) -> None:
    """Even when everything logs all it can."""
    caplog.set_level(logging.DEBUG)
    await store.put(file_of(MIB), Told().events)
    assert PASSWORD not in caplog.text


async def test_a_share_that_is_missing_is_told_as_such(store: ShareStore, file_of: FileOf) -> None:
    """By the probe as a record that is missing, by an upload as something to mend; both about the bucket's like."""
    with pytest.raises(RecordMissing) as probed:
        await store.probe("nosuchshare", "Lab/x.npy")
    assert probed.value.about == "bucket"
    with pytest.raises(Refused) as refused:
        await store.put(replace(file_of(10), bucket="nosuchshare"), Told().events)
    assert refused.value.about == "bucket"
    assert "setup --share" in refused.value.hint


async def test_nobody_there_is_unreachable(door: ShareDoor, server: SmbdServer) -> None:
    """So that the breaker works as for a bucket."""
    server.stop()
    with pytest.raises(Unreachable):
        await door.connect(server.keys).probe(SHARE)


async def test_a_probe_leaves_nothing_behind(store: ShareStore, server: SmbdServer) -> None:
    """Neither the file nor the folders that are not there yet."""
    await store.probe(SHARE, "Lab/Subjects/x.npy")
    await store.probe(SHARE)
    assert list(server.shared.iterdir()) == []


async def test_a_share_that_takes_no_files_is_denied(tmp_path: Path, door: ShareDoor) -> None:
    """The probe tries to write, and says whose rights to look at."""
    smbd_server.require()
    running = SmbdServer(tmp_path / "smbd")
    running.share = ["read only = yes"]
    running.start()
    try:
        store = door.connect(running.keys)
        await store.probe(SHARE)
        with pytest.raises(Denied) as caught:
            await store.probe(SHARE, "Lab/x.npy")
        assert "right" in caught.value.hint
    finally:
        running.stop()


async def test_a_server_that_cannot_encrypt_is_refused_unless_the_settings_allow_it(
    tmp_path: Path, door: ShareDoor, file_of: FileOf
) -> None:
    """Encryption is the rule; without it everything is still signed."""
    smbd_server.require()
    running, runtime = SmbdServer(tmp_path / "smbd", server_smb_encrypt="off"), SystemRuntime()
    running.start()
    plain = ShareDoor(runtime, Throttle(runtime.monotonic, runtime.pause), encrypted=False)
    try:
        with pytest.raises(Refused) as caught:
            await door.connect(running.keys).probe(SHARE)
        assert caught.value.about == "encryption"
        assert "smb_encryption" in caught.value.hint
        upload = file_of(3 * MIB)
        await plain.connect(running.keys).put(upload, Told().events)
        assert (running.shared / upload.key).read_bytes() == content(upload)
    finally:
        plain.close()
        running.stop()


async def test_a_guest_is_no_login(tmp_path: Path, door: ShareDoor) -> None:
    """A server that takes a stranger for its guest would store files that nobody signed."""
    smbd_server.require()
    running = SmbdServer(tmp_path / "smbd", map_to_guest="bad user")
    running.start()
    try:
        with pytest.raises(BridgeError) as caught:
            await door.connect(replace(running.keys, access_key="nobody-at-all")).probe(SHARE)
        assert isinstance(caught.value, Denied)
    finally:
        running.stop()


async def test_a_full_share_is_told_and_works_again_once_there_is_room(
    tmp_path: Path, door: ShareDoor, file_of: FileOf, small: SmallDisk
) -> None:
    """Refused about "full", with what to do; what had arrived stays for the next attempt."""
    smbd_server.require()
    running = SmbdServer(tmp_path / "smbd")
    running.shared = small.path / "shared"
    running.start()
    upload, told = file_of(8 * MIB, part_size=2 * MIB), Told()
    try:
        store = door.connect(running.keys)
        small.fill(but=5 * MIB)
        with pytest.raises(Refused) as caught:
            await store.put(upload, told.events)
        assert caught.value.about == "full"
        small.make_room()
        await store.put(replace(upload, upload_id=told.upload_ids[0]), told.events)
        assert (running.shared / upload.key).read_bytes() == content(upload)
    finally:
        running.stop()


async def test_a_name_that_the_server_does_not_take_is_told(store: ShareStore, file_of: FileOf) -> None:
    """Something to mend, not something to try again for ever."""
    with pytest.raises(Refused) as caught:
        await store.put(file_of(10, key="Lab/" + "x" * 300 + ".npy"), Told().events)
    assert caught.value.about == "name"


async def test_what_is_not_there_is_missing(store: ShareStore, file_of: FileOf) -> None:
    """By size, verification and reading alike; a prefix without anything is an empty list."""
    upload = file_of(10)
    place = Place(endpoint=store.endpoint, bucket=SHARE, key=upload.key)
    with pytest.raises(RecordMissing):
        await store.size(place)
    with pytest.raises(RecordMissing):
        await store.verify(upload)
    with pytest.raises(RecordMissing):
        await store.fetch(place, 10, lambda _block: None)
    assert await store.list_objects(SHARE, "Lab/Subjects/") == ()


async def test_a_file_of_another_size_is_not_read(store: ShareStore, file_of: FileOf) -> None:
    """Whoever asks says how large it must be."""
    upload = file_of(10)
    await store.put(upload, Told().events)
    place = Place(endpoint=store.endpoint, bucket=SHARE, key=upload.key)
    with pytest.raises(WrongContent):
        await store.fetch(place, 11, lambda _block: None)
