"""Correcting the subject, projects or experimenters of a session after it was accepted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cagelab_bridge.errors import InvalidInput, Refused, WrongState
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AlyxState, Amendment, Run, Session, Spec
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.documents import digest
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.sessions.folders import PART
from cagelab_bridge.services.sessions.names import FIELDS, Names, demand, sentences, unchecked

AMENDABLE = ("subject", "projects", "experimenters")
HINT = "Name the subject, the projects or the experimenters as they should be."


@dataclass(frozen=True, kw_only=True)
class AmendOrder:
    """What AmendSession was asked for; empty: unchanged."""

    request_id: str = ""
    session_id: str
    subject: str = ""
    projects: tuple[str, ...] = ()
    experimenters: tuple[str, ...] = ()
    reason: str = ""


class Amendments:
    """Corrects names in the journal; delivery tells Alyx.

    Every change is written down with the old and the new values: amending back is the undo. The folder, the day, the
    number and the names of files stay as they were answered.
    """

    def __init__(
        self, journal: Journal, choices: Choices, runtime: Runtime, clock: LabTime, wake: Callable[[str], None]
    ) -> None:
        self._journal = journal
        self._names = Names(choices)
        self._runtime = runtime
        self._clock = clock
        self._wake = wake

    async def amend(self, order: AmendOrder) -> Session:
        """Commit the corrected names, and let what they blocked go on.

        Raises NotFound, WrongState (a reservation), InvalidInput, UnknownNames (live Alyx decides; while it is away the
        names are accepted with a warning), AlreadyExists.
        """
        content = digest(dataclasses.asdict(order))
        made = self._journal.requests.outcome("AmendSession", order.request_id, content)
        if made:
            return self._journal.sessions.get(made)
        account = _amendable(self._journal.sessions.get(order.session_id), order).account
        warnings: tuple[str, ...] = ()
        if account is not None:
            asked = Spec(subject=order.subject, projects=order.projects, experimenters=order.experimenters)
            warnings = sentences(await demand(self._names, self._runtime, account, asked))
        with self._journal.transaction("amend"):
            # Read again: Alyx may have taken the session while the names were checked.
            session = self._journal.sessions.get(order.session_id)
            changes = tuple(_changes(session.spec, order, self._clock.stamp()))
            if changes:
                self._journal.sessions.amended(_amended(session, changes, warnings))
            self._journal.requests.remember("AmendSession", order.request_id, content, session.id, self._clock.stamp())
        self._wake(order.session_id)
        return self._journal.sessions.get(order.session_id)


def _amendable(session: Session, order: AmendOrder) -> Session:
    """The session, if it can be corrected that way."""
    if session.run is Run.RESERVED:
        raise WrongState(
            f"Session {session.id} was not started: there is nothing to correct.",
            about="session",
            hint="Start it with the right names; for another subject, reserve another folder.",
        )
    if not (order.subject or order.projects or order.experimenters):
        raise InvalidInput("Nothing to correct was named.", about="amendment", hint=HINT)
    if order.subject and not PART.fullmatch(order.subject):
        raise InvalidInput(f"{order.subject!r} is no name of a subject.", about="subject", hint=HINT)
    for about in ("projects", "experimenters"):
        if not all(getattr(order, about)):
            raise InvalidInput(f"One of the {about} is empty.", about=about, hint=HINT)
    return session


def _changes(spec: Spec, order: AmendOrder, now: str) -> Iterator[Amendment]:
    for field in AMENDABLE:
        old, new = _values(getattr(spec, field)), _values(getattr(order, field))
        if new and new != old:
            yield Amendment(amended_at=now, field=field, old_values=old, new_values=new, reason=order.reason)


def _values(value: str | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(dict.fromkeys(value))


def _amended(session: Session, changes: tuple[Amendment, ...], warnings: tuple[str, ...]) -> Session:
    """The session with its new names. Alyx has to be told where it holds the session, or may hold it: a POST under way,
    or one whose answer was lost, carries the old names."""
    new: dict[str, Any] = {change.field: change.new_values for change in changes}
    if "subject" in new:
        new["subject"] = new["subject"][0]
    nouns = {field: noun for field, _, noun in FIELDS}
    gone = {unchecked(nouns[change.field], name) for change in changes for name in change.old_values}
    kept = (text for text in session.warnings if not any(text.startswith(sentence) for sentence in gone))
    return dataclasses.replace(
        session,
        spec=dataclasses.replace(session.spec, **new),
        amendments=(*session.amendments, *changes),
        amended=session.amended or session.intent or session.alyx is not AlyxState.PENDING,
        warnings=tuple(dict.fromkeys((*kept, *warnings))),
    )


def advised(error: Refused, session_id: str) -> Refused:
    """Alyx's refusal of a session, with the way to correct a name that it does not have."""
    if not {finding.field for finding in error.findings} & {"subject", "projects", "users"}:
        return error
    amend = f"`cagelab-bridge amend {session_id[:8]}` (--subject, --project, --experimenter)"
    hint = f"Correct the name with {amend}; or create it in Alyx, then `cagelab-bridge retry`."
    return Refused(error.message, about=error.about, hint=hint, findings=error.findings)
