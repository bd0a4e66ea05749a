"""How fast the bridge may send and receive: slower while an experiment runs."""

from __future__ import annotations

from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.ports import StoreDoor

MEGABYTE = 1e6


class Calm:
    """Hears of each session that begins or ends, and tells the stores' door."""

    def __init__(self, journal: Journal, stores: StoreDoor, *, usual: float, while_open: float) -> None:
        """Megabytes per second, usually and while a session is OPEN; 0 for no limit. The lower one holds while both
        do."""
        self._journal = journal
        self._stores = stores
        self._usual = usual
        self._while_open = min(filter(None, (usual, while_open)), default=0.0)
        self._told: float | None = None

    def begin(self) -> None:
        """Set the limit, now and whenever it changes."""
        self._journal.listen(self._heard)
        self._tell()

    def _heard(self, kind: str, _identity: str) -> None:
        if kind == "session":
            self._tell()

    def _tell(self) -> None:
        rate = self._while_open if self._journal.sessions.any_open() else self._usual
        if rate != self._told:
            self._stores.limit(rate * MEGABYTE)
            self._told = rate
