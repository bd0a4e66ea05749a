"""Whether a bridge recorded an old session after all, as Alyx tells it."""

from __future__ import annotations

from cagelab_bridge.models import Session
from cagelab_bridge.ports import Alyx
from cagelab_bridge.services.delivery import adoption, session_record


async def by_a_bridge(alyx: Alyx, session: Session) -> str:
    """Alyx's id of the record that another bridge (or this one, as another session) made of it; "" for none.

    The folder may be a copy that came without its `session.json`. That bridge delivers it; a second record beside it,
    under the next number, would be the same session twice.
    """
    for one in await alyx.read_list(session_record.day_query(session.spec.subject, session.date)):
        if one["number"] == session.number and adoption.began_then(session, one["start_time"]):
            record = await alyx.read(f"sessions/{one['id']}")
            if adoption.made_by(record) not in ("", session.id):
                return str(one["id"])
    return ""
