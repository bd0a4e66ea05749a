"""How Alyx 3.6.1 finds the session a file belongs to."""

from __future__ import annotations

from .call import Call
from .lookups import counter
from .query import by_key
from .schema import Row


class SessionMissingError(ValueError):
    """No session fits; the text is Alyx's."""


def find_session(call: Call, subject: Row, day: str, number: int | None, user: Row) -> Row:
    """The session of a subject, day and number: the one with the lowest id when there are several.

    On the way Alyx 3.6.1 adds the user to it and to the "base" session, which is whichever session of that day has
    the lowest id and no parent, and hangs the session below the base.
    """
    on_day = counter("session", "start_time__date", day)
    rows = by_key(row for row in call.state.where("session", "subject", subject["id"]) if on_day(call.state, row))
    base = next((row for row in rows if row["parent_session"] is None), None)
    if base is None:
        raise SessionMissingError(f"A base session for {subject['nickname']} on {day} does not exist")
    _add_user(call, base["id"], user)
    chosen = next((row for row in rows if row["number"] == number), None)
    if chosen is None:
        raise SessionMissingError(f"A session for {subject['nickname']}/{number} on {day} does not exist")
    session = _add_user(call, chosen["id"], user)
    if session["parent_session"] is None and session["id"] != base["id"]:
        session = call.state.update("session", session["id"], {"parent_session": base["id"], "auto_datetime": call.now})
    return session


def _add_user(call: Call, key: str, user: Row) -> Row:
    session = call.state.at("session", key)
    if user["id"] in session["users"]:
        return session
    users = (*session["users"], user["id"])
    return call.state.update("session", key, {"users": users, "auto_datetime": call.now})
