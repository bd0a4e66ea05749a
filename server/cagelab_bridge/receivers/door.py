"""`ports.ReceiverDoor` over the network and this computer."""

from __future__ import annotations

from cagelab_bridge.event_models import Event, Receiver
from cagelab_bridge.plain_http import PlainHttp
from cagelab_bridge.ports import Runtime
from cagelab_bridge.receivers import key_file
from cagelab_bridge.receivers.command import Commands
from cagelab_bridge.receivers.webhook import Webhooks
from cagelab_bridge.secret import Secret


class Receivers:
    """Webhooks and commands. The key is read for each event, so that a new one counts at once."""

    def __init__(self, runtime: Runtime, plain: PlainHttp, runtime_folder: str = "") -> None:
        self._runtime = runtime
        self._webhooks = Webhooks(runtime, plain)
        self._commands = Commands(runtime, runtime_folder)

    async def key(self, receiver: Receiver) -> Secret | None:
        """See the port."""
        return await self._runtime.in_thread(key_file.read, receiver.key_file) if receiver.key_file else None

    async def tell(self, receiver: Receiver, event: Event, key: Secret | None, *, sent_at: int) -> None:
        """See the port."""
        if receiver.command:
            await self._commands.tell(receiver, event)
            return
        assert key is not None  # a webhook has a key file
        await self._webhooks.tell(receiver, event, key, sent_at)

    async def close(self) -> None:
        """See the port."""
        await self._webhooks.close()
