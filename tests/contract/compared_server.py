"""A server under comparison: sends requests to it and reduces its answers to what two servers must share."""

from __future__ import annotations

import http.client
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

HEADERS = ("content-type", "allow", "www-authenticate")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")
_QUOTED = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Step:
    """One request. `{name}` in path or body is replaced by what an earlier step captured.

    `ordered` says that Alyx promises the order of the list; otherwise lists are compared as bags. `only` names the
    parts of the answer compared when the rest depends on which UUIDs a server drew.
    """

    method: str
    path: str
    body: Any = None
    raw: bytes | None = None
    auth: str = "token"
    capture: str = ""
    ordered: bool = False
    only: str = ""


@dataclass
class ComparedServer:
    """One of the two servers, with its connection, token and captured values."""

    base: str
    user: str
    password: str = field(repr=False)
    captured: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None
    _token: str = field(default="", repr=False)

    def log_in(self) -> None:
        """Get a token."""
        credentials = {"username": self.user, "password": self.password}
        status, _, body = self.exchange(Step("POST", "/auth-token", credentials, auth=""))
        assert status == 200, f"{self.base} refused the account: {body}"
        self._token = body["token"]

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def exchange(self, step: Step) -> tuple[int, dict[str, str], Any]:
        """Send a step, wait out a throttle, and answer status, headers and body."""
        while True:
            status, headers, body = self._send(step)
            if status != 429:
                break
            time.sleep(float(headers["retry-after"]))
        if step.capture and status in {200, 201} and body:
            one = body[0] if isinstance(body, list) else body
            key = one.get("id") or one.get("url", "").rpartition("/")[2]
            self.captured[step.capture] = key
            records = sorted(
                one.get("file_records", []),
                key=lambda record: (str(record["data_repository"]), record["relative_path"]),
            )
            for number, record in enumerate(records):
                self.captured[f"{step.capture}_file{number}"] = record["id"]
        return status, headers, body

    def _send(self, step: Step) -> tuple[int, dict[str, str], Any]:
        data = step.raw
        headers = {"Accept": "application/json"}
        if step.body is not None:
            data = json.dumps(self._fill(step.body)).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        if step.auth:
            headers["Authorization"] = f"Token {self._token}" if step.auth == "token" else step.auth
        if self._connection is None:
            self._connection = http.client.HTTPConnection(urlsplit(self.base).netloc, timeout=60)
        try:
            self._connection.request(step.method, self._fill(step.path), data, headers)
            answer = self._connection.getresponse()
        except (ConnectionError, http.client.HTTPException):
            # A server may close an idle connection; it then executed nothing.
            self._connection.close()
            self._connection.request(step.method, self._fill(step.path), data, headers)
            answer = self._connection.getresponse()
        text = answer.read().decode()
        try:
            body = json.loads(text) if text else None
        except ValueError:
            body = "<not json>"
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    def _fill(self, value: Any) -> Any:
        if isinstance(value, str):
            return _QUOTED.sub(lambda match: self.captured.get(match[1], match[0]), value)
        if isinstance(value, dict):
            return {name: self._fill(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._fill(one) for one in value]
        return value

    def reduced(self, step: Step, fixed_stamps: frozenset[str]) -> dict[str, Any]:
        """The answer of a step with everything replaced that no two servers share."""
        status, headers, body = self.exchange(step)
        known = {key: name for name, key in self.captured.items()}
        reduced = self._reduce(body, known, fixed_stamps)
        if isinstance(reduced, dict) and isinstance(reduced.get("results"), list) and not step.ordered:
            reduced["results"] = _bag(reduced["results"])
        if step.only and isinstance(reduced, dict):
            reduced = {name: reduced.get(name) for name in step.only.split()}
        return {
            "status": status,
            "headers": {name: headers[name] for name in HEADERS if name in headers},
            "body": reduced,
        }

    def _reduce(self, value: Any, known: dict[str, str], fixed: frozenset[str]) -> Any:
        if isinstance(value, dict):
            return {name: self._reduce(one, known, fixed) for name, one in value.items()}
        if isinstance(value, list):
            found = [self._reduce(one, known, fixed) for one in value]
            return _bag(found) if found and isinstance(found[0], dict | str) else found
        if isinstance(value, str):
            value = value.replace(self.base, "<base>")
            value = _UUID.sub(lambda match: f"<{known.get(match[0], 'uuid')}>", value)
            return _STAMP.sub(lambda match: match[0] if match[0] in fixed else "<time>", value)
        return value


def _bag(items: list[Any]) -> list[Any]:
    return sorted(items, key=lambda one: json.dumps(one, sort_keys=True))


def differences(want: Any, got: Any, where: str = "") -> list[str]:
    """Every place in which two reduced answers differ."""
    if isinstance(want, dict) and isinstance(got, dict):
        names = sorted(want.keys() | got.keys())
        return [line for name in names for line in differences(want.get(name), got.get(name), f"{where}.{name}")]
    if isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        pairs = enumerate(zip(want, got, strict=True))
        return [line for at, (one, other) in pairs for line in differences(one, other, f"{where}[{at}]")]
    same_kind = isinstance(want, bool) == isinstance(got, bool)
    return [] if want == got and same_kind else [f"{where}: live {want!r}, stand-in {got!r}"]
