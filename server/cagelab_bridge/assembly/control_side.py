"""Builds what only a control PC has: its rigs, and what it lends them."""

from __future__ import annotations

from cagelab_bridge.config import Settings
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.ports import PeerList, Runtime, StoreDoor
from cagelab_bridge.ports.rigs import RigDoor
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.accounts.credentials import Credentials
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.lending.lending import Lending
from cagelab_bridge.services.lending.store_lending import StoreLending
from cagelab_bridge.services.rigs.mirror import Mirror
from cagelab_bridge.services.rigs.rig_desk import Signing
from cagelab_bridge.services.rigs.rigs import Rigs


def rigs(
    settings: Settings,
    journal: Journal,
    accounts: Accounts,
    choices: Choices,
    credentials: Credentials,
    stores: StoreDoor,
    runtime: Runtime,
    clock: LabTime,
    peers: PeerList,
    door: RigDoor,
) -> Rigs:
    """The rigs of this control PC. Nothing runs yet."""
    mirror = Mirror(journal, runtime, clock)
    lending = Lending(
        accounts,
        credentials,
        StoreLending(accounts, choices, credentials, stores, runtime),
        mirror,
        journal,
        peers,
        runtime,
        lab=settings.lab_name,
        seconds=settings.lending_hours * 3600,
    )
    signing = Signing(lending, credentials, stores, runtime)
    return Rigs(peers, door, lending, mirror, signing, accounts, runtime, clock)
