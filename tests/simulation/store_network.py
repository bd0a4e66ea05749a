"""The store: objects in memory, checked as MinIO checks them, behind the engine's transport."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from cagelab_bridge.errors import AnswerLost, Unreachable
from cagelab_bridge.store.transport import Answer, Request
from tests.simulation.chaos import Chaos

MARK = "x-amz-meta-cagelab-op"
EXPIRY = 86400.0  # seconds that an upload in parts is kept
AWAY = 90000.0  # seconds


@dataclass
class Object:
    """What is stored."""

    data: bytes
    etag: str
    mark: str


@dataclass
class Pending:
    """A multipart upload."""

    path: str
    mark: str
    begun: float
    parts: dict[int, bytes] = field(default_factory=dict)


class StoreNetwork:
    """`store.transport.Transport` over objects in memory; survives the bridge's crashes."""

    def __init__(self, chaos: Chaos) -> None:
        self._chaos = chaos
        self.objects: dict[str, Object] = {}
        self.uploads: dict[str, Pending] = {}
        self._away_until = 0.0
        self._serial = 0
        self.bytes_received = 0

    def close(self) -> None:
        """Nothing to close."""

    def send(self, request: Request) -> Answer:
        """One exchange."""
        self._chaos.edge(f"before store {request.method}")
        if self._is_away() or self._chaos.strikes("store_refused"):
            raise Unreachable("The store cannot be reached.")
        if self._chaos.strikes("store_failed"):
            return _refused(503, "ServiceUnavailable")
        if self._chaos.strikes("store_forgot"):
            self.uploads.clear()
        answer = self._answer(request)
        if self._chaos.strikes("store_lost"):
            raise AnswerLost("The connection broke.")
        self._chaos.edge(f"after store {request.method}")
        if request.sink is not None and answer.status < 300:
            request.sink(answer.body)
            return Answer(status=answer.status, headers=answer.headers)
        return answer

    def _is_away(self) -> bool:
        """Whether the store is off for a day. It forgets uploads that are too old, as MinIO does."""
        if not self.uploads:
            return False
        now = asyncio.get_running_loop().time()
        begun = now >= self._away_until and any(pending.parts for pending in self.uploads.values())
        if begun and self._chaos.strikes("store_away"):
            self._away_until = now + AWAY
        old = [name for name, pending in self.uploads.items() if now - pending.begun > EXPIRY]
        for name in old:
            self._chaos.counts["store_expired"] += 1
            del self.uploads[name]
        return now < self._away_until

    def _answer(self, request: Request) -> Answer:
        parts = urlsplit(request.url)
        path = unquote(parts.path).lstrip("/")
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in request.headers.items()}
        if request.method == "POST":
            return self._begin(path, headers) if "uploads" in query else self._complete(query["uploadId"])
        if "uploadId" in query:
            return self._part(request.method, query, headers, request.body)
        if request.method == "PUT":
            return self._put(path, headers, request.body)
        return self._get(path, headers, request.method)

    def _received(self, headers: dict[str, str], body: bytes) -> bytes | None:
        """The body as it arrived; None when the checksum does not fit."""
        self.bytes_received += len(body)
        if body and self._chaos.strikes("store_flipped"):
            body = bytes([body[0] ^ 1]) + body[1:]
        told = headers.get("content-md5")
        return None if told and told != base64.b64encode(hashlib.md5(body).digest()).decode() else body

    def _put(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        data = self._received(headers, body)
        if data is None:
            return _refused(400, "BadDigest")
        self.objects[path] = Object(data, hashlib.md5(data).hexdigest(), headers.get(MARK, ""))
        return Answer(status=200, headers={"etag": f'"{self.objects[path].etag}"'})

    def _begin(self, path: str, headers: dict[str, str]) -> Answer:
        self._serial += 1
        name = f"upload-{self._serial}"
        self.uploads[name] = Pending(path, headers.get(MARK, ""), asyncio.get_running_loop().time())
        return _xml(f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>")

    def _part(self, method: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> Answer:
        pending = self.uploads.get(query["uploadId"])
        if pending is None:
            return _refused(404, "NoSuchUpload")
        if method == "DELETE":
            del self.uploads[query["uploadId"]]
            return Answer(status=204, headers={})
        if method == "GET":
            listed = "".join(
                f"<Part><PartNumber>{number}</PartNumber><ETag>{hashlib.md5(data).hexdigest()}</ETag>"
                f"<Size>{len(data)}</Size></Part>"
                for number, data in sorted(pending.parts.items())
            )
            return _xml(f"<ListPartsResult><IsTruncated>false</IsTruncated>{listed}</ListPartsResult>")
        data = self._received(headers, body)
        if data is None:
            return _refused(400, "BadDigest")
        pending.parts[int(query["partNumber"])] = data
        return Answer(status=200, headers={"etag": f'"{hashlib.md5(data).hexdigest()}"'})

    def _complete(self, name: str) -> Answer:
        pending = self.uploads.pop(name, None)
        if pending is None:
            return _refused(404, "NoSuchUpload")
        parts = [data for _, data in sorted(pending.parts.items())]
        digests = b"".join(hashlib.md5(data).digest() for data in parts)
        etag = f"{hashlib.md5(digests).hexdigest()}-{len(parts)}"
        self.objects[pending.path] = Object(b"".join(parts), etag, pending.mark)
        return _xml(f"<CompleteMultipartUploadResult><ETag>{escape(etag)}</ETag></CompleteMultipartUploadResult>")

    def _get(self, path: str, headers: dict[str, str], method: str) -> Answer:
        found = self.objects.get(path)
        if found is None:
            return _refused(404, "NoSuchKey") if method == "GET" else Answer(status=404, headers={})
        told = {"etag": f'"{found.etag}"', "content-length": str(len(found.data)), MARK: found.mark}
        return Answer(status=200, headers=told, body=found.data if method == "GET" else b"")


def _xml(text: str) -> Answer:
    return Answer(status=200, headers={"content-type": "application/xml"}, body=text.encode())


def _refused(status: int, code: str) -> Answer:
    return Answer(status=status, headers={}, body=f"<Error><Code>{code}</Code></Error>".encode())
