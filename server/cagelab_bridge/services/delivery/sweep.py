"""The second line against doubles: removes empty records of a session that a late request made after all."""

from __future__ import annotations

import logging

from cagelab_bridge.errors import NotYet
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Session
from cagelab_bridge.ports import Alyx, Runtime
from cagelab_bridge.services.delivery import session_record

LATE = 600.0  # seconds after the session was complete, for the last look
log = logging.getLogger(__name__)


class Sweep:
    """Looks for further records with our marker. A session whose POST was answered at once needs none of it."""

    def __init__(self, journal: Journal, runtime: Runtime) -> None:
        self._journal = journal
        self._runtime = runtime
        self._due: dict[str, float] = {}

    async def now(self, alyx: Alyx, session: Session) -> None:
        """Remove every other record of the session that is empty; warn of one that is not, and leave it alone."""
        if session.swept:
            return
        for record in await alyx.read_list(session_record.marker_query(session)):
            if record["id"] == session.alyx_id:
                continue
            if await alyx.read_list(f"datasets?session={record['id']}", limit=1):
                warning = f"Alyx holds this session twice; the second record has datasets: {record['url']}"
                self._journal.sessions.warned(session.id, warning)
                log.warning("session %s: %s", session.id, warning)
            else:
                await alyx.remove(f"sessions/{record['id']}")
                log.warning("session %s: an empty second record was removed", session.id)

    async def last(self, alyx: Alyx, session: Session) -> None:
        """The last look, some time after everything else. Raises NotYet before its time."""
        now = self._runtime.monotonic()
        left = self._due.setdefault(session.id, now + LATE) - now
        if left > 0:
            raise NotYet(seconds=left)
        await self.now(alyx, session)
        self._journal.sessions.swept(session.id)
        del self._due[session.id]
