"""The engine against scripted answers: what rclone cannot be made to say."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest

from cagelab_bridge.errors import (
    AnswerLost,
    Denied,
    NoCredentials,
    RecordMissing,
    Refused,
    ServerFailed,
    WrongContent,
)
from cagelab_bridge.ports import FileStat, Hashes, Upload, UploadEvents
from cagelab_bridge.secret import Secret
from cagelab_bridge.store import reading
from cagelab_bridge.store.connection import Order
from cagelab_bridge.store.door import S3Door
from cagelab_bridge.store.engine import S3Store
from cagelab_bridge.store.multipart import AHEAD
from cagelab_bridge.store.transport import Answer, Request
from tests.unit.store.fakes import KEYS, NOON, ScriptedTransport, StillRuntime, xml_error

T = TypeVar("T")
CONTENT = b"aaaabbbbcc"
MD5 = hashlib.md5(CONTENT).hexdigest()
PART_MD5S = tuple(hashlib.md5(part).hexdigest() for part in (b"aaaa", b"bbbb", b"cc"))
COMPOSITE = hashlib.md5(b"".join(bytes.fromhex(md5) for md5 in PART_MD5S)).hexdigest() + "-3"
OK = Answer(status=200, headers={})


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    path = tmp_path / "f.bin"
    path.write_bytes(CONTENT)
    return Upload(bucket="b", key="k", path=str(path), size=10, md5=MD5, part_size=4, part_md5s=PART_MD5S, mark="mark")


def store_of(*answers: Answer) -> tuple[S3Store, ScriptedTransport]:
    transport = ScriptedTransport(*answers)
    return S3Door(StillRuntime(), transport).connect(KEYS), transport


def events() -> UploadEvents:
    return UploadEvents(begun=lambda _: None, sent=lambda _: None)


def head(**headers: str) -> Answer:
    return Answer(status=200, headers={"content-length": "10", **headers})


def completed(etag: str) -> Answer:
    return Answer(status=200, headers={}, body=f'<R><ETag>"{etag}"</ETag></R>'.encode())


def part(number: int) -> Answer:
    return Answer(status=200, headers={"etag": f'"{PART_MD5S[number - 1]}"'})


def parts_listed(*numbers: int, more: bool = False) -> Answer:
    sizes = {1: 4, 2: 4, 3: 2}
    listed = "".join(
        f"<Part><PartNumber>{n}</PartNumber><ETag>{PART_MD5S[n - 1]}</ETag><Size>{sizes[n]}</Size></Part>"
        for n in numbers
    )
    marker = f"<IsTruncated>{str(more).lower()}</IsTruncated><NextPartNumberMarker>{numbers[-1]}</NextPartNumberMarker>"
    return Answer(status=200, headers={}, body=f"<R>{listed}{marker}</R>".encode())


def date(ahead: float) -> str:
    """The Date of a store when this computer is so many seconds ahead of it."""
    return format_datetime(NOON - timedelta(seconds=ahead), usegmt=True)


async def test_the_list_of_parts_is_read_to_its_end(upload: Upload) -> None:
    """Servers list 1000 parts at a time; a part on the second page must not be sent again."""
    store, transport = store_of(parts_listed(1, more=True), parts_listed(2), part(3), completed(COMPOSITE))
    await store.put(replace(upload, upload_id="u"), events())
    queries = [parse_qs(urlsplit(request.url).query) for request in transport.requests]
    assert queries[1]["part-number-marker"] == ["1"]
    assert [query["partNumber"] for query in queries if "partNumber" in query] == [["3"]]


@pytest.mark.parametrize("etag", [COMPOSITE, MD5, "no-md5-at-all"])
async def test_an_assembled_object_may_answer_the_composite_or_the_whole_md5(upload: Upload, etag: str) -> None:
    """Amazon answers the first, rclone later the second; what is no MD5 is left to verify."""
    store, _ = store_of(parts_listed(1, 2, 3), completed(etag))
    await store.put(replace(upload, upload_id="u"), events())


async def test_an_object_assembled_from_other_bytes_is_wrong(upload: Upload) -> None:
    """An ETag that is an MD5 and neither of the two proves other bytes."""
    store, _ = store_of(parts_listed(1, 2, 3), completed("0" * 32 + "-3"))
    with pytest.raises(WrongContent):
        await store.put(replace(upload, upload_id="u"), events())


async def test_an_error_inside_a_good_answer_is_an_error(upload: Upload) -> None:
    """S3 may answer Complete with 200 and put the failure into the body."""
    failed = Answer(status=200, headers={}, body=b"<Error><Code>InternalError</Code></Error>")
    store, _ = store_of(parts_listed(1, 2, 3), failed)
    with pytest.raises(ServerFailed):
        await store.put(replace(upload, upload_id="u"), events())


async def test_an_upload_forgotten_twice_is_the_servers_failure(upload: Upload) -> None:
    """A store that keeps losing uploads is not tried for ever within one call."""

    def forgets(request: Request) -> Answer:
        if "uploads=" in request.url:
            return Answer(status=200, headers={}, body=b"<R><UploadId>n</UploadId></R>")
        return xml_error(404, "NoSuchUpload" if "uploadId=" in request.url else "NoSuchKey")

    transport = ScriptedTransport(*[forgets] * 30)
    store = S3Door(StillRuntime(), transport).connect(KEYS)
    with pytest.raises(ServerFailed, match="forgot"):
        await store.put(replace(upload, upload_id="u"), events())
    assert sum("uploads=" in request.url for request in transport.requests) == 1


async def test_an_object_is_not_taken_for_a_file_that_was_not_read_yet(upload: Upload) -> None:
    """Where ETags tell nothing, only its hashes could: a store that forgets the upload gets it once more."""
    forgotten: list[str] = []

    class Known:
        async def part_md5(self, number: int) -> str:
            return PART_MD5S[number - 1]

        async def hashes(self) -> Hashes:
            stat = FileStat(size=10, mtime_ns=1, ctime_ns=1, inode=1)
            return Hashes(stat=stat, md5=MD5, sha256="", sha1="", part_size=4, part_md5s=PART_MD5S)

    def answer(request: Request) -> Answer:
        if request.method == "HEAD":
            return head(**{"x-amz-server-side-encryption": "aws:kms", "x-amz-meta-cagelab-op": "mark"})
        if "uploads=" in request.url:
            return Answer(status=200, headers={}, body=b"<R><UploadId>n</UploadId></R>")
        if request.method == "PUT" and not forgotten:
            forgotten.append(request.url)
            return xml_error(404, "NoSuchUpload")
        return completed(COMPOSITE) if request.method == "POST" else OK

    read: list[str] = []
    told = replace(events(), read=lambda hashes: read.append(hashes.md5))
    store = S3Door(StillRuntime(), ScriptedTransport(*[answer] * 30)).connect(KEYS)
    await store.put(replace(upload, md5="", part_md5s=(), reading=Known()), told)
    assert (len(forgotten), read) == (1, [MD5])


@pytest.mark.parametrize(("etag", "proof"), [(MD5, "etag"), (COMPOSITE, "composite-etag")])
async def test_both_etags_prove_the_content(upload: Upload, etag: str, proof: str) -> None:
    """The proof that is returned says what it rests on."""
    store, _ = store_of(head(etag=f'"{etag}"'))
    assert await store.verify(upload) == proof


async def test_a_server_that_ignores_ranges_is_read_in_one_go(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some servers answer a range with the whole object, which then counts once; nothing is asked again."""
    monkeypatch.setattr(reading, "RANGE", 4)

    def whole(request: Request) -> Answer:
        assert request.sink is not None
        request.sink(CONTENT)
        return OK

    transport = ScriptedTransport(head(), whole)
    assert await S3Door(StillRuntime(), transport).connect(KEYS).verify(upload) == "read-back"
    assert len(transport.requests) == 2


