"""A bridge that answers what a test tells it to, behind a real gRPC port and a real endpoint.json."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from click.testing import CliRunner, Result
from google.protobuf.message import Message

from cagelab_bridge import endpoint
from cagelab_bridge.api.dispatch import Method, contract
from cagelab_bridge.api.status import DETAILS_KEY, STATUS, rich_status
from cagelab_bridge.cli.group import cagelab_bridge
from cagelab_bridge.errors import BridgeError
from cagelab_bridge.secret import Secret

TOKEN = "token-of-the-test"
Answer = Message | BridgeError | list[Message]
Run = Callable[..., Result]


class FakeBridge:
    """Answers each method with the next of its answers, the last one again and again; keeps the requests."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = defaultdict(list)
        self.requests: list[Any] = []
        self.tokens: set[str] = set()
        self.server = grpc.server(ThreadPoolExecutor(4))
        methods = contract().values()
        for service in {method.name.split("/")[1] for method in methods}:
            own = {method.short: self._handler(method) for method in methods if f"/{service}/" in method.name}
            self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, own),))
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def _handler(self, method: Method) -> grpc.RpcMethodHandler[Any, Any]:
        def one(request: Message, context: grpc.ServicerContext) -> Message:
            answer = self._next(method, request, context)
            assert isinstance(answer, Message), f"{method.short} has no answer"
            return answer

        def many(request: Message, context: grpc.ServicerContext) -> Iterator[Message]:
            answer = self._next(method, request, context)
            assert isinstance(answer, list), f"{method.short} has no answers"
            yield from answer

        kind = grpc.unary_stream_rpc_method_handler if method.streams else grpc.unary_unary_rpc_method_handler
        return kind(many if method.streams else one, method.request.FromString, method.response.SerializeToString)

    def _next(self, method: Method, request: Message, context: grpc.ServicerContext) -> Answer:
        self.requests.append(request)
        self.tokens |= {str(value) for key, value in context.invocation_metadata() if key == "authorization"}
        answers = self.answers[method.short]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, BridgeError):
            context.set_trailing_metadata(((DETAILS_KEY, rich_status(answer)),))
            context.abort(STATUS[answer.code].grpc, answer.message)
        return answer


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[FakeBridge]:
    fake = FakeBridge()
    endpoint.write(
        tmp_path / "run",
        endpoint.Endpoint(
            version="1",
            pid=os.getpid(),
            grpc=f"127.0.0.1:{fake.port}",
            gateway="http://127.0.0.1:1",
            token=Secret(TOKEN),
            started_at="2026-01-31T10:00:00Z",
            sandbox=False,
        ),
    )
    yield fake
    fake.server.stop(None).wait()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the command line in this process, against the bridge of the test; returns click's result."""

    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        # rich asks the environment how wide a terminal is; a test must not depend on it.
        environment = {"CAGELAB_BRIDGE_RUNTIME": str(tmp_path / "run"), "COLUMNS": None}
        return CliRunner().invoke(cagelab_bridge, arguments, input=stdin, env=environment, catch_exceptions=False)

    return invoke
