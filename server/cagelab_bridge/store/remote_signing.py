"""Requests that one bridge signs for another: what the signer adds, and what the sender checks before it sends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from cagelab_bridge.errors import NoCredentials
from cagelab_bridge.ports import SignOrder

# MinIO (found in its last release) obeys headers that the signature does not cover. Whoever sends the request could add
# x-amz-copy-source, and have any object of any bucket copied to where he may read; or ask for a tar file to be unpacked
# over the whole bucket. Both are prevented by headers that are signed: a condition that no source meets, and a "false".
GUARDS = {"x-amz-copy-source-if-match": '"none"', "x-amz-meta-snowball-auto-extract": "false"}
# What a signature adds to the headers that were asked for.
ADDED = frozenset({"authorization", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", *GUARDS})
VALUE = re.compile(r"[\x20-\x7e]*")
HINT = "Update the bridge of the control PC; what was accepted waits for it."


def guarded(order: SignOrder) -> SignOrder:
    """The order with the headers that keep its sender from making another one of it."""
    return replace(order, headers={**order.headers, **GUARDS}) if order.method == "PUT" else order


def checked(order: SignOrder, url: str, signed: Mapping[str, str]) -> dict[str, str]:
    """The headers to send. Raises NoCredentials unless they are those asked for, of this host, and a signature.

    A control PC that means something else than this bridge asked for is a mistake of one of them: nothing is sent.
    """
    told = {name.lower(): value for name, value in signed.items()}
    asked = {name.lower(): value for name, value in order.headers.items()}
    wanted = asked | {"host": urlsplit(url).netloc, "x-amz-content-sha256": order.content_sha256}
    kept = all(told.get(name) == value for name, value in wanted.items())
    plain = all(VALUE.fullmatch(value) for value in told.values())
    if not (kept and plain and told.get("authorization") and set(told) <= set(wanted) | ADDED):
        raise NoCredentials("What the control PC signed is not what this bridge asked for.", hint=HINT)
    return dict(signed)
