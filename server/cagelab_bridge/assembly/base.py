"""What every service needs."""

from __future__ import annotations

from dataclasses import dataclass

from cagelab_bridge.assembly.doors import Doors
from cagelab_bridge.config import Settings
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Peer
from cagelab_bridge.ports import PeerList
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.accounts.credentials import Credentials
from cagelab_bridge.services.accounts.leak_guard import LeakGuard
from cagelab_bridge.services.delivery.day_numbers import DayNumbers
from cagelab_bridge.services.delivery.day_traffic import DayTraffic
from cagelab_bridge.services.delivery.quarantine import Quarantine
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.lending.leases import Leases
from cagelab_bridge.services.lending.signatures import Signatures


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
    quarantine: Quarantine
    days: DayTraffic
    day_numbers: DayNumbers


def make_base(settings: Settings, journal: Journal, doors: Doors, peers: PeerList | None) -> Base:
    """Wire it. `peers`: the trust list, None for a bridge without an identity."""
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
        quarantine=Quarantine(doors.runtime, settings.alyx_quarantine_seconds),
        days=DayTraffic(),
        day_numbers=DayNumbers(doors.runtime),
    )
