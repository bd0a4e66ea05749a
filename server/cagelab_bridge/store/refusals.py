"""What a store's refusal means: from S3's error codes and HTTP's statuses to the errors of the bridge."""

from __future__ import annotations

from collections.abc import Mapping

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

DENIED = frozenset(
    {
        "AccessDenied",
        "AllAccessDisabled",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)
BUSY = frozenset({"RequestLimitExceeded", "SlowDown", "SlowDownRead", "SlowDownWrite", "TooManyRequests"})
OTHER_BYTES = frozenset({"BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"})
CUT_SHORT = frozenset({"IncompleteBody", "RequestTimeout"})
# The upload, or a part of it, is gone: begin a new one.
UPLOAD_GONE = frozenset({"InvalidPart", "InvalidPartOrder", "NoSuchUpload"})
FULL = frozenset({"EntityTooLarge", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "XMinioStorageFull"})
MENDABLE = {  # code: (about, sentence, hint)
    "NoSuchBucket": (
        "bucket",
        "the bucket does not exist",
        "Create the bucket, or correct the data_url of the repository in Alyx.",
    ),
    "RequestTimeTooSkewed": (
        "clock",
        "the clocks of this computer and of the store differ too much",
        "Set the clocks (`timedatectl set-ntp true`) on both computers.",
    ),
    "AuthorizationHeaderMalformed": (
        "region",
        "it expects another region",
        "Set [store] region in bridge.toml to the region of the store.",
    ),
    "EntityTooSmall": ("part", "the parts are too small for it", "Report this as a mistake of the bridge."),
}
FULL_HINT = "Make room in the store (or raise its quota), then `cagelab-bridge retry`."
ADDRESS_HINT = "Correct the host in the repository's data_url: the store sends its callers elsewhere."
THROTTLED_SECONDS = 10.0  # where the store does not say how long


class UploadGone(RecordMissing):
    """The store does not know this multipart upload (any more)."""

    about = "upload"


SIMPLE: dict[str, type[RemoteError]] = {
    **dict.fromkeys(UPLOAD_GONE, UploadGone),
    **dict.fromkeys(OTHER_BYTES, WrongContent),
    **dict.fromkeys(DENIED, Denied),
    **dict.fromkeys(CUT_SHORT, AnswerLost),
}


def refusal(what: str, status: int, code: str, headers: Mapping[str, str]) -> RemoteError:
    """The error for an answer of `status` (HTTP) and `code` (S3, "" for none) to `what` ("storing bucket/key").

    Nothing of the server's own text is repeated, except its code: it may quote signatures.
    """
    told = f"The store refused {what}: {code or 'no reason given'} (HTTP {status})."
    known = _by_code(told, what, status, code, headers)
    return known or _by_status(told, status)


def clock_refusal(what: str) -> Refused:
    """The error for a store that refuses this computer's time."""
    about, sentence, hint = MENDABLE["RequestTimeTooSkewed"]
    return Refused(f"The store refused {what}: {sentence}.", about=about, hint=hint)


def _by_code(told: str, what: str, status: int, code: str, headers: Mapping[str, str]) -> RemoteError | None:
    if code in MENDABLE:
        about, sentence, hint = MENDABLE[code]
        return Refused(f"The store refused {what}: {sentence}.", about=about, hint=hint)
    if code in FULL or status == 507:
        return Refused(f"The store refused {what}: it is full ({code or status}).", about="full", hint=FULL_HINT)
    if code in BUSY or status == 429:
        return Throttled("The store asks to slow down.", retry_after=_seconds(headers.get("retry-after", "")))
    return SIMPLE[code](told) if code in SIMPLE else None


def _by_status(told: str, status: int) -> RemoteError:
    if 300 <= status < 400:
        return Refused(told, about="address", hint=ADDRESS_HINT)
    if status in {401, 403}:
        return Denied(told)
    if status == 404:
        return RecordMissing(told)
    if status >= 500 and status != 501:
        return ServerFailed(told)
    return Refused(told)


def _seconds(text: str) -> float:
    return float(text) if text.strip().isdecimal() else THROTTLED_SECONDS
