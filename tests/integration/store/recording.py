"""A transport that records, and can hurt, what passes between the store adapter and a real server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from cagelab_bridge.store.transport import Answer, Request, Transport

Before = Callable[[Request], Request]
After = Callable[[Request, Answer], Answer]


class RecordingTransport:
    """Passes requests on to a real transport; `before` and `after` may change them or raise."""

    def __init__(self, real: Transport) -> None:
        self._real = real
        self._changed = threading.Condition()
        self.requests: list[Request] = []
        self.before: Before = lambda request: request
        self.after: After = lambda _, answer: answer
        self.at_once = 0
        self.most_at_once = 0

    def send(self, request: Request) -> Answer:
        with self._changed:
            self.requests.append(request)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self.after(request, self._real.send(self.before(request)))
        finally:
            with self._changed:
                self.at_once -= 1
                self._changed.notify_all()

    def settle(self) -> None:
        """Wait until nothing is under way."""
        with self._changed:
            self._changed.wait_for(lambda: not self.at_once)

    def close(self) -> None:
        self._real.close()

    @property
    def names(self) -> list[str]:
        """What was asked for, in S3's words, in order."""
        return [operation(request) for request in self.requests]


def operation(request: Request) -> str:
    """The name of an S3 operation."""
    query = urlsplit(request.url).query
    if "partNumber" in query:
        return "UploadPart"
    if "uploadId" in query:
        return {"GET": "ListParts", "POST": "Complete", "DELETE": "Abort"}[request.method]
    return "Create" if query.startswith("uploads") else request.method


def without_header(name: str) -> After:
    """A server whose answers lack a header."""
    return lambda _, answer: replace(
        answer, headers={key: value for key, value in answer.headers.items() if key != name}
    )
