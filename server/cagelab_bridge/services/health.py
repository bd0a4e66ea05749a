"""How the bridge is, what waits, what needs a person."""

from __future__ import annotations

from dataclasses import dataclass

from cagelab_bridge.errors import BridgeError, Finding, Gravity, NotLoggedIn
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.services.accounts.accounts import Accounts, AccountState
from cagelab_bridge.services.accounts.credentials import Credentials, Held
from cagelab_bridge.services.delivery import waiting_work
from cagelab_bridge.services.lab_time import LabTime

CLOCK_TOLERANCE = 5.0  # seconds
Stores = list[tuple[Held, BridgeError | None, float | None]]


@dataclass(frozen=True, kw_only=True)
class Health:
    """What GetStatus answers, besides what never changes."""

    accounts: list[AccountState]
    stores: Stores
    sessions: dict[str, int]
    files: dict[str, int | str]
    notices: list[Finding]


def look(journal: Journal, accounts: Accounts, credentials: Credentials, clock: LabTime) -> Health:
    """Read the journal's sums and the last word of each server; asks nobody."""
    states, stores = accounts.states(), credentials.states()
    sessions, files = journal.sessions.counts(), journal.files.counts()
    return Health(
        accounts=states,
        stores=stores,
        sessions=sessions,
        files=files,
        notices=[
            *_work_notices(sessions, files),
            *waiting_work.findings(journal, clock),
            *_journal_notices(journal),
            *_account_notices(states, accounts.why_nobody()),
            *_store_notices(stores),
            *credentials.notices(),
            *_clock_notices(states, stores, clock),
        ],
    )


def _journal_notices(journal: Journal) -> list[Finding]:
    warning = journal.warning
    return [_warning("disk", str(journal.path), warning.message, warning.hint)] if warning else []


def _account_notices(states: list[AccountState], nobody: NotLoggedIn | None) -> list[Finding]:
    found = []
    if not states and nobody is not None:
        found.append(_warning("login", "", nobody.message, nobody.hint))
    for state in states:
        name = f"{state.key.username} at {state.key.alyx_url}"
        if state.trouble:
            found.append(_warning("alyx", name, state.trouble.message, state.trouble.hint))
        elif not state.logged_in:
            found.append(_warning("login", name, f"{name} is not logged in.", "Log in: `cagelab-bridge login`."))
    return found


def _store_notices(stores: Stores) -> list[Finding]:
    return [_warning("store", held.endpoint, error.message, error.hint) for held, error, _ in stores if error]


def _clock_notices(states: list[AccountState], stores: Stores, clock: LabTime) -> list[Finding]:
    """Clocks that differ, and an Alyx that writes its times in another zone."""
    ahead = {state.key.alyx_url: state.clock_ahead for state in states}
    ahead |= {held.endpoint: seconds for held, _, seconds in stores}
    found = [
        _warning(
            "clock",
            address,
            f"This computer's clock differs from that of {address} by {seconds:+.0f} seconds.",
            "Switch on time synchronisation (NTP) on this computer and that server.",
        )
        for address, seconds in ahead.items()
        if seconds is not None and abs(seconds) > CLOCK_TOLERANCE
    ]
    ours = clock.offset_hours()
    found += [
        _warning(
            "zone",
            state.key.alyx_url,
            f"Alyx writes times of UTC{state.zone_offset:+g} h, this lab those of UTC{ours:+g} h ({clock.zone}).",
            "Sessions keep the lab's times. If that is not meant, set time_zone under [lab] in bridge.toml.",
        )
        for state in states
        if state.zone_offset is not None and state.zone_offset != ours
    ]
    return found


def _work_notices(sessions: dict[str, int], files: dict[str, int | str]) -> list[Finding]:
    found = []
    for count, what, command in (
        (sessions["blocked"], "session(s)", "sessions"),
        (files["blocked"], "file(s)", "transfers"),
    ):
        if count:
            found.append(
                Finding(
                    gravity=Gravity.ERROR,
                    field="blocked",
                    value=str(count),
                    message=f"{count} {what} cannot be delivered until somebody acts.",
                    hint=f"See why with `cagelab-bridge {command}`, mend it, then `cagelab-bridge retry`.",
                )
            )
    return found


def _warning(field: str, value: str, message: str, hint: str) -> Finding:
    return Finding(gravity=Gravity.WARNING, field=field, value=value, message=message, hint=hint)
