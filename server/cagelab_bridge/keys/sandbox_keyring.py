"""The sandbox's keyring: none."""

from __future__ import annotations

from typing import NoReturn

from cagelab_bridge.errors import KeyringTrouble


class NoKeyring:
    """`ports.Keyring` that refuses everything, so that trying things out cannot touch a real secret."""

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
    return KeyringTrouble(
        "The sandbox never touches the keyring.", hint="Type the password shown when the sandbox started."
    )
