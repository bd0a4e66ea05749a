"""The sandbox's keyring: none."""

from __future__ import annotations

from typing import NoReturn

from cagelab_bridge.errors import KeyringTrouble
from cagelab_bridge.ports import KeyringState, KeyringView

VIEW = KeyringView(
    state=KeyringState.ABSENT,
    reason="The sandbox never touches the keyring.",
    hint="Type the password shown when the sandbox started.",
)


class NoKeyring:
    """`ports.Keyring` that refuses everything, so that trying things out cannot touch a real secret."""

    def look(self) -> KeyringView:
        """None, by intention."""
        return VIEW

    def last_seen(self) -> KeyringView:
        """None, by intention."""
        return VIEW

    def get(self, *_: object, **__: object) -> NoReturn:
        """Raises KeyringTrouble."""
        raise _refusal()

    def put(self, *_: object, **__: object) -> NoReturn:
        """Raises KeyringTrouble."""
        raise _refusal()

    def remove(self, *_: object, **__: object) -> NoReturn:
        """Raises KeyringTrouble."""
        raise _refusal()


def _refusal() -> KeyringTrouble:
    return KeyringTrouble(VIEW.reason, hint=VIEW.hint)
