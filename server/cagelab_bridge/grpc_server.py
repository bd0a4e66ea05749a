"""The gRPC door: grpc.aio on loopback, for every language that has gRPC.

Nothing here is written per method: the dispatcher names the methods and this door carries bytes in and out. Every call
shows the access token, except grpc.health.v1.Health, which tells nothing but "serving". gRPC ignores
misspelt option names silently, so what they do is tested.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import grpc
import grpc.aio
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from cagelab_bridge.api.callers import require_token
from cagelab_bridge.api.dispatch import Caller, Dispatcher, Method, service_names
from cagelab_bridge.api.policy import LOCAL
from cagelab_bridge.errors import BridgeError, NoAccess, Unimplemented
from cagelab_bridge.grpc_calls import abort, read, refusing, take_port
from cagelab_bridge.secret import Secret

if TYPE_CHECKING:  # these classes take type arguments in their stubs only
    from cagelab_bridge.grpc_calls import Context, Handler

    _Continue = Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]

MAX_REQUEST = 4 * 1024 * 1024  # bytes
MAX_CALLS = 128  # at a time, streams included
OPTIONS: Final = (
    ("grpc.so_reuseport", 0),  # else a second process may share the port and get half of the callers
    ("grpc.max_receive_message_length", MAX_REQUEST),
    ("grpc.max_send_message_length", -1),  # an answer may be as large as what Alyx holds
    ("grpc.compression_enabled_algorithms_bitset", 1),  # none: no compressed bombs
    ("grpc.max_metadata_size", 8192),
    ("grpc.absolute_max_metadata_size", 16384),
    ("grpc.max_allowed_incoming_connections", 256),
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)

_OPEN_PREFIX = f"/{health.SERVICE_NAME}/"


class GrpcServer:
    """The gRPC door of one bridge, on 127.0.0.1."""

    def __init__(self, dispatcher: Dispatcher, token: Secret) -> None:
        self._dispatcher = dispatcher
        self._token = token
        self._health = health.aio.HealthServicer()
        self._server: grpc.aio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Serve on 127.0.0.1; port 0 takes any free one. Returns the port; raises WrongState when it is taken."""
        server = grpc.aio.server(
            interceptors=[_TokenCheck(self._token)], options=OPTIONS, maximum_concurrent_rpcs=MAX_CALLS
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names = (*service_names(), health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
        server.add_generic_rpc_handlers((_Methods(self._dispatcher),))
        bound = take_port(server.add_insecure_port, f"127.0.0.1:{port}")
        await server.start()
        for name in names:
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        self._server = server
        return bound

    async def stop(self, grace: float = 2.0) -> None:
        """Say NOT_SERVING, take no new calls, give running ones `grace` seconds, then cancel them."""
        if self._server is not None:
            await self._health.enter_graceful_shutdown()
            await self._server.stop(grace)
            self._server = None


class _TokenCheck(grpc.aio.ServerInterceptor):
    """Lets a call pass only with the access token."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    async def intercept_service(
        self, continuation: _Continue, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler | None:
        if not handler_call_details.method.startswith(_OPEN_PREFIX):
            shown = [str(value) for key, value in handler_call_details.invocation_metadata if key == "authorization"]
            try:
                require_token(shown, self._token)
            except NoAccess as error:
                return refusing(error)
        return await continuation(handler_call_details)


class _Methods(grpc.GenericRpcHandler):
    """gRPC handlers for whatever the dispatcher knows; the last one asked, so it also answers for unknown methods."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._handlers = {method.name: _handler(method, dispatcher) for method in dispatcher.methods().values()}
        self._unknown = refusing(Unimplemented())

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler:
        return self._handlers.get(handler_call_details.method, self._unknown)


def _handler(method: Method, dispatcher: Dispatcher) -> Handler:
    """One method's handler. Requests arrive as bytes and are read here: garbage is the caller's mistake, not ours."""

    async def unary(request: bytes, context: Context) -> Message:
        try:
            return await dispatcher.unary(method.name, read(method, request), _caller(context))
        except BridgeError as error:
            await abort(context, error)

    async def stream(request: bytes, context: Context) -> AsyncIterator[Message]:
        try:
            async with aclosing(dispatcher.stream(method.name, read(method, request), _caller(context))) as answers:
                async for answer in answers:
                    yield answer
        except BridgeError as error:
            await abort(context, error)

    write = method.response.SerializeToString
    if method.streams:
        return grpc.unary_stream_rpc_method_handler(stream, None, write)
    return grpc.unary_unary_rpc_method_handler(unary, None, write)


def _caller(context: Context) -> Caller:
    return Caller(role=LOCAL, deadline_seconds=context.time_remaining(), door="grpc")
