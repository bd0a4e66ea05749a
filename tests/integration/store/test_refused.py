"""What a real server refuses, in our words, without our secrets."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cagelab_bridge.errors import BridgeError, Denied, RecordMissing, Refused, Unreachable
from cagelab_bridge.ports import StoreKeys, Upload
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.door import S3Door
from cagelab_bridge.store.engine import S3Store
from tests.integration.store.rclone_server import ACCESS_KEY, SECRET_KEY, RcloneServer
from tests.integration.store.recording import RecordingTransport, without_header
from tests.integration.store.uploads import BUCKET, MIB, Told

FileOf = Callable[..., Upload]


class WrongClock(SystemRuntime):
    """A computer whose clock is wrong."""

    def __init__(self, ahead: timedelta) -> None:
        super().__init__()
        self._ahead = ahead

    def now(self) -> datetime:
        return super().now() + self._ahead


@pytest.mark.parametrize(
    "wrong", [{"secret_key": Secret("not-the-secret-canary")}, {"access_key": "nobody-knows-this-key"}]
)
@pytest.mark.parametrize("part_size", [0, 5 * MIB])
async def test_wrong_keys_are_denied_without_being_repeated(
    keys: StoreKeys, transport: RecordingTransport, file_of: FileOf, wrong: dict[str, object], part_size: int
) -> None:
    """A refused key pair is Denied for every call, and no text holds keys or signatures."""
    store = S3Door(SystemRuntime(), transport).connect(replace(keys, **wrong))  # type: ignore[arg-type]  # by parameter
    upload = file_of(16 * MIB, part_size=part_size)
    for call in (store.put(upload, Told().events), store.verify(upload), store.probe(BUCKET)):
        with pytest.raises(Denied) as caught:
            await call
        text = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(transport.requests)
        for secret in ("not-the-secret-canary", "nobody-knows-this-key", SECRET_KEY, ACCESS_KEY, "Signature="):
            assert secret not in text


async def test_a_missing_bucket_is_told_as_such(store: S3Store, file_of: FileOf) -> None:
    """Whoever reads the error knows that it is the bucket, for every call."""
    upload = replace(file_of(MIB), bucket="nowhere")
    for call in (store.put(upload, Told().events), store.verify(upload)):
        with pytest.raises(Refused) as caught:
            await call
        assert caught.value.about == "bucket"
    for key in ("", "Lab/Subjects/probe.bin"):
        with pytest.raises(RecordMissing, match="nowhere") as missing:
            await store.probe("nowhere", key)
        assert missing.value.about == "bucket"


async def test_the_probe_accepts_a_good_bucket_and_leaves_nothing(
    store: S3Store, transport: RecordingTransport, server: RcloneServer
) -> None:
    """Trying to write begins an upload and gives it up: no object and no upload stays."""
    await store.probe(BUCKET)
    await store.probe(BUCKET, "Lab/Subjects/probe.bin")
    assert transport.names == ["GET", "Create", "Abort"]
    assert not [path for path in server.folder.rglob("*") if path.is_file()]


async def test_a_server_that_is_gone_is_unreachable(store: S3Store, server: RcloneServer, file_of: FileOf) -> None:
    """No connection means that nothing happened."""
    server.stop()
    for call in (store.put(file_of(MIB), Told().events), store.probe(BUCKET)):
        with pytest.raises(Unreachable) as caught:
            await call
        assert caught.value.executed.value == "no"


@pytest.mark.parametrize("hours", [-3, 3])
async def test_a_wrong_clock_is_corrected_from_the_stores_answers(
    keys: StoreKeys, transport: RecordingTransport, file_of: FileOf, hours: int
) -> None:
    """One call is repeated with the store's time, the following ones are right at once."""
    store = S3Door(WrongClock(timedelta(hours=hours)), transport).connect(keys)
    upload = file_of(MIB)
    await store.put(upload, Told().events)
    assert await store.verify(upload) == "etag"
    assert transport.names == ["PUT", "PUT", "HEAD"]
    assert store.clock_ahead == pytest.approx(hours * 3600, abs=5)


async def test_a_wrong_clock_that_cannot_be_measured_is_refused(
    keys: StoreKeys, transport: RecordingTransport, file_of: FileOf
) -> None:
    """Without a Date in its answers the store's refusal stands."""
    transport.after = without_header("date")
    store = S3Door(WrongClock(timedelta(hours=3)), transport).connect(keys)
    with pytest.raises(BridgeError) as caught:
        await store.put(file_of(MIB), Told().events)
    assert not caught.value.retryable
