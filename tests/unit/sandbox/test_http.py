"""The stand-in on a real port."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from cagelab_bridge.sandbox import Fault, Sandbox
from cagelab_bridge.sandbox.http_face import CONTROL
from cagelab_bridge.sandbox.http_protocol import Unreadable, read_request


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox without a store."""
    with Sandbox(s3=False) as running:
        yield running


class Client:
    """A connection, logged in."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.connection = http.client.HTTPConnection(sandbox.alyx_url.removeprefix("http://"), timeout=10)
        self.token = ""
        _, body, _ = self.send("POST", "/auth-token", {"username": "admin", "password": sandbox.accounts["admin"]})
        self.token = body["token"]

    def send(self, method: str, path: str, body: object = None) -> tuple[int, Any, http.client.HTTPResponse]:
        """Status, body and answer of a request."""
        headers = {"Content-Type": "application/json", "Authorization": f"Token {self.token}" if self.token else ""}
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None, answer

    def sessions(self) -> int:
        """How many sessions there are."""
        return int(self.send("GET", "/sessions")[1]["count"])


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    """A connection to the running sandbox."""
    made = Client(sandbox)
    yield made
    made.connection.close()


SESSION = {"subject": "TestSubject", "number": 1, "start_time": "2026-11-20T10:00:00"}


def test_one_connection_serves_many_requests(client: Client) -> None:
    """RULE: connections are kept, every answer has a Date and its length."""
    first = client.connection.sock
    for _ in range(50):
        status, _, answer = client.send("GET", "/labs")
        assert status == 200
    assert client.connection.sock is first
    assert parsedate_to_datetime(answer.headers["Date"]).tzinfo is not None
    assert client.send("DELETE", "/labs/OtherLab")[0] == 204
    assert client.send("HEAD", "/labs")[:2] == (200, None)


def test_a_lost_answer_leaves_the_session(sandbox: Sandbox, client: Client) -> None:
    """RULE: `lost` executes and closes the connection without a word."""
    sandbox.faults.add(Fault("lost", method="POST", path="/sessions", count=1))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        client.send("POST", "/sessions", SESSION)
    client.connection.close()
    assert client.sessions() == 1


def test_down_executes_nothing_and_is_over_when_cleared(client: Client) -> None:
    """RULE: `down` closes the connection before anything happens; DELETE on the control path ends it."""
    assert client.send("PUT", CONTROL, [{"kind": "down"}])[0] == 200
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        client.send("POST", "/sessions", SESSION)
    client.connection.close()
    assert client.send("GET", CONTROL)[1][0]["hits"] == 1
    assert client.send("DELETE", CONTROL)[1] == []
    assert client.sessions() == 0


def test_a_wrong_fault_is_refused_with_a_sentence(client: Client) -> None:
    """RULE: the control path says what is wrong with a fault."""
    status, body, _ = client.send("POST", CONTROL, {"kind": "none"})
    assert status == 400
    assert "kind" in body["detail"]


def test_a_late_request_is_executed_after_the_connection_closed(sandbox: Sandbox, client: Client) -> None:
    """RULE: `late` closes at once and executes `delay_s` later."""
    sandbox.faults.add(Fault("late", method="POST", delay_s=0.05, count=1))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        client.send("POST", "/sessions", SESSION)
    client.connection.close()
    assert client.sessions() == 0
    while client.sessions() == 0:
        pass  # the test's timeout ends a wait for an execution that never comes
    assert client.sessions() == 1


def test_an_error_after_the_effect_and_a_slow_answer(sandbox: Sandbox, client: Client) -> None:
    """RULE: `error` with `after` answers 500 though the session is there; `slow` only answers later."""
    sandbox.faults.add(Fault("error", method="POST", after=True, count=1))
    assert client.send("POST", "/sessions", SESSION)[0] == 500
    sandbox.faults.add(Fault("slow", method="GET", delay_s=0.01, count=1))
    assert client.sessions() == 1


def test_stopping_alyx_refuses_connections_and_keeps_the_records(sandbox: Sandbox, client: Client) -> None:
    """RULE: `stop_alyx` refuses, `start_alyx` listens on the same port with the same records and tokens."""
    url = sandbox.alyx_url
    client.send("POST", "/sessions", SESSION)
    sandbox.stop_alyx()
    client.connection.close()
    with pytest.raises(ConnectionRefusedError):
        client.send("GET", "/labs")
    client.connection.close()
    sandbox.start_alyx()
    assert sandbox.alyx_url == url
    assert client.sessions() == 1


def test_half_a_request_is_not_executed(sandbox: Sandbox, client: Client) -> None:
    """RULE: a request whose body is cut off has no effect."""
    body = json.dumps(SESSION).encode()
    head = (
        f"POST /sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Token {client.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(sandbox.alyx_url.rpartition(":")[2]))) as raw:
        raw.sendall(head.encode() + body[:-1])
    assert client.sessions() == 0


def test_requests_sent_together_are_answered_in_order(sandbox: Sandbox, client: Client) -> None:
    """RULE: a client may send many requests before it reads; each gets its answer, in order."""
    ask = f"GET /labs/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Token {client.token}\r\n%s\r\n"
    text = (ask % ("CogLab", "") + ask % ("OtherLab", "")) * 1500 + ask % ("none", "Connection: close\r\n")
    said = b""
    with socket.create_connection(("127.0.0.1", int(sandbox.alyx_url.rpartition(":")[2]))) as raw:
        raw.sendall(text.encode())
        while part := raw.recv(1 << 20):
            said += part
    names = re.findall(rb'"name":"(\w+)"', said)
    assert names == [b"CogLab", b"OtherLab"] * 1500
    assert said.count(b"HTTP/1.1 404") == 1


@pytest.mark.parametrize("text", [b"hello\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"])
def test_what_is_no_request_is_refused(text: bytes) -> None:
    """RULE: bytes that are no HTTP/1 request are not guessed at."""
    with pytest.raises(Unreadable):
        read_request(bytearray(text))


def test_a_request_in_chunks_is_put_together() -> None:
    """RULE: a chunked body is read whole, and only when it is complete."""
    text = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert read_request(bytearray(text[:-3])) is None
    found = read_request(bytearray(text + b"GET"))
    assert found is not None
    assert (found[0].body, found[1]) == (b"abcde", len(text))
