"""The LAN door: grpc.aio with mutual TLS. A stranger gets no further than the handshake.

Neither health nor reflection is offered, and no token counts here. gRPC ignores misspelt option names silently, so what
they do is tested.
"""

from __future__ import annotations

import ipaddress
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import grpc
import grpc.aio
from google.protobuf.message import Message

from cagelab_bridge.api.dispatch import Dispatcher, Method
from cagelab_bridge.errors import BridgeError, Unimplemented
from cagelab_bridge.grpc_calls import abort, read, take_port
from cagelab_bridge.identity.identity import Identity
from cagelab_bridge.identity.trust_list import TrustList
from cagelab_bridge.lan_door.gate import Gate
from cagelab_bridge.lan_door.handshakes import Handshakes

if TYPE_CHECKING:
    from cagelab_bridge.grpc_calls import Context, Handler

MAX_REQUEST = 1024 * 1024  # bytes
MAX_CALLS = 256  # at a time, of all peers, streams included
MAX_CONNECTIONS = 64  # also those that have not shown a certificate yet
HANDSHAKE_SECONDS = 5.0
OPTIONS: Final = (
    ("grpc.so_reuseport", 0),  # else a second process may share the port and get half of the callers
    ("grpc.max_receive_message_length", MAX_REQUEST),
    ("grpc.max_send_message_length", -1),  # an answer may be as large as what Alyx holds
    ("grpc.compression_enabled_algorithms_bitset", 1),  # none: no compressed bombs
    ("grpc.max_metadata_size", 8192),
    ("grpc.absolute_max_metadata_size", 16384),
    ("grpc.max_concurrent_streams", 64),  # per connection; more wait
    ("grpc.max_allowed_incoming_connections", MAX_CONNECTIONS),
    ("grpc.server_handshake_timeout_ms", int(1000 * HANDSHAKE_SECONDS)),
    # A dead peer is noticed within 15 s: a ping after 10 s without a sign, 5 s to answer it.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.ping_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
)


class LanServer:
    """The LAN door of one rig."""

    def __init__(self, dispatcher: Dispatcher, identity: Identity, trust: TrustList) -> None:
        self._dispatcher = dispatcher
        self._gate = Gate(trust)
        self._handshakes = Handshakes(identity, lambda: trust.now)
        self._server: grpc.aio.Server | None = None

    async def start(self, address: str, port: int) -> str:
        """Serve there; port 0 takes any free one. Returns "address:port"; raises WrongState when it is taken."""
        host = f"[{address}]" if _is_ipv6(address) else address
        server = grpc.aio.server(options=OPTIONS, maximum_concurrent_rpcs=MAX_CALLS)
        server.add_generic_rpc_handlers((_Methods(self._dispatcher, self._gate),))
        credentials = self._handshakes.credentials()
        bound = take_port(lambda place: server.add_secure_port(place, credentials), f"{host}:{port}")
        await server.start()
        self._server = server
        return f"{host}:{bound}"

    async def stop(self, grace: float = 2.0) -> None:
        """Take no new calls, end streams, give other running calls `grace` seconds, then cancel them."""
        if self._server is not None:
            self._gate.close()
            await self._server.stop(grace)
            self._server = None


class _Methods(grpc.GenericRpcHandler):
    """gRPC handlers for whatever the dispatcher knows, behind the gate."""

    def __init__(self, dispatcher: Dispatcher, gate: Gate) -> None:
        self._handlers = {method.name: _handler(method, dispatcher, gate) for method in dispatcher.methods().values()}
        self._unknown = _unknown(gate)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler:
        return self._handlers.get(handler_call_details.method, self._unknown)


def _handler(method: Method, dispatcher: Dispatcher, gate: Gate) -> Handler:
    """One method's handler."""

    async def unary(request: bytes, context: Context) -> Message:
        try:
            with gate.passing(context, method.name) as caller:
                return await dispatcher.unary(method.name, read(method, request), caller)
        except BridgeError as error:
            await abort(context, error)

    # Not a generator: a call that ends while its answer is being sent must end in here, where the gate sees it.
    async def stream(request: bytes, context: Context) -> None:
        try:
            with gate.passing(context, method.name, stream=True) as caller:
                answers = dispatcher.stream(method.name, read(method, request), caller)
                async with aclosing(answers):
                    async for answer in answers:
                        await context.write(answer)
        except BridgeError as error:
            await abort(context, error)

    write = method.response.SerializeToString
    if method.streams:
        return grpc.unary_stream_rpc_method_handler(stream, None, write)
    return grpc.unary_unary_rpc_method_handler(unary, None, write)


def _unknown(gate: Gate) -> Handler:
    """Tells only peers that there is no such method."""

    async def refuse(_: object, context: Context) -> None:
        try:
            with gate.passing(context, ""):
                raise Unimplemented
        except BridgeError as error:
            await abort(context, error)

    return grpc.stream_stream_rpc_method_handler(refuse, None, None)


def _is_ipv6(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).version == 6
    except ValueError:
        return False
