"""What a control PC signs for a rig: the requests of an upload below the prefix, and nothing else."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cagelab_bridge.errors import Forbidden
from cagelab_bridge.models import Grant
from cagelab_bridge.ports.rigs import LentStore, SignRequest
from cagelab_bridge.services.lending.signing import checked

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PREFIX = "CogLab/Subjects/TestSubject/2026-11-20/001/"
LENT = LentStore(grant=Grant.SIGNED, endpoint="http://s3:9000", bucket="coglab", prefix=PREFIX)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
GOOD = SignRequest(
    id="r",
    session_id="s",
    lease_id="l",
    method="PUT",
    bucket="coglab",
    key=PREFIX + "alf/events.table.0c9d.tsv",
    query={"partNumber": "1", "uploadId": "abc/def+="},
    headers={"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="},
    content_sha256="UNSIGNED-PAYLOAD",
    moment="2026-11-20T12:00:10+00:00",
)


def asked(**fields: Any) -> SignRequest:
    return dataclasses.replace(GOOD, **fields)


def plain(method: str, query: dict[str, str], **headers: str) -> SignRequest:
    return asked(method=method, query=query, headers=headers, content_sha256=EMPTY)


@pytest.mark.parametrize(
    "request_",
    [
        GOOD,
        asked(query={}, headers={"Content-MD5": "x", "x-amz-meta-cagelab-dataset": "0c9d"}),
        plain("POST", {"uploads": ""}),
        plain("POST", {"uploadId": "u"}),
        plain("GET", {"uploadId": "u"}),
        plain("GET", {"uploadId": "u", "part-number-marker": "1000"}),
        plain("GET", {}, Range="bytes=0-67108863"),
        plain("HEAD", {}),
        plain("DELETE", {"uploadId": "u"}),
        asked(moment="2026-11-20T20:00:10+08:00"),
    ],
    ids=lambda request: f"{request.method} {dict(request.query)}",
)
def test_what_an_upload_needs_is_signed(request_: SignRequest) -> None:
    """One piece, parts, listing them, completing, giving up, looking, reading back."""
    order = checked(request_, LENT, NOW)
    assert (order.method, order.bucket, order.key) == (request_.method, "coglab", request_.key)


HOSTILE: dict[str, SignRequest] = {
    "another bucket": asked(bucket="other"),
    "an empty bucket": asked(bucket=""),
    "outside the prefix": asked(key="CogLab/Subjects/TestSubject/2026-11-20/002/x"),
    "a prefix that only begins alike": asked(key="CogLab/Subjects/TestSubject/2026-11-20/0011/x"),
    "the prefix itself": asked(key=PREFIX),
    "no key": asked(key=""),
    "upwards": asked(key=PREFIX + "../002/x"),
    "upwards, encoded": asked(key=PREFIX + "%2e%2e/002/x"),
    "upwards, the slash encoded": asked(key=PREFIX + "..%2f002/x"),
    "upwards, backslashes": asked(key=PREFIX + "..\\002\\x"),
    "here": asked(key=PREFIX + "./x"),
    "two slashes": asked(key=PREFIX + "/x"),
    "a slash at the end": asked(key=PREFIX + "x/"),
    "a control character": asked(key=PREFIX + "x\ny"),
    "NUL": asked(key=PREFIX + "x\0"),
    "NUL, encoded": asked(key=PREFIX + "x%00"),
    "half a surrogate": asked(key=PREFIX + "x\ud800"),
    "a very long key": asked(key=PREFIX + "x" * 1025),
    "deleting the object": plain("DELETE", {}),
    "deleting a version": plain("DELETE", {"versionId": "1"}),
    "listing the bucket": plain("GET", {"list-type": "2"}),
    "listing below the key": plain("GET", {"list-type": "2", "prefix": ""}),
    "a policy": plain("PUT", {"policy": ""}),
    "an access list": plain("PUT", {"acl": ""}),
    "tags": plain("PUT", {"tagging": ""}),
    "deleting many": plain("POST", {"delete": ""}),
    "restoring": plain("POST", {"restore": ""}),
    "select": plain("POST", {"select": "", "select-type": "2"}),
    "a query beside the upload": asked(query={"partNumber": "1", "uploadId": "u", "acl": ""}),
    "an answer made to order": plain("GET", {"response-content-type": "text/html"}),
    "a presigned query": plain("PUT", {"X-Amz-Expires": "604800"}),
    "uploads with a value": plain("POST", {"uploads": "x"}),
    "no part number": asked(query={"uploadId": "u"}),
    "part 0": asked(query={"partNumber": "0", "uploadId": "u"}),
    "part 10001": asked(query={"partNumber": "10001", "uploadId": "u"}),
    "a part that is no number": asked(query={"partNumber": "1&acl", "uploadId": "u"}),
    "an Arabic digit": asked(query={"partNumber": "\u0661", "uploadId": "u"}),
    "an empty upload id": asked(query={"partNumber": "1", "uploadId": ""}),
    "an upload id with a newline": asked(query={"partNumber": "1", "uploadId": "u\r\nx"}),
    "another method": asked(method="PATCH"),
    "a method in lower case": asked(method="put"),
    "no method": asked(method=""),
    "copying from elsewhere": asked(headers={"Content-MD5": "x", "x-amz-copy-source": "/coglab/secret"}),
    "opening it to all": asked(headers={"Content-MD5": "x", "x-amz-acl": "public-read"}),
    "giving it away": asked(headers={"Content-MD5": "x", "x-amz-grant-read": "uri=all"}),
    "another host": asked(headers={"Content-MD5": "x", "Host": "evil"}),
    "an authorization": asked(headers={"Content-MD5": "x", "Authorization": "AWS4"}),
    "another date": asked(headers={"Content-MD5": "x", "x-amz-date": "20300101T000000Z"}),
    "a token": asked(headers={"Content-MD5": "x", "x-amz-security-token": "t"}),
    "a redirect": asked(headers={"Content-MD5": "x", "x-amz-website-redirect-location": "/"}),
    "a header twice": asked(headers={"Content-MD5": "x", "content-md5": "y"}),
    "a header with a newline": asked(headers={"Content-MD5": "x\r\nHost: evil"}),
    "a header whose name has a newline": asked(headers={"Content-MD5": "x", "x-amz-meta-a\n": "b"}),
    "a very long header": asked(headers={"Content-MD5": "x" * 2049}),
    "a body nobody guards": asked(headers={}),
    "a body in chunks": asked(content_sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
    "no digest": asked(content_sha256=""),
    "a digest in capitals": asked(content_sha256=EMPTY.upper()),
    "too early": asked(moment=(NOW - timedelta(minutes=16)).isoformat()),
    "too late": asked(moment=(NOW + timedelta(minutes=16)).isoformat()),
    "a time without zone": asked(moment="2026-11-20T12:00:10"),
    "no time": asked(moment=""),
    "a time that is none": asked(moment="now"),
}


@pytest.mark.parametrize("request_", HOSTILE.values(), ids=list(HOSTILE))
def test_nothing_else_is_signed(request_: SignRequest) -> None:
    """Whatever a rig asks for that an upload below its prefix does not need is refused, with a reason."""
    with pytest.raises(Forbidden) as caught:
        checked(request_, LENT, NOW)
    assert caught.value.message


@pytest.mark.parametrize("grant", [Grant.SCOPED, Grant.RAW, Grant.NONE])
def test_only_a_lease_without_keys_is_served_by_signatures(grant: Grant) -> None:
    """Who has keys signs alone."""
    with pytest.raises(Forbidden):
        checked(GOOD, dataclasses.replace(LENT, grant=grant), NOW)


def test_a_lease_without_a_prefix_opens_nothing() -> None:
    """An empty prefix would be the whole bucket."""
    with pytest.raises(Forbidden):
        checked(GOOD, dataclasses.replace(LENT, prefix=""), NOW)
