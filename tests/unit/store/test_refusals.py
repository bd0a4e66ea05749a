"""What a refusal means."""

from __future__ import annotations

import pytest

from cagelab_bridge.errors import (
    AnswerLost,
    Denied,
    RecordMissing,
    Refused,
    RemoteError,
    ServerFailed,
    Throttled,
    WrongContent,
)
from cagelab_bridge.store.refusals import UploadGone, refusal


@pytest.mark.parametrize(
    ("status", "code", "kind", "about"),
    [
        (403, "AccessDenied", Denied, "denied"),
        (400, "AccessDenied", Denied, "denied"),
        (403, "InvalidAccessKeyId", Denied, "denied"),
        (403, "SignatureDoesNotMatch", Denied, "denied"),
        (400, "ExpiredToken", Denied, "denied"),
        (403, "", Denied, "denied"),
        (401, "", Denied, "denied"),
        (403, "RequestTimeTooSkewed", Refused, "clock"),
        (503, "SlowDown", Throttled, "throttled"),
        (429, "", Throttled, "throttled"),
        (503, "", ServerFailed, "serverFailed"),
        (500, "InternalError", ServerFailed, "serverFailed"),
        (502, "", ServerFailed, "serverFailed"),
        (404, "NoSuchBucket", Refused, "bucket"),
        (404, "NoSuchKey", RecordMissing, "record"),
        (404, "", RecordMissing, "record"),
        (404, "NoSuchUpload", UploadGone, "upload"),
        (400, "InvalidPart", UploadGone, "upload"),
        (400, "BadDigest", WrongContent, "content"),
        (400, "RequestTimeout", AnswerLost, "answerLost"),
        (400, "IncompleteBody", AnswerLost, "answerLost"),
        (400, "EntityTooLarge", Refused, "full"),
        (507, "", Refused, "full"),
        (507, "XMinioStorageFull", Refused, "full"),
        (400, "AuthorizationHeaderMalformed", Refused, "region"),
        (400, "EntityTooSmall", Refused, "part"),
        (301, "PermanentRedirect", Refused, "address"),
        (501, "NotImplemented", Refused, "refused"),
        (400, "InvalidArgument", Refused, "refused"),
        (200, "InternalError", Refused, "refused"),
    ],
)
def test_codes_and_statuses_have_one_meaning(status: int, code: str, kind: type[RemoteError], about: str) -> None:
    """The S3 code decides, the HTTP status where there is none; whoever reads it learns what was asked for."""
    error = refusal("storing b/k", status, code, {})
    assert type(error) is kind
    assert error.about == about
    assert error.hint


def test_a_throttling_store_is_given_the_time_it_asks_for() -> None:
    """Retry-After in seconds is obeyed; without it, or as a date, ten seconds."""
    waits = [refusal("x", 503, "SlowDown", headers) for headers in ({"retry-after": "7"}, {}, {"retry-after": "Fri"})]
    assert [wait.retry_after for wait in waits if isinstance(wait, Throttled)] == [7.0, 10.0, 10.0]
