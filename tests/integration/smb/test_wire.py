"""What somebody in the network sees of a share, and what a server does that does not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cagelab_bridge.errors import AnswerLost, BridgeError, Unreachable
from cagelab_bridge.ports import Place, StoreKeys, Upload
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.smb.door import ShareDoor
from cagelab_bridge.throttle import Throttle
from tests.integration.smb.smbd_server import PASSWORD, SHARE, SmbdServer
from tests.integration.store.uploads import MIB, Told
from tests.security.wiretap import Wiretap

FileOf = Callable[..., Upload]


@pytest.fixture
def tap(server: SmbdServer) -> Iterator[Wiretap]:
    between = Wiretap()
    between.target = ("127.0.0.1", server.port)
    yield between
    between.close()


@pytest.fixture
def keys(server: SmbdServer, tap: Wiretap) -> StoreKeys:
    return replace(server.keys, endpoint=f"smb://127.0.0.1:{tap.port}")


def sample(upload: Upload) -> bytes:
    """Bytes of the file that stand nowhere by chance."""
    return Path(upload.path).read_bytes()[1000:1040]


async def test_nobody_between_reads_the_data_the_names_or_the_password(
    door: ShareDoor, keys: StoreKeys, tap: Wiretap, file_of: FileOf
) -> None:
    """Encryption covers all after the login, and the login only proves that the password is known."""
    upload = file_of(2 * MIB, key="Lab/secret-subject/file.bin")
    await door.connect(keys).put(upload, Told().events)
    heard = tap.heard()
    assert len(heard) > 4 * MIB  # there and back
    for text in (PASSWORD, "secret-subject"):
        assert text.encode() not in heard
        assert text.encode("utf-16-le") not in heard
    assert sample(upload) not in heard


@pytest.mark.parametrize(("offered", "seen"), [("off", True), ("if_required", False)])
async def test_the_settings_allow_plain_data_where_the_server_cannot_do_better(
    tmp_path: Path, tap: Wiretap, file_of: FileOf, offered: str, seen: bool
) -> None:
    """So the tap of the test above would have heard it. The password is on no wire in any case."""
    running, runtime = SmbdServer(tmp_path / "plain", server_smb_encrypt=offered), SystemRuntime()
    door = ShareDoor(runtime, Throttle(runtime.monotonic, runtime.pause), encrypted=False)
    running.start()
    try:
        tap.target = ("127.0.0.1", running.port)
        upload = file_of(2 * MIB)
        await door.connect(replace(running.keys, endpoint=f"smb://127.0.0.1:{tap.port}")).put(upload, Told().events)
    finally:
        door.close()
        running.stop()
    heard = tap.heard()
    assert (sample(upload) in heard) == seen
    assert PASSWORD.encode() not in heard
    assert PASSWORD.encode("utf-16-le") not in heard


async def test_a_server_that_hangs_is_given_up(
    door: ShareDoor, server: SmbdServer, file_of: FileOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took the connection, and never answers again: no thread waits for ever."""
    monkeypatch.setattr("cagelab_bridge.smb.link.ANSWER_SECONDS", 1)
    monkeypatch.setattr("cagelab_bridge.smb.link.CONNECT_SECONDS", 1)
    upload, store = file_of(10), door.connect(server.keys)
    await store.put(upload, Told().events)
    place = Place(endpoint=store.endpoint, bucket=SHARE, key=upload.key)
    server.freeze()
    try:
        raised: list[type[BridgeError]] = []
        for _ in range(2):
            with pytest.raises((AnswerLost, Unreachable)) as caught:
                await store.size(place)
            raised.append(caught.type)
        assert raised == [AnswerLost, Unreachable]
    finally:
        server.thaw()
    assert await store.size(place) == 10
