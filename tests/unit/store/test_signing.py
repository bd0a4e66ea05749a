"""Signature version 4."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

from cagelab_bridge.secret import Secret
from cagelab_bridge.store.signing import sign
from tests.unit.store.fakes import KEYS, NOON


def test_the_signature_is_that_of_amazons_example() -> None:
    """ "GET Object" of "Authenticating Requests: Using the Authorization Header" in the Amazon S3 API reference."""
    keys = replace(
        KEYS, access_key="AKIAIOSFODNN7EXAMPLE", secret_key=Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    )
    moment = datetime(2013, 5, 24, tzinfo=UTC)
    url = "https://examplebucket.s3.amazonaws.com/test.txt"
    signed = sign(keys, "GET", url, headers={"Range": "bytes=0-9"}, body=b"", moment=moment)
    assert signed["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_a_body_is_covered_by_its_sha256_or_by_content_md5() -> None:
    """Nothing is sent whose bytes could be exchanged on the way unnoticed."""
    url = "http://h/b/k"
    plain = sign(KEYS, "POST", url, headers={}, body=b"body", moment=NOON)
    assert plain["x-amz-content-sha256"] == "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"
    part = sign(KEYS, "PUT", url, headers={"Content-MD5": "x"}, body=b"body", moment=NOON)
    assert part["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert "content-md5;" in part["Authorization"]


def test_importing_the_store_imports_neither_library() -> None:
    """The server starts fast: MinIO's package and urllib3 are imported when the first request is sent."""
    program = (
        "import sys, cagelab_bridge.store.door, cagelab_bridge.store.location\n"
        "sys.exit(' '.join(sorted({'minio', 'urllib3', 'certifi'} & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
