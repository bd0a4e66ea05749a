"""The second line against doubles: removes empty records of a session that a late request made after all."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from cagelab_bridge.errors import NotYet
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Session
from cagelab_bridge.ports import Alyx, Json, Runtime
from cagelab_bridge.services.delivery import session_record

LATE = 600.0  # seconds after the session was complete, for the last look
log = logging.getLogger(__name__)


class Sweep:
    """Looks for further records with our marker. A session whose POST was answered at once needs none of it."""

    def __init__(self, journal: Journal, runtime: Runtime) -> None:
        self._journal = journal
        self._runtime = runtime
        self._due: dict[str, float] = {}

    async def now(self, alyx: Alyx, session: Session, *, late: bool = False) -> None:
        """Remove every other record of the session that is empty; warn of one that is not, and leave it alone.

        Those of an old session only when it is `late`: another bridge may be about to fill one. Two such bridges would
        each remove what the other has, so the first of all is spared where none has datasets.
        """
        if session.swept:
            return
        old = self._journal.backfills.has(session.id)
        if old and not late:
            return
        records = await alyx.read_list(session_record.marker_query(session))
        others = [record for record in records if record["id"] != session.alyx_id]
        full = [record["id"] for record in (records if others else ()) if await _has_datasets(alyx, record)]
        if old and others and not full:
            others = [record for record in others if record["id"] != min(records, key=_age)["id"]]
        for record in others:
            if record["id"] in full:
                warning = f"Alyx holds this session twice; the second record has datasets: {record['url']}"
                self._journal.sessions.warned(session.id, warning)
                log.warning("session %s: %s", session.id, warning)
            else:
                await self._remove(alyx, session, record)

    async def settled(self, alyx: Alyx, session: Session, records: Sequence[Json]) -> Json:
        """The one record of an old session that every bridge takes which sees all of them: the first that has datasets,
        or else the first. The others are removed when they are empty."""
        full = [record for record in records if await _has_datasets(alyx, record)]
        kept = min(full or records, key=_age)
        for record in records:
            if record not in (kept, *full):
                await self._remove(alyx, session, record)
        return kept

    async def _remove(self, alyx: Alyx, session: Session, record: Json) -> None:
        await alyx.remove(f"sessions/{record['id']}")
        log.warning("session %s: an empty second record was removed", session.id)

    async def last(self, alyx: Alyx, session: Session) -> None:
        """The last look, some time after everything else. Raises NotYet before its time."""
        now = self._runtime.monotonic()
        left = self._due.setdefault(session.id, now + LATE) - now
        if left > 0:
            raise NotYet(seconds=left)
        await self.now(alyx, session, late=True)
        self._journal.sessions.swept(session.id)
        del self._due[session.id]


async def _has_datasets(alyx: Alyx, record: Json) -> bool:
    return bool(await alyx.read_list(f"datasets?session={record['id']}", limit=1))


def _age(record: Json) -> tuple[str, str]:
    return str(record["start_time"]), str(record["id"])
