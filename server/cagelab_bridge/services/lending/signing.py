"""Signs requests of rigs to the store: only what a session's upload needs, below its prefix, for as long as it is lent.

Everything in a request comes from the rig and is taken for hostile. What is signed is a closed list: an upload in one
piece or in parts, looking at what arrived, reading it back, and giving up an upload in parts. Never deleting an object,
listing a bucket, copying from elsewhere or changing who may read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote

from cagelab_bridge.errors import Forbidden
from cagelab_bridge.models import Grant
from cagelab_bridge.ports import SignOrder
from cagelab_bridge.ports.rigs import LentStore, SignRequest

WINDOW = timedelta(minutes=15)  # what stores bear
LONGEST_KEY = 1024  # bytes, as in S3
LONGEST_VALUE = 2048  # characters of a header or of a query's value
UNSIGNED = "UNSIGNED-PAYLOAD"
# Method, and the names of its query: all of the first set must be there, of the second some may.
SHAPES: dict[str, tuple[tuple[frozenset[str], frozenset[str]], ...]] = {
    "PUT": ((frozenset(), frozenset()), (frozenset({"partNumber", "uploadId"}), frozenset())),
    "POST": ((frozenset({"uploads"}), frozenset()), (frozenset({"uploadId"}), frozenset())),
    "GET": ((frozenset(), frozenset()), (frozenset({"uploadId"}), frozenset({"part-number-marker", "max-parts"}))),
    "HEAD": ((frozenset(), frozenset()),),
    "DELETE": ((frozenset({"uploadId"}), frozenset()),),
}
NUMBERS = {"partNumber": 10_000, "part-number-marker": 10_000, "max-parts": 1_000}
HEADERS = frozenset({"content-md5", "content-type", "content-length", "range"})
META = "x-amz-meta-"
_NAME = re.compile(r"[A-Za-z0-9-]{1,100}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9]{1,5}")


def checked(request: SignRequest, lent: LentStore, store_now: datetime) -> SignOrder:
    """The order to sign, or Forbidden with the reason. `store_now`: the time as the store's clock has it."""
    if lent.grant is not Grant.SIGNED:
        raise Forbidden("This lease is not served by signatures.")
    if request.bucket != lent.bucket:
        raise Forbidden("The request goes to another bucket than was lent.")
    _check_key(request.key, lent.prefix)
    _check_query(request.method, request.query)
    _check_headers(request.headers)
    _check_body(request)
    return SignOrder(
        method=request.method,
        bucket=lent.bucket,
        key=request.key,
        query=dict(request.query),
        headers=dict(request.headers),
        content_sha256=request.content_sha256,
        moment=_moment(request.moment, store_now),
    )


def _check_key(key: str, prefix: str) -> None:
    """Below the prefix, in every spelling that a server could take it for."""
    if not prefix or not key.startswith(prefix) or len(key.encode(errors="replace")) > LONGEST_KEY:
        raise Forbidden("The request goes to another place than was lent.")
    for text in (key, unquote(key)):
        segments = text.replace("\\", "/").split("/")
        if any(segment in ("", ".", "..") for segment in segments) or not _is_plain(text):
            raise Forbidden("The request's key is not a plain path.")


def _check_query(method: str, query: Mapping[str, str]) -> None:
    names = set(query)
    shapes = SHAPES.get(method, ())
    if not any(needed <= names <= needed | optional for needed, optional in shapes):
        raise Forbidden("Such a request is not signed.")
    for name, value in query.items():
        if name in NUMBERS:
            if not _NUMBER.fullmatch(value) or not (name == "partNumber") <= int(value) <= NUMBERS[name]:
                raise Forbidden(f"The request's {name} is no number of a part.")
        elif name == "uploads":
            if value:
                raise Forbidden("The request's query is not what it seems.")
        elif not value or len(value) > LONGEST_VALUE or not _is_plain(value):
            raise Forbidden(f"The request's {name} is not plain.")


def _check_headers(headers: Mapping[str, str]) -> None:
    lower = [name.lower() for name in headers]
    if len(set(lower)) != len(lower):
        raise Forbidden("The request names a header twice.")
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or not (name.lower() in HEADERS or name.lower().startswith(META)):
            # x-amz-copy-source would read from anywhere, x-amz-acl and x-amz-grant-… would open the object to others.
            raise Forbidden("The request has a header that is not signed.")
        if len(value) > LONGEST_VALUE or not _is_plain(value):
            raise Forbidden(f"The request's header {name} is not plain.")


def _check_body(request: SignRequest) -> None:
    guarded = any(name.lower() == "content-md5" for name in request.headers)
    if not _DIGEST.fullmatch(request.content_sha256) and not (request.content_sha256 == UNSIGNED and guarded):
        raise Forbidden("The request does not say which body it has.")


def _moment(text: str, store_now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Forbidden("The request does not say when it is.") from None
    if moment.tzinfo is None or abs(moment - store_now) > WINDOW:
        raise Forbidden("The request is of another time: the rig's clock and the store's differ.")
    return moment


def _is_plain(text: str) -> bool:
    """No control characters, nothing that UTF-8 cannot say."""
    return all(ord(character) >= 32 and not 0x7F <= ord(character) < 0xA0 for character in text) and not any(
        0xD800 <= ord(character) < 0xE000 for character in text
    )
