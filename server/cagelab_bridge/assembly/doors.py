"""The outside world: what a simulator replaces."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cagelab_bridge import event_settings
from cagelab_bridge.alyx.door import HttpxAlyxDoor
from cagelab_bridge.arriving_files import LocalArrivals
from cagelab_bridge.assembly.all_stores import AllStores
from cagelab_bridge.config import Settings
from cagelab_bridge.daemon_threads import DaemonThreads
from cagelab_bridge.event_models import Receiver
from cagelab_bridge.keys.keyring import SystemKeyring
from cagelab_bridge.keys.sandbox_keyring import NoKeyring
from cagelab_bridge.plain_http import PlainHttp
from cagelab_bridge.ports import AlyxDoor, Arrivals, Keyring, ReceiverDoor, Runtime, StoreDoor
from cagelab_bridge.receivers.door import Receivers
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.smb.door import ShareDoor
from cagelab_bridge.store.door import S3Door
from cagelab_bridge.throttle import Throttle


@dataclass(frozen=True, kw_only=True)
class Doors:
    """The outside world: what a simulator replaces."""

    runtime: Runtime
    alyx: AlyxDoor
    stores: StoreDoor
    keyring: Keyring
    arrivals: Arrivals = field(default_factory=LocalArrivals)
    receivers: ReceiverDoor | None = None  # of events
    rules: tuple[Receiver, ...] = ()  # who is told of which


def real_doors(settings: Settings) -> Doors:
    """This computer, the network, the keyring (none for the sandbox). Raises InvalidInput for a wrong [[event]]."""
    runtime, plain = SystemRuntime(), PlainHttp(settings.network_insecure_hosts)
    keyring: Keyring = NoKeyring() if settings.sandbox else SystemKeyring(DaemonThreads(2))
    return Doors(
        runtime=runtime,
        alyx=HttpxAlyxDoor(runtime, plain=plain),
        stores=_stores(settings, runtime, plain),
        keyring=keyring,
        receivers=Receivers(runtime, plain, settings.runtime_folder),
        rules=event_settings.read(Path(settings.config_file) if settings.config_file else None),
    )


def _stores(settings: Settings, runtime: Runtime, plain: PlainHttp) -> StoreDoor:
    throttle = Throttle(runtime.monotonic, runtime.pause)
    shares = ShareDoor(runtime, throttle, encrypted=settings.store_smb_encryption)
    return AllStores(S3Door(runtime, plain=plain, throttle=throttle), shares)
