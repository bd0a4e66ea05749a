"""One connection to one peer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import grpc
import grpc.aio

from cagelab_bridge.errors import BridgeError, PeerUnreachable
from cagelab_bridge.models import Peer
from cagelab_bridge.peers.causes import cause
from cagelab_bridge.ports import Runtime


class GrpcPeerLink:
    """`ports.PeerLink` over gRPC and mutual TLS."""

    def __init__(
        self, channel: grpc.aio.Channel, peer: Peer, runtime: Runtime, closed: Callable[[GrpcPeerLink], None]
    ) -> None:
        """`closed`: told when it is."""
        self._channel, self._peer, self._runtime = channel, peer, runtime
        self._closed, self._hung_up = closed, False

    async def call(self, method: str, request: bytes, seconds: float) -> bytes:
        """One call of "/package.Service/Method", answered within so many seconds. Raises PeerTrouble and its kin."""
        ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(method)
        try:
            return await ask(request, timeout=seconds)
        except grpc.aio.AioRpcError as error:
            raise await self._why(error) from None
        except asyncio.CancelledError:
            self._tell_hung_up()
            raise

    async def stream(self, method: str, request: bytes) -> AsyncIterator[bytes]:
        """A call that answers again and again, for as long as the caller reads. Raises PeerTrouble and its kin."""
        ask: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(method)
        answers = ask(request)
        try:
            async for answer in answers:
                yield answer
        except grpc.aio.AioRpcError as error:
            raise await self._why(error) from None
        except asyncio.CancelledError:
            self._tell_hung_up()
            raise
        finally:
            answers.cancel()

    async def close(self) -> None:
        """Hang up."""
        self._hung_up = True
        self._closed(self)
        await self._channel.close()

    def _tell_hung_up(self) -> None:
        """gRPC cancels whoever waits on a channel that is closed, which nobody asked of the task itself."""
        task = asyncio.current_task()
        if self._hung_up and task is not None and not task.cancelling():
            raise PeerUnreachable(f"The connection to {self._peer.name} was closed.") from None

    async def _why(self, error: grpc.aio.AioRpcError) -> BridgeError:
        ready = self._channel.get_state() is grpc.ChannelConnectivity.READY
        return await cause(error, self._peer, self._runtime, ready=ready)
