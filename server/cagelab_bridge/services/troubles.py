"""How delivery treats a mistake: waits, asks for credentials, or stops until somebody acts."""

from __future__ import annotations

from cagelab_bridge.errors import BridgeError, Denied, NoCredentials, NotLoggedIn
from cagelab_bridge.models import Trouble

CREDENTIALS = (NotLoggedIn, NoCredentials, Denied)


def trouble_of(error: BridgeError, *, since: str) -> Trouble:
    """What the journal remembers of a mistake; `since`: RFC 3339, UTC.

    Missing or refused credentials wait for new ones; what may pass is tried again; anything else is blocked.
    """
    waiting = isinstance(error, CREDENTIALS)
    return Trouble(
        reason=error.message,
        hint=error.hint,
        waiting=waiting,
        blocked=not waiting and not error.retryable,
        since=since,
    )
