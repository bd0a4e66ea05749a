"""Every service, wired."""

from __future__ import annotations

import socket
from collections.abc import Callable

import cagelab_bridge
from cagelab_bridge.api.house import House
from cagelab_bridge.assembly import control_side
from cagelab_bridge.assembly.audits import audit
from cagelab_bridge.assembly.base import Base, make_base
from cagelab_bridge.assembly.doors import Doors
from cagelab_bridge.assembly.reclaiming import reclaims
from cagelab_bridge.config import Settings
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.ports import PeerList
from cagelab_bridge.ports.rigs import RigDoor
from cagelab_bridge.services.backfill.backfills import Backfills
from cagelab_bridge.services.delivery.calm import Calm
from cagelab_bridge.services.delivery.delivery import Delivery
from cagelab_bridge.services.delivery.discards import Discards
from cagelab_bridge.services.delivery.file_delivery import FileDelivery
from cagelab_bridge.services.delivery.listing import Listing
from cagelab_bridge.services.delivery.registrar import Registrar
from cagelab_bridge.services.delivery.session_delivery import SessionDelivery
from cagelab_bridge.services.delivery.submission_delivery import SubmissionDelivery
from cagelab_bridge.services.delivery.sweep import Sweep
from cagelab_bridge.services.downloads.dataset_search import DatasetSearch
from cagelab_bridge.services.downloads.download_delivery import DownloadDelivery
from cagelab_bridge.services.downloads.downloads import Downloads
from cagelab_bridge.services.events.event_delivery import EventDeliveries
from cagelab_bridge.services.events.events import Events
from cagelab_bridge.services.lending.needs import Needs
from cagelab_bridge.services.queries import Queries
from cagelab_bridge.services.records.record_keeper import RecordKeeper
from cagelab_bridge.services.rigs.rigs import Rigs
from cagelab_bridge.services.sessions.abandonment import Abandonment
from cagelab_bridge.services.sessions.amendments import Amendments
from cagelab_bridge.services.sessions.preflight import Preflight
from cagelab_bridge.services.sessions.sessions import Sessions
from cagelab_bridge.services.sessions.spare_copy import SpareCopy
from cagelab_bridge.services.standing import Standing
from cagelab_bridge.services.transfers import Transfers


def build(
    settings: Settings,
    journal: Journal,
    doors: Doors,
    standing: Standing | None = None,
    peers: PeerList | None = None,
    rig_door: RigDoor | None = None,
) -> House:
    """Every service, wired. Nothing runs yet."""
    base = make_base(settings, journal, doors, peers)
    host = socket.gethostname()
    arriving = _arriving(base)
    rigs = _rigs(base, peers, rig_door)
    events = _events(base, host)
    delivery = _delivery(base, events, _each(arriving.wake, *([rigs.lending.wake] if rigs else [])))
    transfers = Transfers(journal, doors.runtime, base.clock, delivery.wake, delivery.wake_all)
    abandonment = _abandonment(base, transfers, delivery)
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
        downloads=_downloads(base, arriving),
        arriving=arriving,
        audit=audit(base, transfers, delivery),
        backfills=_backfills(base, transfers, delivery),
        reclaims=reclaims(base),
        events=events,
        event_deliveries=EventDeliveries(journal, events, doors.runtime, base.clock),
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


def _events(base: Base, host: str) -> Events:
    doors = base.doors
    return Events(
        base.journal,
        base.choices,
        doors.runtime,
        base.clock,
        base.guard,
        doors.receivers,
        doors.rules,
        host=host,
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
        base.day_numbers,
        root=base.settings.lab_root,
        lab=base.settings.lab_name,
        host=host,
    )


def _calm(base: Base) -> Calm:
    usual, while_open = base.settings.store_megabytes_per_second, base.settings.store_while_open
    return Calm(base.journal, base.doors.stores, usual=usual, while_open=while_open)


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
    search = DatasetSearch(base.journal, base.accounts, base.choices, doors.stores, doors.runtime)
    return DownloadDelivery(
        base.journal, base.accounts, base.credentials, search, doors.arrivals, doors.runtime, base.clock
    )


def _downloads(base: Base, arriving: DownloadDelivery) -> Downloads:
    folder = base.settings.download_folder
    return Downloads(base.journal, base.doors.runtime, base.clock, arriving.wake, arriving.give_up, folder=folder)


def _abandonment(base: Base, transfers: Transfers, delivery: Delivery) -> Abandonment:
    runtime = base.doors.runtime
    spare = SpareCopy(base.journal, runtime, base.clock, base.settings.files_spare_copy)
    return Abandonment(base.journal, transfers, runtime, base.clock, spare, delivery.wake)


def _delivery(base: Base, events: Events, others: Callable[[], None]) -> Delivery:
    settings, journal, runtime = base.settings, base.journal, base.doors.runtime
    files = FileDelivery(
        journal,
        Registrar(journal, base.accounts, base.choices, base.doors.stores, base.quarantine, base.days),
        base.credentials,
        base.doors.stores,
        runtime,
        base.clock,
        settings.files_quiet_seconds,
        base.guard,
    )
    delivery = Delivery(
        journal,
        runtime,
        base.clock,
        SessionDelivery(
            journal,
            base.accounts,
            base.quarantine,
            base.days,
            Sweep(journal, runtime),
            cagelab_bridge.__version__,
            events,
            base.day_numbers,
            runtime,
        ),
        Listing(journal, runtime, base.accounts, base.choices, settings.store_repository),
        files,
        SubmissionDelivery(journal, base.accounts, base.quarantine),
        Discards(journal, base.credentials),
        (base.accounts.pace, base.credentials.pace),
        others,
    )
    base.leases.on_news(delivery.lent)
    _calm(base).begin()
    return delivery


def _backfills(base: Base, transfers: Transfers, delivery: Delivery) -> Backfills:
    known = (base.journal, base.accounts, base.choices)
    return Backfills(*known, transfers, base.doors.runtime, base.clock, delivery.wake, lab=base.settings.lab_name)


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
