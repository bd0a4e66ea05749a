"""What temporary keys may do: the policy that limits them to one session's prefix of one bucket."""

from __future__ import annotations

import json
import re

from cagelab_bridge.errors import Refused

# Anything else could widen the policy: "*" and "?" are wildcards, "${aws:username}" is replaced by the server.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LONGEST = 2048  # characters; what AWS takes, and MinIO since 2025
ABOUT = "scopedKeys"
HINT = "Nothing to do: the control PC signs each request instead of lending keys."
OBJECTS = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]


def session_policy(bucket: str, prefix: str) -> str:
    """The policy as JSON: objects below `prefix` (which ends in "/") may be written and read; nothing else.

    The denial closes CVE-2025-62506 (MinIO before 2025-10-15) and CVE-2026-22043 (RustFS): there, temporary keys could
    make themselves an account with all rights of their parent, for only denials were looked at.
    Raises Refused (about "scopedKeys") for names that might widen it, and for one that is too long.
    """
    names = [bucket, *prefix.removesuffix("/").split("/")]
    if not prefix.endswith("/") or not all(NAME.fullmatch(name) for name in names):
        raise Refused(
            "A folder of this session has a name that no policy of a store should hold.", about=ABOUT, hint=HINT
        )
    allowed = {"Effect": "Allow", "Action": OBJECTS, "Resource": [f"arn:aws:s3:::{bucket}/{prefix}*"]}
    denied = {"Effect": "Deny", "Action": ["admin:CreateServiceAccount"]}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed, denied]}, separators=(",", ":"))
    if len(policy) > LONGEST:
        raise Refused("The path of this session is too long for a policy of a store.", about=ABOUT, hint=HINT)
    return policy
