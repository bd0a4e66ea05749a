"""The services the handlers call."""

from __future__ import annotations

from dataclasses import dataclass, field

from cagelab_bridge.errors import WrongState
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.accounts.credentials import Credentials
from cagelab_bridge.services.auditing.audit import Audit
from cagelab_bridge.services.backfill.backfills import Backfills
from cagelab_bridge.services.delivery.delivery import Delivery
from cagelab_bridge.services.downloads.download_delivery import DownloadDelivery
from cagelab_bridge.services.downloads.downloads import Downloads
from cagelab_bridge.services.events.event_delivery import EventDeliveries
from cagelab_bridge.services.events.events import Events
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.lending.leases import Leases
from cagelab_bridge.services.lending.needs import Needs
from cagelab_bridge.services.lending.signatures import Signatures
from cagelab_bridge.services.queries import Queries
from cagelab_bridge.services.reclaiming.reclaims import Reclaims
from cagelab_bridge.services.records.record_keeper import RecordKeeper
from cagelab_bridge.services.rigs.rigs import Rigs
from cagelab_bridge.services.sessions.abandonment import Abandonment
from cagelab_bridge.services.sessions.amendments import Amendments
from cagelab_bridge.services.sessions.preflight import Preflight
from cagelab_bridge.services.sessions.sessions import Sessions
from cagelab_bridge.services.standing import Standing
from cagelab_bridge.services.transfers import Transfers


@dataclass(frozen=True, kw_only=True)
class House:
    """The services the handlers call, and what never changes while the bridge runs."""

    journal: Journal
    accounts: Accounts
    credentials: Credentials
    choices: Choices
    leases: Leases
    signatures: Signatures
    needs: Needs
    preflight: Preflight
    queries: Queries
    sessions: Sessions
    amendments: Amendments
    transfers: Transfers
    abandonment: Abandonment
    delivery: Delivery
    downloads: Downloads
    arriving: DownloadDelivery
    audit: Audit
    backfills: Backfills
    reclaims: Reclaims
    events: Events
    event_deliveries: EventDeliveries
    records: RecordKeeper
    clock: LabTime
    version: str
    host: str
    time_zone: str
    started_at: str
    sandbox: bool
    standing: Standing = field(default_factory=Standing)
    rigs: Rigs | None = None  # of a control PC


def rigs_of(house: House) -> Rigs:
    """The rigs of a control PC. Raises WrongState elsewhere."""
    if house.rigs is None:
        raise WrongState(
            "This bridge is no control PC: it has no rigs.",
            about="role",
            hint="Ask at the control PC. If this is it: `cagelab-bridge init --role control`, and start it anew.",
        )
    return house.rigs
