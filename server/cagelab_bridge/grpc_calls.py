"""What both gRPC doors do with a call: read its bytes, end it with an error, refuse it unread, take a port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message

from cagelab_bridge.api.dispatch import Method
from cagelab_bridge.api.status import DETAILS_KEY, STATUS, plain, rich_status
from cagelab_bridge.errors import BridgeError, InvalidInput, WrongState

if TYPE_CHECKING:  # these classes take type arguments in their stubs only
    Context = grpc.aio.ServicerContext[Any, Any]
    Handler = grpc.RpcMethodHandler[Any, Any]


def read(method: Method, request: bytes) -> Message:
    """The request of a call. Garbage is the caller's mistake, not ours: raises InvalidInput."""
    try:
        return method.request.FromString(request)
    except DecodeError:
        raise InvalidInput(
            f"These bytes are no {method.request.DESCRIPTOR.name}.",
            about="message",
            hint="Make the client's stubs anew from the proto files of this bridge.",
        ) from None


async def abort(context: Context, error: BridgeError) -> NoReturn:
    """End the call with the error's code and sentence, and its hint in the trailing metadata."""
    await context.abort(STATUS[error.code].grpc, plain(error.message), ((DETAILS_KEY, rich_status(error)),))


def refusing(error: BridgeError) -> Handler:
    """A handler that refuses a call of any kind without reading it."""

    async def refuse(_: AsyncIterator[bytes], context: Context) -> None:
        await abort(context, error)

    return grpc.stream_stream_rpc_method_handler(refuse, None, None)


def take_port(bind: Callable[[str], int], address: str) -> int:
    """Bind "host:port" and tell the port. Raises WrongState when that cannot be."""
    try:
        return bind(address)
    except RuntimeError as error:
        raise WrongState(
            f"The port {address} cannot be used; most likely another program has it.",
            about="port",
            hint="Stop the other program (or the other bridge), or choose another port; 0 takes any free one.",
        ) from error
