"""One request being answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cached_property
from urllib.parse import parse_qsl, quote, urlsplit

from .messages import Request
from .problems import Refused
from .schema import Row, Value
from .state import State


@dataclass
class Call:
    """What an endpoint needs to answer: the request, the records, the time, new ids and who asks."""

    request: Request
    state: State
    now: datetime
    new_id: Callable[[], str]
    zone: tzinfo
    user: Row = field(default_factory=dict)
    params: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.params = self.request.params

    @cached_property
    def base(self) -> str:
        """The address the client used, which all links in answers begin with."""
        return f"http://{self.request.headers.get('host', 'localhost')}"

    @property
    def url(self) -> str:
        """The address of this request without its query."""
        return self.base + urlsplit(self.request.target).path

    def link(self, noun: str, key: object) -> str:
        """The address of one record."""
        return f"{self.base}/{noun}/{quote(str(key))}"

    def param(self, name: str) -> str | None:
        """The last value of a query parameter, as Django takes it."""
        return dict(self.params).get(name)

    @cached_property
    def data(self) -> Value:
        """The body. Raises 400 for broken JSON and 415 for a type Alyx does not read."""
        kind = self.request.headers.get("content-type", "").split(";")[0].strip().lower()
        if not self.request.body:
            return {}
        if kind == "application/json":
            return _json(self.request.body)
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(self.request.body.decode(errors="replace"), keep_blank_values=True))
        whole = self.request.headers.get("content-type", "")
        raise Refused(415, f'Unsupported media type "{whole}" in request.')


def _json(body: bytes) -> object:
    try:
        return json.loads(body.decode())
    except ValueError as error:
        raise Refused(400, f"JSON parse error - {error}") from None
