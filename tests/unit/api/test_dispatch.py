"""The one way in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from google.protobuf.message import Message

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, status_pb2
from cagelab_bridge.api.dispatch import LONGEST_SECONDS, Caller, Dispatcher, Handler, contract, service_names
from cagelab_bridge.api.policy import POLICY
from cagelab_bridge.errors import (
    BridgeError,
    DeadlineExceeded,
    Forbidden,
    InternalError,
    NotFound,
    Unimplemented,
)
from cagelab_bridge.runtime import SystemRuntime

QUERY = "/cagelab.bridge.v1.Bridge/Query"
WATCH = "/cagelab.bridge.v1.Bridge/Watch"
NEEDS = "/cagelab.bridge.v1.Credentials/WatchNeeds"
LOCAL = Caller("local", None, "test")
CANARY = "canary-7f3a"


class RecordingRuntime(SystemRuntime):
    """Remembers how long it was asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    async def wait_for(self, awaitable: Any, seconds: float) -> Any:
        self.waited.append(seconds)
        return await super().wait_for(awaitable, seconds)


def dispatcher(handler: Handler, method: str = QUERY, runtime: SystemRuntime | None = None) -> Dispatcher:
    return Dispatcher({method: handler}, runtime or SystemRuntime())


async def echo(request: query_pb2.QueryRequest, caller: Caller) -> Message:
    return query_pb2.QueryResponse(json=f"{request.path} {caller.door}")


async def forever(request: Any, caller: Caller) -> Message:
    await asyncio.Event().wait()
    return query_pb2.QueryResponse()


async def ask(handler: Handler, caller: Caller = LOCAL, runtime: SystemRuntime | None = None) -> Message:
    return await dispatcher(handler, runtime=runtime).unary(QUERY, query_pb2.QueryRequest(path=CANARY), caller)


def test_the_contract_is_read_from_the_descriptors() -> None:
    """Methods, their messages and what streams come from the proto files, not from a second list."""
    methods = contract()
    assert methods[QUERY].request is query_pb2.QueryRequest
    assert methods[QUERY].response is query_pb2.QueryResponse
    assert {name for name, method in methods.items() if method.streams} == {WATCH, NEEDS}
    assert set(methods) == set(POLICY)
    assert service_names() == tuple(
        f"cagelab.bridge.v1.{name}"
        for name in ("Bridge", "Credentials", "Events", "Rigs", "Audits", "Backfills", "Reclaims")
    )


def test_a_handler_for_no_method_is_a_mistake_of_ours() -> None:
    """A misspelt handler is found when the bridge is built, not when it is called."""
    with pytest.raises(ValueError, match="Bridge/Qery"):
        dispatcher(echo, "/cagelab.bridge.v1.Bridge/Qery")


async def test_a_call_reaches_its_handler_with_its_caller() -> None:
    """The handler gets the message and who calls; its answer comes back."""
    assert await ask(echo) == query_pb2.QueryResponse(json=f"{CANARY} test")


@pytest.mark.parametrize("method", ["", "/x", "/cagelab.bridge.v1.Bridge/Login", WATCH])
async def test_what_has_no_unary_handler_is_unimplemented(method: str) -> None:
    """An unknown method, one without a handler and a stream called as unary answer the same code."""
    with pytest.raises(Unimplemented):
        await dispatcher(echo).unary(method, query_pb2.QueryRequest(), LOCAL)


async def test_policy_comes_before_the_handler() -> None:
    """A role without permission never reaches the handler."""
    reached = []

    async def note(request: Any, caller: Caller) -> Message:
        reached.append(caller)
        return query_pb2.QueryResponse()

    with pytest.raises(Forbidden):
        await ask(note, Caller("stranger", None, "test"))
    assert not reached


@pytest.mark.parametrize(("asked", "given"), [(None, 30.0), (5.0, 5.0), (LONGEST_SECONDS + 1, LONGEST_SECONDS)])
async def test_a_call_has_thirty_seconds_or_what_the_caller_says_up_to_two_minutes(
    asked: float | None, given: float
) -> None:
    """No call can hang: without a deadline it has 30 s, and nobody gets more than 120 s."""
    runtime = RecordingRuntime()
    await ask(echo, Caller("local", asked, "test"), runtime)
    assert runtime.waited == [given]


@pytest.mark.parametrize("seconds", [0.05, 0.0, -1.0])
async def test_a_deadline_ends_the_call(seconds: float) -> None:
    """Time that ran out, also before the call began, is DeadlineExceeded."""
    with pytest.raises(DeadlineExceeded):
        await ask(forever, Caller("local", seconds, "test"))


async def test_a_timeout_inside_the_handler_is_not_the_callers_deadline() -> None:
    """A TimeoutError that a handler lets slip is a mistake of ours; more time would not help."""

    async def slip(request: Any, caller: Caller) -> Message:
        raise TimeoutError

    with pytest.raises(InternalError):
        await ask(slip)


async def test_our_errors_pass_unchanged() -> None:
    """A BridgeError of a handler arrives as it was raised."""
    raised = NotFound("No such subject.", about="subject")

    async def refuse(request: Any, caller: Caller) -> Message:
        raise raised

    with pytest.raises(BridgeError) as received:
        await ask(refuse)
    assert received.value is raised


