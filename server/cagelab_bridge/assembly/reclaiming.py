"""What frees the disk."""

from __future__ import annotations

from cagelab_bridge.assembly.base import Base
from cagelab_bridge.services.reclaiming.evidence import DAY, Patience
from cagelab_bridge.services.reclaiming.inspection import Inspection
from cagelab_bridge.services.reclaiming.reclaims import Reclaims
from cagelab_bridge.services.reclaiming.removal import Removal


def reclaims(base: Base) -> Reclaims:
    """Wire it."""
    settings, journal, doors = base.settings, base.journal, base.doors
    removal = Removal(journal, doors.runtime, base.clock, settings.lab_root)
    patience = Patience(
        hold=settings.reclaim_hold_days * DAY,
        apart=settings.reclaim_apart_hours * 3600,
        read_back=settings.reclaim_read_back,
    )
    inspection = Inspection(
        journal,
        base.accounts,
        base.choices,
        base.credentials,
        doors.stores,
        doors.runtime,
        base.clock,
        removal,
        patience,
    )
    return Reclaims(journal, doors.runtime, inspection, removal)
