"""How a receiver knows that an event comes from this bridge, and that it is not an old one sent again."""

from __future__ import annotations

import hashlib
import hmac

from cagelab_bridge.secret import Secret

TIMESTAMP = "X-CageLab-Timestamp"
SIGNATURE = "X-CageLab-Signature"


def sign(key: Secret, body: bytes, sent_at: int) -> dict[str, str]:
    """The headers: seconds since 1970 (UTC), and HMAC-SHA256 in hex over them, a full stop, and the body.

    A receiver computes the same, compares in constant time, and refuses what is older than it likes (five minutes).
    """
    signed = hmac.new(key.reveal().encode(), b"%d." % sent_at + body, hashlib.sha256).hexdigest()
    return {TIMESTAMP: str(sent_at), SIGNATURE: f"sha256={signed}"}
