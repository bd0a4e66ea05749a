"""A store with temporary keys, without a network; its faults are what these keys may do too much or too little."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from cagelab_bridge.store.transport import Answer, Request
from tests.unit.store.fakes import NOON, xml_error

PREFIX = "CogLab/Subjects/s1/2026-11-20/001/"
BEGUN = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
KEYS_XML = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>temporary</AccessKeyId><SecretAccessKey>temporary-secret-canary</SecretAccessKey>
<SessionToken>token-canary</SessionToken><Expiration>{}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""


class LendingStore:
    """`Transport`: temporary keys may do what lies below PREFIX, unless `fault` says otherwise."""

    def __init__(self, fault: str = "", *, lasts: float = 0.0) -> None:
        """`lasts`: seconds that the keys last longer than asked."""
        self.fault = fault
        self.requests: list[Request] = []
        self.forms: list[dict[str, str]] = []
        self.begun: list[str] = []  # uploads that were not given up
        self._lasts = lasts

    def send(self, request: Request) -> Answer:
        self.requests.append(request)
        url = urlsplit(request.url)
        query = parse_qs(url.query, keep_blank_values=True)
        if url.path == "/":
            return self._keys(request)
        return self._object(request.method, unquote(url.path).removeprefix("/b/"), query)

    def close(self) -> None:
        """Nothing to close."""

    def _keys(self, request: Request) -> Answer:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        self.forms.append(form)
        if self.fault == "no keys":
            return xml_error(403, "AccessDenied")
        if self.fault == "fails":
            return Answer(status=503, headers={})
        if self.fault == "no sts":
            return Answer(status=405, headers={})
        end = NOON + timedelta(seconds=float(form["DurationSeconds"]) + self._lasts)
        return Answer(
            status=200,
            headers={"date": format_datetime(NOON, usegmt=True)},
            body=KEYS_XML.format(end.isoformat()).encode(),
        )

    def _object(self, method: str, key: str, query: dict[str, list[str]]) -> Answer:
        inside = key.startswith(PREFIX)
        allowed = {
            "POST": (inside and self.fault != "writes nothing") or self.fault.startswith("writes elsewhere"),
            "GET": inside or self.fault == "reads elsewhere",
            "DELETE": inside or self.fault == "writes elsewhere",
            "LIST": self.fault == "lists",
        }
        if not allowed["LIST" if "list-type" in query else method] and self.fault != "ignores the policy":
            return xml_error(403, "AccessDenied")
        if method == "GET" and "list-type" not in query:
            return xml_error(*((403, "AccessDenied") if self.fault == "hides what is missing" else (404, "NoSuchKey")))
        if method == "POST":
            self.begun.append(key)
        elif method == "DELETE":
            self.begun.remove(key)
        return Answer(status=200, headers={}, body=BEGUN if method == "POST" else b"<ListBucketResult/>")
