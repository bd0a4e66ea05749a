"""The operating system's keyring."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cagelab_bridge.secret import Secret


class KeyringState(StrEnum):
    """What can be said about this computer's keyring."""

    READY = "ready"
    LOCKED = "locked"  # or it does not answer: somebody must do something on the screen
    ABSENT = "absent"
    REFUSED = "refused"  # only one that is not trusted is offered


@dataclass(frozen=True, kw_only=True)
class KeyringView:
    """How the keyring stands: its backend's name ("" for none), and unless it is ready, why and what to do next."""

    state: KeyringState
    backend: str = ""
    reason: str = ""
    hint: str = ""


class Keyring(Protocol):
    """The operating system's keyring. Blocking, but never for longer than its limit; raises KeyringTrouble."""

    def look(self) -> KeyringView:
        """How it stands now. Raises nothing."""

    def last_seen(self) -> KeyringView | None:
        """How it stood at the last look or call; None before the first. Does not block."""

    def get(self, kind: str, endpoint: str, identity: str) -> Secret | None:
        """The secret, or None when none is kept."""

    def put(self, kind: str, endpoint: str, identity: str, secret: Secret) -> None:
        """Keep it, and read it back to be sure."""

    def remove(self, kind: str, endpoint: str, identity: str) -> bool:
        """Forget it; False when there was none."""
