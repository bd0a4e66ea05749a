"""A client of the stand-in's core, without sockets, with a clock and ids the test controls."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from cagelab_bridge.sandbox import ids
from cagelab_bridge.sandbox.alyx import Accounts, AlyxCore, Request, Response
from cagelab_bridge.sandbox.demo import demo_seed
from cagelab_bridge.sandbox.seed import load

START = datetime(2026, 11, 20, 10)  # noqa: DTZ001 - Alyx keeps naive local time


class CoreClient:
    """Sends requests as `admin` to a core that holds the demo lab."""

    def __init__(self, seed: dict[str, Any] | None = None) -> None:
        world = load(demo_seed("http://127.0.0.1:9") if seed is None else seed)
        self.now = START
        accounts = Accounts(lambda username: ids.token("test", username))
        for username, password in world.accounts.items():
            accounts.add(username, password)
        self.core = AlyxCore(world.state, lambda: self.now, ids.series("test"), accounts)
        self._tokens = {name: accounts.token(name, word) for name, word in world.accounts.items()}

    def pass_time(self, seconds: float) -> None:
        """Move the clock on."""
        self.now += timedelta(seconds=seconds)

    def request(self, method: str, target: str, body: object = None, user: str = "admin") -> Request:
        """A request with this user's token."""
        headers = {"host": "alyx.test", "content-type": "application/json"}
        if user:
            headers["authorization"] = f"Token {self._tokens[user]}"
        return Request(method, target, headers, b"" if body is None else json.dumps(body).encode())

    def send(self, method: str, target: str, body: object = None, user: str = "admin") -> Response:
        """The answer to a request."""
        return self.core.handle(self.request(method, target, body, user))

    def get(self, target: str) -> Any:
        """The body of a successful GET."""
        answer = self.send("GET", target)
        assert answer.status == 200, answer.json()
        return answer.json()

    def post(self, target: str, body: object, user: str = "admin") -> Any:
        """The body of a successful POST."""
        answer = self.send("POST", target, body, user)
        assert answer.status == 201, answer.json()
        return answer.json()

    def session(self, **columns: object) -> Any:
        """A new session of TestSubject, number 1, at 10 o'clock."""
        return self.post(
            "/sessions", {"subject": "TestSubject", "number": 1, "start_time": "2026-11-20T10:00:00", **columns}
        )

    def register(self, *names: str, **columns: object) -> Response:
        """The answer to registering files in the session of `session()`."""
        body = {"name": "aws_CogLab", "path": "TestSubject/2026-11-20/001", "filenames": list(names), **columns}
        return self.send("POST", "/register-file", body)
