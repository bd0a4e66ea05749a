"""The stand-in answers every recorded exchange as the live Alyx 3.6.1 did."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from cagelab_bridge.sandbox import Sandbox

from .recording import Comparison, dig, exchanges, fill, seed

COMPARED = ("content-type", "allow", "www-authenticate", "retry-after")
RECORDED = exchanges()


def _send(
    connection: http.client.HTTPConnection, exchange: dict[str, Any], captured: dict[str, str]
) -> tuple[int, dict[str, str], Any]:
    data = None
    headers = {"Accept": "application/json"}
    if exchange.get("raw") is not None:
        data = exchange["raw"].encode()
    elif exchange["body"] is not None:
        data = json.dumps(fill(exchange["body"], captured)).encode()
    if data is not None:
        headers["Content-Type"] = "application/json"
    tokens = {"admin": captured.get("token"), "researcher": captured.get("token_researcher"), "bogus": "0" * 40}
    if token := tokens.get(exchange["auth"] or ""):
        headers["Authorization"] = f"Token {token}"
    connection.request(exchange["method"], fill(exchange["path"], captured), data, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    got = {name.lower(): value for name, value in answer.getheaders()}
    try:
        body = json.loads(text) if text else None
    except ValueError:
        body = {"<not json>": True}
    return answer.status, {name: got[name] for name in COMPARED if name in got}, body


@pytest.fixture(scope="module")
def replayed() -> dict[str, list[str]]:
    """For each exchange what the stand-in did otherwise; all are sent once, in order, to one sandbox."""
    captured: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    with Sandbox(seed=seed(), s3=False) as sandbox:
        connection = http.client.HTTPConnection(urlsplit(sandbox.alyx_url).netloc, timeout=10)
        for exchange in RECORDED:
            status, headers, body = _send(connection, exchange, captured)
            for name, path in exchange.get("capture", {}).items():
                captured[name] = dig(body, path)
            comparison = Comparison(sandbox.alyx_url, captured, shape_only=exchange["shape_only"])
            want = exchange["answer"]
            comparison.compare(want["status"], status, "status")
            comparison.compare(want["headers"], headers, "headers")
            comparison.compare(want["body"], body)
            found[exchange["name"]] = comparison.differences
        connection.close()
    return found


@pytest.mark.parametrize("name", [exchange["name"] for exchange in RECORDED])
def test_a_recorded_exchange_is_answered_as_recorded(replayed: dict[str, list[str]], name: str) -> None:
    """RULE: status, compared headers and body of each recorded exchange are the stand-in's, too."""
    assert replayed[name] == []


def test_a_wrong_answer_is_noticed() -> None:
    """RULE: the comparison finds a changed value, a missing one, an additional one and another number of items."""
    comparison = Comparison("http://x", {"session": "s1"}, shape_only=False)
    comparison.compare({"a": 1, "b": "<session>", "c": [1]}, {"a": True, "b": "s2", "c": [1, 2], "d": 0})
    assert [line.split(":")[0] for line in comparison.differences] == [".a", ".b", ".c", ".d"]
