"""Builds all objects in one place, and runs them until told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import cagelab_bridge
from cagelab_bridge import control_side, endpoint, neighbours
from cagelab_bridge.alyx.door import HttpxAlyxDoor
from cagelab_bridge.api.dispatch import Dispatcher, Handler
from cagelab_bridge.api.handlers.accounts import AccountHandlers
from cagelab_bridge.api.handlers.credentials import CredentialHandlers
from cagelab_bridge.api.handlers.lending import LendingHandlers
from cagelab_bridge.api.handlers.mirrored import MirroredHandlers
from cagelab_bridge.api.handlers.records import RecordHandlers
from cagelab_bridge.api.handlers.rigs import RigHandlers
from cagelab_bridge.api.handlers.sessions import SessionHandlers
from cagelab_bridge.api.handlers.transfers import TransferHandlers
from cagelab_bridge.api.house import House
from cagelab_bridge.arriving_files import LocalArrivals
from cagelab_bridge.config import Settings
from cagelab_bridge.daemon_threads import DaemonThreads
from cagelab_bridge.endpoint import Endpoint
from cagelab_bridge.errors import AlreadyRunning
from cagelab_bridge.journal import ballast
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.keys.keyring import SystemKeyring
from cagelab_bridge.keys.sandbox_keyring import NoKeyring
from cagelab_bridge.models import Peer
from cagelab_bridge.neighbours import Neighbours
from cagelab_bridge.peers.rig_client import RigClients
from cagelab_bridge.plain_http import PlainHttp
from cagelab_bridge.ports import AlyxDoor, Arrivals, Keyring, PeerList, Runtime, StoreDoor
from cagelab_bridge.ports.rigs import RigDoor
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.abandonment import Abandonment
from cagelab_bridge.services.accounts import Accounts
from cagelab_bridge.services.amendments import Amendments
from cagelab_bridge.services.choices import Choices
from cagelab_bridge.services.credentials import Credentials
from cagelab_bridge.services.dataset_search import DatasetSearch
from cagelab_bridge.services.delivery import Delivery
from cagelab_bridge.services.discards import Discards
from cagelab_bridge.services.download_delivery import DownloadDelivery
from cagelab_bridge.services.downloads import Downloads
from cagelab_bridge.services.file_delivery import FileDelivery
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.leak_guard import LeakGuard, mask_log
from cagelab_bridge.services.leases import Leases
from cagelab_bridge.services.listing import Listing
from cagelab_bridge.services.needs import Needs
from cagelab_bridge.services.preflight import Preflight
from cagelab_bridge.services.quarantine import Quarantine
from cagelab_bridge.services.queries import Queries
from cagelab_bridge.services.record_keeper import RecordKeeper
from cagelab_bridge.services.recovery import Found, Recovery
from cagelab_bridge.services.rigs import Rigs
from cagelab_bridge.services.session_delivery import SessionDelivery
from cagelab_bridge.services.sessions import Sessions
from cagelab_bridge.services.signatures import Signatures
from cagelab_bridge.services.spare_copy import SpareCopy
from cagelab_bridge.services.standing import Standing
from cagelab_bridge.services.start_secrets import Handed, StartSecrets
from cagelab_bridge.services.submission_delivery import SubmissionDelivery
from cagelab_bridge.services.sweep import Sweep
from cagelab_bridge.services.transfers import Transfers
from cagelab_bridge.store.door import S3Door
from cagelab_bridge.ways_in import WaysIn

STOP_GRACE = 3.0  # seconds for calls under way; the whole stop takes at most five
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Doors:
    """The outside world: what a simulator replaces."""

    runtime: Runtime
    alyx: AlyxDoor
    stores: StoreDoor
    keyring: Keyring
    arrivals: Arrivals = field(default_factory=LocalArrivals)


def real_doors(settings: Settings) -> Doors:
    """This computer, the network, the keyring (none for the sandbox)."""
    runtime, plain = SystemRuntime(), PlainHttp(settings.network_insecure_hosts)
    keyring: Keyring = NoKeyring() if settings.sandbox else SystemKeyring(DaemonThreads(2))
    return Doors(
        runtime=runtime, alyx=HttpxAlyxDoor(runtime, plain=plain), stores=S3Door(runtime, plain=plain), keyring=keyring
    )


@dataclass(frozen=True, kw_only=True)
class Base:
    """What every service needs."""

    settings: Settings
    journal: Journal
    doors: Doors
    clock: LabTime
    accounts: Accounts
    credentials: Credentials
    choices: Choices
    guard: LeakGuard
    leases: Leases
    signatures: Signatures


def build(
    settings: Settings,
    journal: Journal,
    doors: Doors,
    standing: Standing | None = None,
    peers: PeerList | None = None,
    rig_door: RigDoor | None = None,
) -> House:
    """Every service, wired. Nothing runs yet."""
    base = _base(settings, journal, doors, peers)
    host = socket.gethostname()
    arriving = _arriving(base)
    rigs = _rigs(base, peers, rig_door)
    delivery = _delivery(base, _each(arriving.wake, *([rigs.lending.wake] if rigs else [])))
    base.leases.on_news(delivery.lent)
    transfers = Transfers(journal, doors.runtime, base.clock, delivery.wake, delivery.wake_all)
    spare = SpareCopy(journal, doors.runtime, base.clock, settings.files_spare_copy)
    abandonment = Abandonment(journal, transfers, doors.runtime, base.clock, spare, delivery.wake)
    return House(
        journal=journal,
        accounts=base.accounts,
        credentials=base.credentials,
        choices=base.choices,
        leases=base.leases,
        signatures=base.signatures,
        needs=Needs(journal, base.leases, base.signatures, base.accounts, base.credentials, doors.runtime),
        preflight=_preflight(base),
        queries=Queries(journal, base.accounts, doors.runtime, base.clock, delivery.wake),
        sessions=_sessions(base, transfers, abandonment, delivery, host),
        amendments=Amendments(journal, base.choices, doors.runtime, base.clock, delivery.wake),
        transfers=transfers,
        abandonment=abandonment,
        delivery=delivery,
        downloads=Downloads(
            journal, doors.runtime, base.clock, arriving.wake, arriving.give_up, folder=settings.download_folder
        ),
        arriving=arriving,
        records=RecordKeeper(journal, doors.runtime, version=cagelab_bridge.__version__, host=host),
        clock=base.clock,
        version=cagelab_bridge.__version__,
        host=host,
        time_zone=settings.lab_time_zone,
        started_at=base.clock.stamp(),
        sandbox=settings.sandbox,
        standing=standing or Standing(role=settings.bridge_role),
        rigs=rigs,
    )


def _base(settings: Settings, journal: Journal, doors: Doors, peers: PeerList | None) -> Base:
    clock = LabTime(doors.runtime, settings.time_zone)
    guard = LeakGuard(on=settings.files_leak_guard)
    is_rig = settings.bridge_role == "rig"
    controls = peers.peers if peers is not None else list[Peer]
    leases = Leases(journal, doors.runtime, doors.alyx.address, controls, active=is_rig)
    if peers is not None:
        peers.on_change(leases.peers_changed)
    signatures = Signatures(doors.runtime, leases, doors.stores, settings.store_region)
    accounts = Accounts(
        doors.alyx,
        doors.keyring,
        journal,
        doors.runtime,
        clock,
        guard,
        leases,
        default_url=settings.alyx_url,
        default_user=settings.alyx_user,
    )
    return Base(
        settings=settings,
        journal=journal,
        doors=doors,
        clock=clock,
        accounts=accounts,
        credentials=Credentials(
            doors.stores, doors.keyring, doors.runtime, settings.store_region, guard, leases, signatures
        ),
        choices=Choices(accounts, journal, doors.runtime, clock),
        guard=guard,
        leases=leases,
        signatures=signatures,
    )


def _sessions(base: Base, transfers: Transfers, abandonment: Abandonment, delivery: Delivery, host: str) -> Sessions:
    return Sessions(
        base.journal,
        base.accounts,
        base.choices,
        base.leases,
        transfers,
        abandonment,
        base.doors.runtime,
        base.clock,
        delivery.wake,
        root=base.settings.lab_root,
        lab=base.settings.lab_name,
        host=host,
    )


def _rigs(base: Base, peers: PeerList | None, door: RigDoor | None) -> Rigs | None:
    """On a control PC."""
    settings, journal, doors, clock = base.settings, base.journal, base.doors, base.clock
    if settings.bridge_role != "control" or peers is None or door is None:
        return None
    known = (base.accounts, base.choices, base.credentials)
    return control_side.rigs(settings, journal, *known, doors.stores, doors.runtime, clock, peers, door)


def _each(*calls: Callable[[], None]) -> Callable[[], None]:
    def all_of_them() -> None:
        for call in calls:
            call()

    return all_of_them


def _arriving(base: Base) -> DownloadDelivery:
    doors = base.doors
    search = DatasetSearch(base.journal, base.accounts, doors.stores, doors.runtime)
    return DownloadDelivery(
        base.journal, base.accounts, base.credentials, search, doors.arrivals, doors.runtime, base.clock
    )


def _delivery(base: Base, others: Callable[[], None]) -> Delivery:
    settings, journal, runtime = base.settings, base.journal, base.doors.runtime
    quarantine = Quarantine(runtime, settings.alyx_quarantine_seconds)
    files = FileDelivery(
        journal,
        base.accounts,
        base.credentials,
        base.choices,
        base.doors.stores,
        runtime,
        base.clock,
        quarantine,
        settings.files_quiet_seconds,
        base.guard,
    )
    return Delivery(
        journal,
        runtime,
        base.clock,
        SessionDelivery(journal, base.accounts, quarantine, Sweep(journal, runtime), cagelab_bridge.__version__),
        Listing(journal, runtime, base.accounts, base.choices, settings.store_repository),
        files,
        SubmissionDelivery(journal, base.accounts, quarantine),
        Discards(journal, base.credentials),
        (base.accounts.pace, base.credentials.pace),
        others,
    )


def _preflight(base: Base) -> Preflight:
    return Preflight(
        base.accounts,
        base.choices,
        base.credentials,
        base.leases,
        base.doors.stores,
        base.doors.runtime,
        root=base.settings.lab_root,
        lab=base.settings.lab_name,
        repository=base.settings.store_repository,
    )


def dispatcher(house: House, runtime: Runtime) -> Dispatcher:
    """The one way in."""
    own = (AccountHandlers, RecordHandlers, SessionHandlers, TransferHandlers, CredentialHandlers, LendingHandlers)
    handlers: dict[str, Handler] = {}
    for noun in (*own, RigHandlers):
        handlers |= noun(house).table()
    return Dispatcher(handlers | MirroredHandlers(house, handlers).table(), runtime)


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
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    doors = real_doors(settings)
    others = neighbours.of(settings, doors.runtime)
    journal = Journal(Path(settings.state_folder), ballast=ballast.SIZE)
    try:
        house = _housed(settings, journal, doors, others)
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
    endpoint.write(folder, place)
    house.records.start()
    house.delivery.start()
    house.arriving.start()
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
        await house.abandonment.stop()
        await house.delivery.stop()
        await house.leases.stop()
        await house.arriving.stop()
        await house.records.stop()
        await house.choices.stop()
        await doors.alyx.close()
        await doors.stores.close()
