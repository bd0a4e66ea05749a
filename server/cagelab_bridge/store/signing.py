"""Signature version 4, by MinIO's signer. The only place where a store's secret key is revealed."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from cagelab_bridge.ports import StoreKeys

# A part is guarded by Content-MD5, which is signed and which the store compares; reading it again for a SHA-256 would
# cost more than all the rest of sending it.
UNSIGNED = "UNSIGNED-PAYLOAD"


def prepare() -> None:
    """Load MinIO's signer, which takes a quarter of a second. Call it once, before the first `sign`, under a lock.

    The package imports itself in a circle: threads that load it at once can meet it half made (seen as ImportError).
    """
    importlib.import_module("minio.credentials.credentials")
    importlib.import_module("minio.signer")


def sign(
    keys: StoreKeys, method: str, url: str, *, headers: Mapping[str, str], body: bytes, moment: datetime
) -> dict[str, str]:
    """The headers to send: `headers` plus Host, date, body hash and Authorization. `moment`: now, as the store sees it.

    The body is signed by its SHA-256, or not at all when Content-MD5 is among the headers.
    """
    from minio.credentials.credentials import Credentials
    from minio.signer import sign_v4_s3

    digest = UNSIGNED if "Content-MD5" in headers else hashlib.sha256(body).hexdigest()
    signed: dict[str, str | list[str] | tuple[str]] = {
        **headers,
        "Host": urlsplit(url).netloc,
        "x-amz-content-sha256": digest,
        "x-amz-date": moment.strftime("%Y%m%dT%H%M%SZ"),
    }
    # Credentials prints the secret key: it is given to nobody else and is gone when this call returns.
    sign_v4_s3(
        method=method,
        url=urlsplit(url),
        region=keys.region,
        headers=signed,
        credentials=Credentials(keys.access_key, keys.secret_key.reveal()),
        content_sha256=digest,
        date=moment,
    )
    return {name: str(value) for name, value in signed.items()}
