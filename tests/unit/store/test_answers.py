"""Reading S3's XML and headers."""

from __future__ import annotations

import pytest

from cagelab_bridge.errors import ServerFailed
from cagelab_bridge.store.answers import (
    completed_etag,
    completion,
    error_code,
    md5_etag,
    parts_page,
    upload_id,
)

MD5 = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("attribute", ["", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'])
def test_answers_are_read_with_and_without_namespace(attribute: str) -> None:
    """Amazon and MinIO write a namespace, rclone none."""
    assert upload_id(f"<R{attribute}><UploadId> u-1 </UploadId></R>".encode()) == "u-1"
    assert completed_etag(f"<R{attribute}><ETag>&#34;{MD5.upper()}-2&#34;</ETag></R>".encode()) == f"{MD5}-2"
    assert error_code(f"<Error{attribute}><Code>NoSuchKey</Code></Error>".encode()) == "NoSuchKey"


def test_a_list_of_parts_is_read_page_by_page() -> None:
    """The next marker counts only where the list is truncated."""
    part = f"<Part><PartNumber>3</PartNumber><ETag>&quot;{MD5}&quot;</ETag><Size>7</Size></Part>"
    tail = "<NextPartNumberMarker>3</NextPartNumberMarker></R>"
    first = parts_page(f"<R>{part}<IsTruncated>true</IsTruncated>{tail}".encode())
    assert (first.parts, first.next_marker) == ({3: (MD5, 7)}, "3")
    assert parts_page(f"<R>{part}<IsTruncated>false</IsTruncated>{tail}".encode()).next_marker == ""


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"plain text", b"<R/>"])
def test_what_is_no_answer_of_s3_is_the_servers_failure(body: bytes) -> None:
    """A proxy's page must not pass for an upload id, nor for an error code."""
    with pytest.raises(ServerFailed):
        upload_id(body)
    assert error_code(body) == ""


def test_only_a_code_made_of_letters_is_taken() -> None:
    """Whatever else a server writes there could be a signature, and would land in a log."""
    assert error_code(b"<Error><Code>Signature=abc/def</Code></Error>") == ""


def test_an_entity_bomb_is_not_expanded() -> None:
    """A hostile server cannot fill the memory with a few bytes."""
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 30}">' for i in range(1, 9))
    bomb = f'<!DOCTYPE R [<!ENTITY e0 "{"x" * 1000}">{entities}]><R><UploadId>&e8;</UploadId></R>'
    with pytest.raises(ServerFailed):
        upload_id(bomb.encode())


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"etag": f'"{MD5}"'}, MD5),
        ({"etag": f'W/"{MD5.upper()}"'}, MD5),
        ({"etag": f'"{MD5}-12"'}, f"{MD5}-12"),
        ({"etag": '"something-else"'}, ""),
        ({}, ""),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "AES256"}, MD5),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "aws:kms"}, ""),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption-customer-algorithm": "AES256"}, ""),
    ],
)
def test_an_etag_counts_only_where_it_is_an_md5(headers: dict[str, str], expected: str) -> None:
    """With a key service or the client's own key the ETag looks like an MD5 and is none."""
    assert md5_etag(headers) == expected


def test_the_completion_names_the_parts_in_order() -> None:
    """S3 refuses parts that are out of order."""
    assert completion(["a", "b"]).decode() == (
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;a&quot;</ETag></Part>"
        "<Part><PartNumber>2</PartNumber><ETag>&quot;b&quot;</ETag></Part></CompleteMultipartUpload>"
    )