async def test_a_mistake_of_ours_is_logged_without_what_was_said(caplog: pytest.LogCaptureFixture) -> None:
    """Any other exception becomes InternalError; the log tells where and what kind, never texts, locals or messages."""

    async def fail(request: query_pb2.QueryRequest, caller: Caller) -> Message:
        password = request.path
        try:
            raise ExceptionGroup(password, [KeyError(password)])
        except ExceptionGroup as error:
            raise ValueError(password) from error

    caplog.set_level(logging.DEBUG)
    with pytest.raises(InternalError) as received:
        await ask(fail)
    assert CANARY not in received.value.message
    assert CANARY not in caplog.text
    assert "test: Query internal" in caplog.text
    for expected in ("in fail", "builtins.KeyError", "builtins.ValueError", "ExceptionGroup"):
        assert expected in caplog.text


async def test_a_wrong_kind_of_answer_is_a_mistake_of_ours() -> None:
    """A handler that answers another message than the contract says does not confuse the client."""

    async def confuse(request: Any, caller: Caller) -> Message:
        return status_pb2.LogoutResponse()

    with pytest.raises(InternalError):
        await ask(confuse)


async def test_every_call_leaves_one_line_without_its_contents(caplog: pytest.LogCaptureFixture) -> None:
    """The log says door, method, code and milliseconds."""
    caplog.set_level(logging.INFO)
    await ask(echo)
    (line,) = [record.getMessage() for record in caplog.records if record.name.startswith("cagelab_bridge")]
    assert line.startswith("test: Query ok ")
    assert line.endswith(" ms")
    assert CANARY not in line


async def test_the_name_of_an_unknown_method_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A caller cannot write lines of their own into the log."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Unimplemented):
        await dispatcher(echo).unary(f"/x\n{CANARY}", query_pb2.QueryRequest(), LOCAL)
    assert CANARY not in caplog.text


async def test_cancelling_a_call_cancels_its_handler() -> None:
    """A caller who goes away takes the handler along; it is no error."""
    entered, ended = asyncio.Event(), asyncio.Event()

    async def hold(request: Any, caller: Caller) -> Message:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return query_pb2.QueryResponse()

    call = asyncio.create_task(ask(hold))
    await entered.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert ended.is_set()


async def count(request: Any, caller: Caller) -> AsyncIterator[Message]:
    for number in range(3):
        yield status_pb2.WatchResponse(transfer={"transfer_id": str(number)})


async def test_a_stream_gives_every_message_and_ends() -> None:
    """What the handler yields arrives, in order."""
    answers = dispatcher(count, WATCH).stream(WATCH, status_pb2.WatchRequest(), LOCAL)
    received = [answer async for answer in answers if isinstance(answer, status_pb2.WatchResponse)]
    assert [answer.transfer.transfer_id for answer in received] == ["0", "1", "2"]


async def test_a_stream_has_no_deadline_of_its_own() -> None:
    """Watching lasts as long as the watcher wants: no timer runs unless they named a deadline."""
    runtime = RecordingRuntime()
    async for _ in dispatcher(count, WATCH, runtime).stream(WATCH, status_pb2.WatchRequest(), LOCAL):
        pass
    assert runtime.waited == []


async def test_a_stream_ends_at_its_callers_deadline_and_closes_its_handler() -> None:
    """The deadline counts over the whole stream, and the handler's `finally` runs."""
    closed = asyncio.Event()

    async def drip(request: Any, caller: Caller) -> AsyncIterator[Message]:
        try:
            yield status_pb2.WatchResponse()
            await asyncio.Event().wait()
        finally:
            closed.set()

    answers = dispatcher(drip, WATCH).stream(WATCH, status_pb2.WatchRequest(), Caller("local", 0.05, "test"))
    assert await anext(answers) == status_pb2.WatchResponse()
    with pytest.raises(DeadlineExceeded):
        await anext(answers)
    assert closed.is_set()


async def test_leaving_a_stream_closes_its_handler(caplog: pytest.LogCaptureFixture) -> None:
    """A watcher who leaves early leaves nothing running."""
    caplog.set_level(logging.INFO)
    closed = asyncio.Event()

    async def drip(request: Any, caller: Caller) -> AsyncIterator[Message]:
        try:
            while True:
                yield status_pb2.WatchResponse()
        finally:
            closed.set()

    answers = dispatcher(drip, WATCH).stream(WATCH, status_pb2.WatchRequest(), LOCAL)
    await anext(answers)
    await answers.aclose()
    assert closed.is_set()
    assert "Watch canceled" in caplog.text


async def test_a_stream_that_fails_is_an_error_like_any_other() -> None:
    """Errors in the middle of a stream are mapped as in a unary call."""

    async def fail(request: Any, caller: Caller) -> AsyncIterator[Message]:
        yield status_pb2.WatchResponse()
        raise ValueError(CANARY)

    answers = dispatcher(fail, WATCH).stream(WATCH, status_pb2.WatchRequest(), LOCAL)
    await anext(answers)
    with pytest.raises(InternalError):
        await anext(answers)