async def test_a_range_that_stops_early_is_no_proof_of_other_bytes(upload: Upload) -> None:
    """A short answer is lost, and tried again; WrongContent would send the file once more for nothing."""

    def some(request: Request) -> Answer:
        assert request.sink is not None
        request.sink(CONTENT[:3])
        return Answer(status=206, headers={})

    transport = ScriptedTransport(head(), some)
    with pytest.raises(AnswerLost):
        await S3Door(StillRuntime(), transport).connect(KEYS).verify(upload)


async def test_a_refused_head_is_asked_again_for_its_reason(upload: Upload) -> None:
    """Answers to HEAD have no body: only a GET tells a wrong clock from a wrong key."""
    store, transport = store_of(Answer(status=403, headers={}), xml_error(403, "RequestTimeTooSkewed"))
    with pytest.raises(Refused) as caught:
        await store.verify(upload)
    assert caught.value.about == "clock"
    assert [request.method for request in transport.requests] == ["HEAD", "GET"]
    assert transport.requests[1].headers["Range"] == "bytes=0-0"


@pytest.mark.parametrize(("ahead", "signed"), [(4.0, "120000"), (-4.0, "120000"), (60.0, "115900"), (-60.0, "120100")])
async def test_later_requests_are_signed_with_the_stores_time(upload: Upload, ahead: float, signed: str) -> None:
    """Differences above 5 s are corrected, smaller ones are the network's."""
    store, transport = store_of(head(etag=MD5, date=date(ahead)), head(etag=MD5))
    await store.verify(upload)
    await store.verify(upload)
    assert transport.requests[1].headers["x-amz-date"] == f"20261120T{signed}Z"
    assert store.clock_ahead == ahead


