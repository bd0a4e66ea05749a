"""The stand-in itself: a request goes in, an answer comes out, nothing else is touched."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from . import auth, datasets, files, notes, people, reference, register, sessions, subjects, water
from .auth import Accounts
from .call import Call
from .description import describe
from .endpoints import Action, Endpoint
from .messages import PAGE_NOT_FOUND, Request, Response, json_response
from .problems import Problem, Refused
from .state import State
from .throttle import Throttle

_MISTAKES = (AssertionError, AttributeError, IndexError, KeyError, TypeError, ValueError)


@lru_cache(maxsize=1)
def _standing() -> tuple[Endpoint, ...]:
    """The addresses that are the same for every core."""
    parts = (people, subjects, reference, sessions, datasets, files, register, water, notes)
    return (*(one for part in parts for one in part.endpoints()), *reference.empty_lists())


class AlyxCore:
    """An Alyx 3.6.1 without sockets, threads, files or a clock of its own.

    `now` answers naive local time, `new_id` a fresh UUID as text, `accounts` knows who may log in, `zone` is the
    server's time zone (used only where Alyx converts to a lab's zone). Given the same answers from those, the same
    requests give the same answers.
    """

    def __init__(
        self,
        state: State,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        accounts: Accounts,
        zone: tzinfo = UTC,
    ) -> None:
        self.state = state
        self.now = now
        self.new_id = new_id
        self.accounts = accounts
        self.zone = zone
        self.throttle = Throttle()
        schema = Endpoint(re.compile("/api/schema/?"), {"GET": self._schema}, label="api")
        self._endpoints = [auth.endpoint(accounts), *_standing(), schema]
        self._by_noun: dict[str, list[Endpoint]] = {}
        for endpoint in self._endpoints:
            self._by_noun.setdefault(endpoint.label, []).append(endpoint)

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        endpoint, key = self._find(request.path)
        if endpoint is None:
            return PAGE_NOT_FOUND
        try:
            answer = self._answer(endpoint, key, request)
        except Problem as problem:
            body = {**problem.body, "status_code": problem.status}
            answer = json_response(problem.status, body, problem.headers)
        except _MISTAKES as error:
            # Alyx answers any exception it did not expect with 500 and its text.
            answer = json_response(500, {"status_code": 500, "detail": str(error)})
        headers = {**answer.headers, "allow": endpoint.allow}
        return Response(answer.status, headers, b"" if request.method == "HEAD" else answer.body)

    def _find(self, path: str) -> tuple[Endpoint | None, str]:
        for endpoint in self._by_noun.get(path[1:].partition("/")[0], ()):
            if match := endpoint.pattern.fullmatch(path):
                return endpoint, match[1] if match.re.groups else ""
        return None, ""

    def _answer(self, endpoint: Endpoint, key: str, request: Request) -> Response:
        now = self.now()
        user = auth.caller(self.state, self.accounts, request.headers.get("authorization", ""))
        if not endpoint.open:
            if user is None:
                raise Refused(403, "Authentication credentials were not provided.")
            if user["is_public_user"] and request.method != "GET":
                raise Refused(403, "You do not have permission to perform this action.")
            self.throttle.admit(user["id"], now)
        action = self._action(endpoint, request.method)
        return action(Call(request, self.state, now, self.new_id, self.zone, user or {}), key)

    def _action(self, endpoint: Endpoint, method: str) -> Action:
        if method == "OPTIONS":
            about = {"name": endpoint.label, "renders": ["application/json"], "parses": ["application/json"]}
            return lambda call, key: json_response(200, about)  # noqa: ARG005 - the same for every record
        found = endpoint.actions.get("GET" if method == "HEAD" else method)
        if found is None:
            raise Refused(405, f'Method "{method}" not allowed.')
        return found

    def _schema(self, call: Call, _: str) -> Response:
        del call
        return json_response(200, describe(self._endpoints))
