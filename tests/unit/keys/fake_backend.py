"""What a test may put in the place of a real keyring, and a plain-text backend as another package would bring it."""

from __future__ import annotations

import sys
from collections.abc import Callable

from keyring.backend import KeyringBackend


class PlainTextKeyring(KeyringBackend):
    """Keeps secrets as plain text, claims the highest priority, and tells when it is used."""

    priority = 99

    def get_password(self, service: str, username: str) -> str | None:
        sys.exit("The plain-text backend was used.")

    def set_password(self, service: str, username: str, password: str) -> None:
        sys.exit("The plain-text backend was used.")


class MemoryBackend:
    """A backend in memory; `spoil` changes what is kept, `fail` is raised by every call."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.spoil: Callable[[str], str] = lambda text: text
        self.fail: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[(service, username)] = self.spoil(password)

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.kept[(service, username)]

    def _check(self) -> None:
        if self.fail is not None:
            raise self.fail
