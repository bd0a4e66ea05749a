"""Completing a session that another program made in Alyx, instead of making a second one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cagelab_bridge.errors import WrongState
from cagelab_bridge.models import Session
from cagelab_bridge.ports import Alyx, Json
from cagelab_bridge.services.delivery import session_record

# What Session.adopts says besides an id in Alyx ("": a new session is made, as the experiment begins now).
SAME_NUMBER = "number"  # a folder of an earlier day: nobody says at what time it began
SAME_START = "start"  # it began at a time that was told
APART = 600.0  # seconds: opticka names the folder first, and the record begins some moments later
BASE = "Base"  # Alyx 3.6.1's type of a session that only holds those of a day together


async def found(alyx: Alyx, session: Session, taken: frozenset[str]) -> Json | None:
    """The record to complete; None when a new one is to be made. `taken`: ids in Alyx that other sessions of this
    bridge have, whatever became of their markers.

    Subject, day and number are what ONE tells sessions apart by, but two rigs may have used the same: a start that was
    told must agree too. What is not a bridge's is taken, never what one made. Raises WrongState when it cannot be told.
    """
    if session.adopts not in ("", SAME_NUMBER, SAME_START):
        record = await alyx.read(f"sessions/{session.adopts}")
        demand_fit(session, record, taken)
        await _demand_alone(alyx, session, record)
        return record
    if not session.adopts:
        return None
    records = [await alyx.read(f"sessions/{one['id']}") for one in await _numbered(alyx, session)]
    mine = [record for record in records if record["id"] not in taken and _may_be(session, record)]
    if mine:
        await _demand_alone(alyx, session, mine[0])
    return mine[0] if mine else None


def demand_fit(session: Session, record: Json, taken: frozenset[str]) -> None:
    """Raise WrongState unless the record that was named can be this session. `taken`: see found."""
    wanted = (session.spec.subject, session.date, session.number)
    told = (record["subject"], str(record["start_time"])[:10], record["number"] or session.number)
    if told != wanted:
        raise WrongState(
            "The session in Alyx is {} {} #{}, the folder is {} {} #{}.".format(*told, *wanted),
            about="alyx_id",
            hint="Name the session that belongs to the folder, or the folder that belongs to the session.",
        )
    if made_by(record) not in ("", session.id):
        raise others(record)
    if session.adopts in taken:
        raise WrongState(
            f"Another session of this bridge completes the session {session.adopts} already.",
            about="alyx_id",
            hint="Upload the files with that one; `cagelab-bridge sessions` lists them with their folders.",
        )


def others(record: Json) -> WrongState:
    """What there is to say of a record that carries the marker of another bridge, or of another session."""
    return WrongState(
        f"A bridge made this session ({made_by(record)}): that one completes it.",
        about="alyx_id",
        hint="Upload the files on the computer that recorded it; `cagelab-bridge recover` helps if it forgot it.",
    )


def made_by(record: Json) -> str:
    """The id that the bridge which made a record gave it; "" for another program's."""
    return str(session_record.marks_of(record).get("bridge_session") or "")


def _may_be(session: Session, record: Json) -> bool:
    if made_by(record) not in ("", session.id) or record.get("type") == BASE:
        return False
    return began_then(session, record["start_time"])


def began_then(session: Session, start: Any) -> bool:
    """Whether the session may be the one that began at `start`, where subject, day and number agree."""
    if session.adopts == SAME_NUMBER:
        return True
    return abs((_naive(start) - _naive(session.start_time)).total_seconds()) <= APART


async def _demand_alone(alyx: Alyx, session: Session, record: Json) -> None:
    """register-file tells sessions apart by their number only: files would go to any of two that share it."""
    others = [other for other in await _numbered(alyx, session) if other["id"] != record["id"]]
    if others:
        raise WrongState(
            f"Alyx has more than one session {session.spec.subject} {session.date} #{session.number}: "
            f"{record['id']}, {', '.join(other['id'] for other in others)}.",
            about="number",
            hint="Give one of them another number in Alyx (or delete it, if it is empty), then `cagelab-bridge retry`.",
        )


async def _numbered(alyx: Alyx, session: Session) -> list[Json]:
    day = await alyx.read_list(session_record.day_query(session.spec.subject, session.date))
    return [record for record in day if record["number"] == session.number]


def _naive(text: Any) -> datetime:
    return datetime.fromisoformat(str(text)).replace(tzinfo=None)
