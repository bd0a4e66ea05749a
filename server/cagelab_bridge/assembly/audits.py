"""What compares disk, Alyx and store."""

from __future__ import annotations

from cagelab_bridge.assembly.base import Base
from cagelab_bridge.services.auditing.audit import Audit
from cagelab_bridge.services.auditing.gathering import Gathering
from cagelab_bridge.services.auditing.loose_objects import LooseObjects
from cagelab_bridge.services.auditing.reading import Reading
from cagelab_bridge.services.auditing.repairs import Repairs
from cagelab_bridge.services.delivery.delivery import Delivery
from cagelab_bridge.services.transfers import Transfers


def audit(base: Base, transfers: Transfers, delivery: Delivery) -> Audit:
    """Wire it."""
    journal, doors = base.journal, base.doors
    reading = Reading(doors.stores, base.credentials)
    return Audit(
        base.accounts,
        Gathering(
            journal,
            base.choices,
            base.credentials,
            doors.stores,
            doors.runtime,
            base.clock,
            base.settings.lab_root,
        ),
        reading,
        Repairs(
            journal,
            transfers,
            doors.stores,
            base.quarantine,
            base.days,
            doors.runtime,
            base.clock,
            reading,
            delivery.wake,
        ),
        LooseObjects(journal, base.choices, base.credentials, doors.stores),
    )
