"""Whether an object in the store is what was hashed: only what the store computed from the bytes counts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from cagelab_bridge.errors import WrongContent
from cagelab_bridge.ports import Upload
from cagelab_bridge.store.answers import md5_etag

MARK_HEADER = "x-amz-meta-cagelab-op"
ETAG = "etag"
COMPOSITE_ETAG = "composite-etag"
READ_BACK = "read-back"


def composite_etag(part_md5s: tuple[str, ...]) -> str:
    """The ETag S3 gives to an object made of parts: MD5 of the parts' MD5s, a dash, and their number."""
    joined = b"".join(bytes.fromhex(md5) for md5 in part_md5s)
    return f"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(part_md5s)}"


def match(upload: Upload, headers: Mapping[str, str]) -> str:
    """What the headers of an object prove: ETAG, COMPOSITE_ETAG, or READ_BACK when its bytes must be read to know.

    Raises WrongContent when size, mark or ETag differ. No mark at all is no difference: not every store keeps metadata.
    """
    where = f"{upload.bucket}/{upload.key}"
    size = headers.get("content-length", "")
    if size != str(upload.size):
        raise WrongContent(f"{where} in the store has {size or 'an unknown number of'} bytes instead of {upload.size}.")
    if headers.get(MARK_HEADER, upload.mark) != upload.mark:
        raise WrongContent(
            f"{where} in the store was written by somebody else.",
            hint="Find out who else writes to this bucket. The file is sent again.",
        )
    etag = md5_etag(headers)
    if not etag:
        return READ_BACK
    if etag == upload.md5:
        return ETAG
    if upload.part_md5s and etag == composite_etag(upload.part_md5s):
        return COMPOSITE_ETAG
    raise WrongContent(f"{where} in the store holds other bytes than were read from the disk.")
