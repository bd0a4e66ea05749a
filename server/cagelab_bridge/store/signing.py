"""Signature version 4, by MinIO's signer. The only place where a store's secret key is revealed."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from cagelab_bridge.ports import SignOrder, StoreKeys

# A part is guarded by Content-MD5, which is signed and which the store compares; reading it again for a SHA-256 would
# cost more than all the rest of sending it.
UNSIGNED = "UNSIGNED-PAYLOAD"


def prepare() -> None:
    """Load MinIO's signer, which takes a quarter of a second. Call it once, before the first `sign`, under a lock.

    The package imports itself in a circle: threads that load it at once can meet it half made (seen as ImportError).
    """
    importlib.import_module("minio.credentials.credentials")
    importlib.import_module("minio.signer")


def digest(headers: Mapping[str, str], body: bytes) -> str:
    """What the signature says of the body: its SHA-256, or UNSIGNED when Content-MD5 is among the headers."""
    return UNSIGNED if "Content-MD5" in headers else hashlib.sha256(body).hexdigest()


def address(endpoint: str, order: SignOrder) -> str:
    """The address of a request, percent-encoded as the signature wants it; without a bucket that of the store."""
    path = f"/{quote(order.bucket, safe='')}" + (f"/{quote(order.key, safe='/')}" if order.key else "")
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(order.query.items()))
    return endpoint + path + (f"?{query}" if query else "")


def sign(keys: StoreKeys, order: SignOrder, *, url: str = "", service: str = "s3") -> dict[str, str]:
    """The headers to send: the order's plus Host, date, body hash, session token and Authorization.

    `url`: the order's `address`, where it is made already; `service`: "sts" for a request for temporary keys.
    """
    from minio.credentials.credentials import Credentials
    from minio.signer import sign_v4_s3, sign_v4_sts

    parts = urlsplit(url or address(keys.endpoint, order))
    token = {"x-amz-security-token": keys.session_token.reveal()} if keys.session_token else {}
    signed: dict[str, str | list[str] | tuple[str]] = {
        **order.headers,
        **token,
        "Host": parts.netloc,
        "x-amz-content-sha256": order.content_sha256,
        "x-amz-date": order.moment.strftime("%Y%m%dT%H%M%SZ"),
    }
    # Credentials prints the secret key: it is given to nobody else and is gone when this call returns.
    (sign_v4_sts if service == "sts" else sign_v4_s3)(
        method=order.method,
        url=parts,
        region=keys.region,
        headers=signed,
        credentials=Credentials(keys.access_key, keys.secret_key.reveal()),
        content_sha256=order.content_sha256,
        date=order.moment,
    )
    return {name: str(value) for name, value in signed.items()}
