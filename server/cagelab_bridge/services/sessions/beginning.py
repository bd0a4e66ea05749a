"""When a session began, if that was earlier, and whether Alyx may hold it already."""

from __future__ import annotations

import re

from cagelab_bridge.errors import InvalidInput, Unreachable
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey, Session
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.delivery import adoption
from cagelab_bridge.services.lab_time import LabTime, checked_time
from cagelab_bridge.services.sessions.folders import Folder

AHEAD = 60.0  # seconds a start may lie ahead: the caller's clock is this computer's, or one beside it
PATIENCE = 2.0  # seconds to read the session that was named; who named it has just seen it
ALYX_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def checked_start(text: str, clock: LabTime) -> str:
    """The start with microseconds, "" for none. Raises InvalidInput for another form, or one that is still to come."""
    if not text:
        return ""
    start = checked_time(text)
    if clock.moment(start) > clock.moment(clock.stamp()) + AHEAD:
        raise InvalidInput(
            f"The start {text} lies in the future: here it is {clock.naive()[:19]}.",
            about="start_time",
            hint="Write the time of the lab's zone, and look whether this computer's clock is right.",
        )
    return start


def start_on(day: str, told: str, clock: LabTime) -> str:
    """The start of a session on that day: register-file finds a session by subject, number and the date of its start.

    Without one that was told: now. A reservation used after midnight, or an older folder, keeps its day.
    Raises InvalidInput when another day was told.
    """
    if not told:
        now = clock.naive()
        return now if now[:10] == day else f"{day}T{now[11:]}"
    if told[:10] != day:
        raise InvalidInput(
            f"The start {told} is not on the day of the folder, {day}.",
            about="start_time",
            hint="The folder's name has the day on which the session began.",
        )
    return told


def adopts_of(alyx_id: str, told: str, clock: LabTime, *, folder: Folder | None, reserved: bool) -> str:
    """What Session.adopts says. `folder`: one that this bridge did not make.

    What begins now in a new folder is new; what began earlier may have been recorded by the program that ran it.
    Raises InvalidInput for an id that is none.
    """
    if alyx_id:
        if not ALYX_ID.fullmatch(alyx_id):
            raise InvalidInput(f"{alyx_id[:80]!r} is no id of a session in Alyx.", about="alyx_id")
        if folder is None and not reserved:
            raise InvalidInput(
                "A session that Alyx has already needs the folder of its files.",
                about="folder",
                hint="Name the folder …/<subject>/<YYYY-MM-DD>/<NNN>.",
            )
        return alyx_id.lower()
    if folder is None:
        return ""
    if told:
        return adoption.SAME_START
    return adoption.SAME_NUMBER if folder.date != clock.naive()[:10] else ""


async def demand_record(
    accounts: Accounts, runtime: Runtime, journal: Journal, key: AccountKey | None, session: Session
) -> None:
    """Raise WrongState or RecordMissing when the record that was named cannot be this session, Unreachable when nobody
    can say: an id that is wrong must not be accepted. A rig that knows no account yet finds out later."""
    if key is None or session.adopts in ("", adoption.SAME_NUMBER, adoption.SAME_START):
        return
    alyx = accounts.connection(key)
    try:
        record = await runtime.wait_for(alyx.read(f"sessions/{session.adopts}"), PATIENCE)
    except TimeoutError as problem:
        raise Unreachable("Alyx did not answer in time whether it has that session.") from problem
    adoption.demand_fit(session, record, journal.sessions.records_of_others(session))
