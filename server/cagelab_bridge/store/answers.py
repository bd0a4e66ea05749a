"""What S3 answers in XML, with or without a namespace, and in headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from cagelab_bridge.errors import ServerFailed
from cagelab_bridge.ports import StoredObject

MD5_LIKE = re.compile(r"[0-9a-f]{32}(-[0-9]+)?")
CODE = re.compile(r"[A-Za-z0-9.]{1,64}")


@dataclass(frozen=True, kw_only=True)
class PartsPage:
    """One page of ListParts: (ETag, bytes) by part number, and the marker of the next page ("" for the last)."""

    parts: dict[int, tuple[str, int]]
    next_marker: str


@dataclass(frozen=True, kw_only=True)
class ObjectsPage:
    """One page of ListObjectsV2: the objects, whether more follow, and how to ask for them."""

    objects: tuple[StoredObject, ...]
    next_token: str
    more: bool


def error_code(body: bytes) -> str:
    """The S3 error code, or "" where the answer holds none (HEAD, a proxy's page)."""
    try:
        root = parse(body)
    except ServerFailed:
        return ""
    if root.tag != "Error":
        return ""
    code = _text(root, "Code")
    return code if CODE.fullmatch(code) else ""  # nothing else of the server's text is ever repeated


def upload_id(body: bytes) -> str:
    """The id in the answer to CreateMultipartUpload. Raises ServerFailed where there is none."""
    found = _text(parse(body), "UploadId")
    if not found:
        raise ServerFailed("The store began an upload without naming it.")
    return found


def parts_page(body: bytes) -> PartsPage:
    """One page of the answer to ListParts. Raises ServerFailed where it cannot be read."""
    root = parse(body)
    try:
        parts = {
            int(_text(part, "PartNumber")): (bare_etag(_text(part, "ETag")), int(_text(part, "Size")))
            for part in _children(root, "Part")
        }
    except ValueError as problem:
        raise ServerFailed("The store's list of parts cannot be read.") from problem
    more = _text(root, "IsTruncated").lower() == "true"
    return PartsPage(parts=parts, next_marker=_text(root, "NextPartNumberMarker") if more else "")


def objects_page(body: bytes) -> ObjectsPage:
    """One page of the answer to ListObjectsV2. Raises ServerFailed where it cannot be read."""
    root = parse(body)
    try:
        objects = tuple(
            StoredObject(
                # Not stripped: a space at either end belongs to the key.
                key=found.findtext("Key") or "",
                size=int(_text(found, "Size")),
                etag=bare_etag(_text(found, "ETag")),
            )
            for found in _children(root, "Contents")
        )
    except ValueError as problem:
        raise ServerFailed("The store's list of objects cannot be read.") from problem
    more = _text(root, "IsTruncated").lower() == "true"
    return ObjectsPage(objects=objects, next_token=_text(root, "NextContinuationToken") if more else "", more=more)


def completed_etag(body: bytes) -> str:
    """The ETag in the answer to CompleteMultipartUpload. Raises ServerFailed where it cannot be read."""
    return bare_etag(_text(parse(body), "ETag"))


def completion(part_etags: Sequence[str]) -> bytes:
    """The body of CompleteMultipartUpload for parts 1, 2, …"""
    parts = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;{etag}&quot;</ETag></Part>"
        for number, etag in enumerate(part_etags, start=1)
    )
    return f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()


def bare_etag(text: str) -> str:
    """An ETag without quotes, in lower case."""
    return text.strip().removeprefix("W/").strip('"').lower()


def md5_etag(headers: Mapping[str, str]) -> str:
    """The ETag when it is made of MD5s; "" otherwise (encrypted by a key service or the client's key, gateways)."""
    encrypted = headers.get("x-amz-server-side-encryption", "").startswith("aws:kms")
    if encrypted or "x-amz-server-side-encryption-customer-algorithm" in headers:
        return ""
    etag = bare_etag(headers.get("etag", ""))
    return etag if MD5_LIKE.fullmatch(etag) else ""


def parse(body: bytes) -> ElementTree.Element:
    """The root of an answer in XML, its names without a namespace. Raises ServerFailed where it is none."""
    try:
        return _plain(ElementTree.fromstring(body))  # noqa: S314 - expat fetches nothing and limits entity expansion
    except (ElementTree.ParseError, ValueError, LookupError) as problem:
        raise ServerFailed("The store's answer is not the XML that S3 promises.") from problem


def _plain(root: ElementTree.Element) -> ElementTree.Element:
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _children(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return root.iterfind(name)


def _text(root: ElementTree.Element, name: str) -> str:
    return (root.findtext(name) or "").strip()
