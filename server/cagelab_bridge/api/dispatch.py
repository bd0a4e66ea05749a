"""The one way in: identity, policy, deadline, the handler, errors, the log line. Both doors only translate."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from cagelab_bridge._gen.cagelab.bridge.v1 import (
    audits_pb2,
    backfills_pb2,
    bridge_pb2,
    credentials_pb2,
    events_pb2,
    reclaims_pb2,
    rigs_pb2,
)
from cagelab_bridge.api.policy import require_allowed
from cagelab_bridge.errors import BridgeError, DeadlineExceeded, InternalError, Unimplemented
from cagelab_bridge.ports import Runtime

DEFAULT_SECONDS = 30.0  # for callers that name no deadline
LONGEST_SECONDS = 120.0  # longer deadlines are cut: MATLAB must never hang
FILES = (
    bridge_pb2.DESCRIPTOR,
    credentials_pb2.DESCRIPTOR,
    events_pb2.DESCRIPTOR,
    rigs_pb2.DESCRIPTOR,
    audits_pb2.DESCRIPTOR,
    backfills_pb2.DESCRIPTOR,
    reclaims_pb2.DESCRIPTOR,
)

_CLOCK_GRAIN = 0.01  # seconds a timer may ring before its time
T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Caller:
    """Who calls, through which door, and for how long they wait (seconds; None: they did not say).

    `role` is "local", or the peer's role in which it may make this call; `peer` and `fingerprint` name that peer.
    """

    role: str
    deadline_seconds: float | None
    door: str
    peer: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class Method:
    """One RPC of the contract; `name` is "/package.Service/Method"."""

    name: str
    request: type[Message]
    response: type[Message]
    streams: bool

    @property
    def short(self) -> str:
        """The name people use: "Query"."""
        return self.name.rpartition("/")[2]


UnaryHandler = Callable[[Any, Caller], Awaitable[Message]]
StreamHandler = Callable[[Any, Caller], AsyncIterator[Message]]
Handler = UnaryHandler | StreamHandler


def contract() -> dict[str, Method]:
    """Every RPC of the proto files, by full name."""
    methods: dict[str, Method] = {}
    for file in FILES:
        for service in file.services_by_name.values():
            for rpc in service.methods:
                name = f"/{service.full_name}/{rpc.name}"
                request, response = GetMessageClass(rpc.input_type), GetMessageClass(rpc.output_type)
                methods[name] = Method(name, request, response, streams=bool(rpc.server_streaming))
    return methods


def service_names() -> tuple[str, ...]:
    """The full names of the services: "cagelab.bridge.v1.Bridge"."""
    return tuple(service.full_name for file in FILES for service in file.services_by_name.values())


class Dispatcher:
    """Calls handlers. `handlers` is keyed by full method name; a method without one answers Unimplemented."""

    def __init__(self, handlers: Mapping[str, Handler], runtime: Runtime) -> None:
        self._methods = contract()
        unknown = sorted(set(handlers) - set(self._methods))
        if unknown:
            raise ValueError(f"not in the contract: {', '.join(unknown)}")
        self._handlers = dict(handlers)
        self._runtime = runtime

    def methods(self) -> Mapping[str, Method]:
        """Every method of the contract, by full name."""
        return self._methods

    async def unary(self, method: str, message: Message, caller: Caller) -> Message:
        """Answer one call. Raises BridgeError, and nothing else but CancelledError."""
        with self._watched(method, caller):
            handler = cast("UnaryHandler", self._handler(method, caller, streams=False))
            answer = await self._in_time(handler(message, caller), _seconds(caller))
            if not isinstance(answer, self._methods[method].response):
                raise TypeError(f"the handler answered a {type(answer).__name__}")
            return answer

    async def stream(self, method: str, message: Message, caller: Caller) -> AsyncGenerator[Message, None]:
        """Answer a call with many messages. Lasts as long as the caller likes: only a deadline they name ends it."""
        with self._watched(method, caller):
            handler = cast("StreamHandler", self._handler(method, caller, streams=True))
            end = None if caller.deadline_seconds is None else self._runtime.monotonic() + caller.deadline_seconds
            answers = handler(message, caller)
            async with aclosing(cast("AsyncGenerator[Message, None]", answers)):
                while (answer := await self._next(answers, end)) is not None:
                    yield answer

    def _handler(self, method: str, caller: Caller, *, streams: bool) -> Handler:
        """The handler, for a caller who may call it and still waits."""
        known = self._methods.get(method)
        if known is None or known.streams != streams:
            raise Unimplemented
        require_allowed(method, caller.role)
        if caller.deadline_seconds is not None and caller.deadline_seconds <= 0:
            raise DeadlineExceeded
        handler = self._handlers.get(method)
        if handler is None:
            raise Unimplemented(f"This bridge does not answer {known.short} yet.")
        return handler

    async def _in_time(self, work: Awaitable[T], seconds: float) -> T:
        """Await `work` for so long; raises DeadlineExceeded. The work's own TimeoutError passes: it is a mistake."""
        end = self._runtime.monotonic() + seconds - _CLOCK_GRAIN
        try:
            return await self._runtime.wait_for(work, seconds)
        except TimeoutError:
            if self._runtime.monotonic() < end:
                raise
            raise DeadlineExceeded from None

    async def _next(self, answers: AsyncIterator[Message], end: float | None) -> Message | None:
        """The next message of a stream, or None at its end."""
        step = anext(answers, None)
        if end is None:
            return await step
        return await self._in_time(step, max(0.0, end - self._runtime.monotonic()))

    @contextmanager
    def _watched(self, method: str, caller: Caller) -> Iterator[None]:
        """Turns what is not a BridgeError into InternalError; logs method, code and milliseconds, never contents."""
        name = self._methods[method].short if method in self._methods else "an unknown method"
        door = f"{caller.door} {caller.peer}" if caller.peer else caller.door
        started, code = self._runtime.monotonic(), "ok"
        try:
            yield
        except BridgeError as error:
            code = error.code.value
            raise
        except (asyncio.CancelledError, GeneratorExit):
            code = "canceled"
            raise
        except Exception as error:  # noqa: BLE001 - the last line of defence: a caller always gets one of our errors
            code = "internal"
            _log.error("%s: %s failed\n%s", door, name, trace(error))
            raise InternalError(f"The bridge made a mistake in {name}.") from None
        finally:
            _log.info("%s: %s %s %.1f ms", door, name, code, 1000 * (self._runtime.monotonic() - started))


def _seconds(caller: Caller) -> float:
    return DEFAULT_SECONDS if caller.deadline_seconds is None else min(caller.deadline_seconds, LONGEST_SECONDS)


def trace(error: BaseException) -> str:
    """Where it happened and the kinds of exceptions, causes first; neither texts nor locals: they may quote secrets."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    frames = "".join(traceback.format_tb(error.__traceback__))
    members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    own = f"{frames}{type(error).__module__}.{type(error).__qualname__}"
    return "\n".join([*([trace(earlier)] if earlier else []), own, *(trace(member) for member in members)])
