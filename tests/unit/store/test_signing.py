"""Signature version 4."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

from cagelab_bridge.ports import SignOrder
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.signing import digest, sign
from tests.unit.store.fakes import KEYS, NOON


def test_the_signature_is_that_of_amazons_example() -> None:
    """ "GET Object" of "Authenticating Requests: Using the Authorization Header" in the Amazon S3 API reference."""
    keys = replace(
        KEYS, access_key="AKIAIOSFODNN7EXAMPLE", secret_key=Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    )
    moment = datetime(2013, 5, 24, tzinfo=UTC)
    keys = replace(keys, endpoint="https://examplebucket.s3.amazonaws.com")
    headers = {"Range": "bytes=0-9"}
    order = SignOrder(
        method="GET",
        bucket="test.txt",
        key="",
        query={},
        headers=headers,
        content_sha256=digest({}, b""),
        moment=moment,
    )
    signed = sign(keys, order)
    assert signed["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_a_body_is_covered_by_its_sha256_or_by_content_md5() -> None:
    """Nothing is sent whose bytes could be exchanged on the way unnoticed."""
    assert digest({}, b"body") == "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"
    md5 = {"Content-MD5": "x"}
    assert digest(md5, b"body") == "UNSIGNED-PAYLOAD"
    part = SignOrder(
        method="PUT", bucket="b", key="k", query={}, headers=md5, content_sha256=digest(md5, b"body"), moment=NOON
    )
    assert sign(KEYS, part)["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert "content-md5;" in sign(KEYS, part)["Authorization"]


def test_a_session_token_is_sent_and_signed() -> None:
    """Temporary keys are worth nothing without it; unsigned, a store refuses it."""
    order = SignOrder(
        method="GET", bucket="b", key="k", query={}, headers={}, content_sha256=digest({}, b""), moment=NOON
    )
    signed = sign(replace(KEYS, session_token=Secret("token")), order)
    assert signed["x-amz-security-token"] == "token"
    assert ";x-amz-security-token," in signed["Authorization"]
    assert "x-amz-security-token" not in sign(KEYS, order)


def test_importing_the_store_imports_neither_library() -> None:
    """The server starts fast: MinIO's package and urllib3 are imported when the first request is sent."""
    program = (
        "import sys, cagelab_bridge.store.door, cagelab_bridge.store.location\n"
        "sys.exit(' '.join(sorted({'minio', 'urllib3', 'certifi'} & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
