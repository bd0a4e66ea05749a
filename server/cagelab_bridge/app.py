"""Runs the bridge until it is told to stop; rebuilds its journal."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager, closing
from pathlib import Path
from tempfile import TemporaryDirectory

from cagelab_bridge import endpoint, neighbours
from cagelab_bridge.api.house import House
from cagelab_bridge.assembly import Doors, build, dispatcher, real_doors
from cagelab_bridge.config import Settings
from cagelab_bridge.daemon_threads import hand_over_soon
from cagelab_bridge.endpoint import Endpoint
from cagelab_bridge.errors import AlreadyRunning
from cagelab_bridge.journal import ballast
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.memory import keep_what_is_there, share_one_heap
from cagelab_bridge.neighbours import Neighbours
from cagelab_bridge.peers.rig_client import RigClients
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.accounts.leak_guard import mask_log
from cagelab_bridge.services.accounts.start_secrets import Handed, StartSecrets
from cagelab_bridge.services.records.recovery import Found, Recovery
from cagelab_bridge.ways_in import WaysIn

STOP_GRACE = 3.0  # seconds for calls under way; the whole stop takes at most five
log = logging.getLogger(__name__)


def recover(settings: Settings, root: Path, *, dry_run: bool) -> list[Found]:
    """Rebuild what the journal lacks from the second records below `root`. Needs no network.

    Raises AlreadyRunning while the bridge runs, JournalTrouble.
    """
    state = Path(settings.state_folder)
    with ExitStack() as stack:
        if dry_run and not (state / "journal.db").exists():
            # Looking must not make a journal.
            state = Path(stack.enter_context(TemporaryDirectory(prefix="cagelab-bridge-")))
        try:
            journal = stack.enter_context(closing(Journal(state)))
        except AlreadyRunning as problem:
            raise AlreadyRunning(
                problem.message,
                hint="Stop that bridge, recover, and start it again: recover needs the journal at rest.",
            ) from problem
        return Recovery(journal, SystemRuntime().files, dry_run=dry_run).run(str(root))


async def serve(settings: Settings, ready: Callable[[Endpoint], None], handed: Sequence[Handed] = ()) -> None:
    """Run the bridge until SIGTERM or SIGINT. `ready` is called once it takes calls; `handed`: secrets for this run.

    Raises AlreadyRunning, JournalTrouble, WrongState (a port is taken).
    """
    share_one_heap()
    hand_over_soon()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    doors = real_doors(settings)
    others = neighbours.of(settings, doors.runtime)
    journal = Journal(Path(settings.state_folder), ballast=ballast.SIZE)
    try:
        house = _housed(settings, journal, doors, others)
        keep_what_is_there()
        async with _open(settings, house, doors, others, handed) as place:
            ready(place)
            await stopping.wait()
            log.info("stopping; what is under way goes on at the next start")
    finally:
        journal.close()


def _housed(settings: Settings, journal: Journal, doors: Doors, others: Neighbours | None) -> House:
    if others is None:
        return build(settings, journal, doors)
    return build(settings, journal, doors, others.standing, others.trust, RigClients(others.peers))


async def _resume(house: House, doors: Doors, handed: Sequence[Handed]) -> None:
    """Find out how the keyring stands, log in again, and take the secrets of this run."""
    start = StartSecrets(house.accounts, house.credentials, doors.runtime, house.delivery.wake_all)
    await asyncio.gather(house.credentials.look_at_keyring(), house.accounts.resume(), start.take(handed))


@asynccontextmanager
async def _open(
    settings: Settings, house: House, doors: Doors, others: Neighbours | None, handed: Sequence[Handed]
) -> AsyncIterator[Endpoint]:
    """All doors, the delivery, and endpoint.json (which does not show the LAN door: nobody here uses it)."""
    token = Secret(secrets.token_urlsafe(32))
    house.credentials.guard.watch(("bridge",), "the access token of this bridge", token)
    mask_log(house.credentials.guard)
    ways_in = WaysIn(settings, dispatcher(house, doors.runtime), token, doors.runtime, others)
    grpc_port, gateway_port = await ways_in.open()
    folder = Path(settings.runtime_folder) if settings.runtime_folder else endpoint.folders()[0]
    place = Endpoint(
        version=house.version,
        pid=os.getpid(),
        grpc=f"127.0.0.1:{grpc_port}",
        gateway=f"http://127.0.0.1:{gateway_port}",
        token=token,
        started_at=house.started_at,
        sandbox=house.sandbox,
    )
    try:
        endpoint.write(folder, place)
    except BaseException:
        await ways_in.close(0)
        raise
    house.records.start()
    house.delivery.start()
    house.arriving.start()
    house.event_deliveries.start()
    house.reclaims.start()
    resuming = asyncio.ensure_future(_resume(house, doors, handed))
    house.abandonment.start()
    if house.rigs is not None:
        house.rigs.start()
    try:
        yield place
    finally:
        endpoint.remove(folder, place)
        resuming.cancel()
        if house.rigs is not None:
            await house.rigs.stop()
        await ways_in.close(STOP_GRACE)
        await _stop(house, doors)


async def _stop(house: House, doors: Doors) -> None:
    """Everything that runs by itself, and the ways to other computers."""
    await house.abandonment.stop()
    await house.delivery.stop()
    await house.leases.stop()
    await house.arriving.stop()
    await house.event_deliveries.stop()
    await house.reclaims.stop()
    await house.records.stop()
    await house.choices.stop()
    await doors.alyx.close()
    await doors.stores.close()
    if doors.receivers is not None:
        await doors.receivers.close()
