"""What goes into the Alyx core and what comes out of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from .schema import Value


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: `target` is path and query as sent, header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path without its query, percent-decoded."""
        return unquote(urlsplit(self.target).path)

    @property
    def params(self) -> list[tuple[str, str]]:
        """The query parameters in the order sent."""
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer; header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Value:
        """The body as a JSON value, None when it is empty."""
        return json.loads(self.body) if self.body else None


def json_response(status: int, value: object, headers: Mapping[str, str] | None = None) -> Response:
    """An answer whose body is `value` as JSON, without spaces, as Django REST framework writes it."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, {"content-type": "application/json", **(headers or {})}, body)


PAGE_NOT_FOUND = Response(
    404,
    {"content-type": "text/html; charset=utf-8"},
    b"<!doctype html><html><head><title>Not Found</title></head><body><h1>Not Found</h1></body></html>",
)
