"""The doors of one bridge, opened and closed together: gRPC and JSON on loopback, and the LAN door of a rig."""

from __future__ import annotations

import asyncio

from cagelab_bridge.api.dispatch import Dispatcher
from cagelab_bridge.config import Settings
from cagelab_bridge.grpc_server import GrpcServer
from cagelab_bridge.http_gateway.gateway import HttpGateway
from cagelab_bridge.neighbours import Neighbours
from cagelab_bridge.ports import Runtime
from cagelab_bridge.secret import Secret


class WaysIn:
    """Every way in goes through the one dispatcher."""

    def __init__(
        self, settings: Settings, dispatcher: Dispatcher, token: Secret, runtime: Runtime, others: Neighbours | None
    ) -> None:
        """`token`: what programs of this computer show; `others`: peers show certificates, at a rig's LAN door."""
        self._settings, self._dispatcher, self._others = settings, dispatcher, others
        self._grpc = GrpcServer(dispatcher, token)
        self._gateway = HttpGateway(dispatcher, token, runtime)

    async def open(self) -> tuple[int, int]:
        """All of them, or none. Returns the ports of gRPC and JSON; raises WrongState when one is taken."""
        try:
            grpc_port = await self._grpc.start(self._settings.server_grpc_port)
            gateway_port = await self._gateway.start(self._settings.server_gateway_port)
            if self._others is not None:
                await self._others.open(self._dispatcher)
        except BaseException:
            await self.close(0)
            raise
        return grpc_port, gateway_port

    async def close(self, grace: float) -> None:
        """Take no new calls, and give running ones `grace` seconds."""
        others = [self._others.close(grace)] if self._others is not None else []
        await asyncio.gather(self._grpc.stop(grace), self._gateway.stop(grace), *others)