async def test_a_clock_the_store_keeps_refusing_is_told_as_the_clock() -> None:
    """rclone says AccessDenied to a request of another time; the Date of its answer tells what it means."""
    first, second = (xml_error(400, "AccessDenied", date=date(ahead)) for ahead in (4000.0, 8000.0))
    store, transport = store_of(first, second)
    with pytest.raises(Refused) as caught:
        await store.probe("b")
    assert caught.value.about == "clock"
    assert len(transport.requests) == 2


async def test_keys_that_may_not_list_may_still_be_good() -> None:
    """A key pair limited to a prefix is accepted when the store tells it that an object is not there."""
    missing = Answer(status=404, headers={})
    store, _ = store_of(xml_error(403, "AccessDenied"), missing, xml_error(404, "NoSuchKey"))
    await store.probe("b")
    refused = Answer(status=403, headers={})
    store, _ = store_of(xml_error(403, "AccessDenied"), refused, xml_error(403, "AccessDenied"))
    with pytest.raises(Denied):
        await store.probe("b")


async def test_a_missing_bucket_is_told_when_looking_at_an_object(upload: Upload) -> None:
    """An object that is missing is sent again; a bucket that is missing needs somebody."""
    store, _ = store_of(Answer(status=404, headers={}), xml_error(404, "NoSuchKey"))
    with pytest.raises(RecordMissing):
        await store.verify(upload)
    store, _ = store_of(Answer(status=404, headers={}), xml_error(404, "NoSuchBucket"))
    with pytest.raises(Refused):
        await store.verify(upload)


def test_no_repr_shows_a_key_or_a_signature() -> None:
    """Orders and requests land in tracebacks and logs."""
    request = Request(method="GET", url="http://h/b", headers={"Authorization": "canary"}, body=b"canary")
    order = Order(what="x", method="GET", bucket="b", body=b"canary")
    assert "canary" not in repr(request) + repr(order) + repr(KEYS.secret_key)


def test_half_a_key_pair_is_no_key_pair() -> None:
    """It is told before anything is sent."""
    door = S3Door(StillRuntime(), ScriptedTransport())
    for half in (replace(KEYS, access_key=""), replace(KEYS, secret_key=Secret(""))):
        with pytest.raises(NoCredentials):
            door.connect(half)


class YieldingRuntime(StillRuntime):
    """Lets the other workers run between any two steps, as threads would."""

    async def in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        await asyncio.sleep(0)
        return work(*arguments)


@pytest.mark.parametrize("wrong", [1, 2, 3])
async def test_after_a_wrong_part_nothing_new_is_begun(upload: Upload, wrong: int) -> None:
    """rclone drops the whole upload then: "no such upload" of the parts beside it must not hide why."""
    many = replace(upload, part_size=1, part_md5s=tuple(hashlib.md5(bytes([byte])).hexdigest() for byte in CONTENT))
    begun = Answer(status=200, headers={}, body=b"<R><UploadId>n</UploadId></R>")

    def part(request: Request) -> Answer:
        told = f"partNumber={wrong}&" in request.url
        return xml_error(400, "BadDigest") if told else xml_error(404, "NoSuchUpload")

    transport = ScriptedTransport(begun, *[part] * len(CONTENT))
    with pytest.raises(WrongContent):
        await S3Door(YieldingRuntime(), transport).connect(KEYS).put(many, events())
    assert len(transport.requests) == 1 + AHEAD
