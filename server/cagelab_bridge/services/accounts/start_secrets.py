"""Secrets handed over at the start: for a computer without a keyring."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cagelab_bridge.errors import BridgeError, InvalidInput
from cagelab_bridge.ports import Runtime
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.credentials import ALYX_KIND, STORE_KIND, Credentials

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0  # seconds between two attempts to log in
GRAMMAR = (
    "Each line is `alyx URL USER PASSWORD` (- for URL or USER of the settings) or `store URL ACCESS-KEY SECRET-KEY`."
)
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Handed:
    """One secret, what it opens, and where it came from ("memory", "systemd", "environment")."""

    kind: str
    endpoint: str
    identity: str
    secret: Secret
    source: str


def parse(text: str, source: str) -> list[Handed]:
    """The secrets of a text, one a line; a password may hold blanks, empty lines and those with # first do not count.

    Raises InvalidInput, which quotes nothing of it.
    """
    return [
        _parsed(line, number, source)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]


def _parsed(line: str, number: int, source: str) -> Handed:
    words = line.strip("\r\n").split(" ", 3)
    if len(words) != 4 or words[0] not in (ALYX_KIND, STORE_KIND) or not all(words):
        raise InvalidInput(f"Line {number} of the secrets ({source}) is not understood.", about="secret", hint=GRAMMAR)
    kind, endpoint, identity, secret = words
    if kind == ALYX_KIND:
        endpoint, identity = endpoint.removeprefix("-"), identity.removeprefix("-")
    return Handed(kind=kind, endpoint=endpoint, identity=identity, secret=Secret(secret), source=source)


class StartSecrets:
    """Gives each secret to the service that uses it."""

    def __init__(
        self, accounts: Accounts, credentials: Credentials, runtime: Runtime, wake_all: Callable[[], None]
    ) -> None:
        """`wake_all`: lets what waited for them go on."""
        self._accounts = accounts
        self._credentials = credentials
        self._runtime = runtime
        self._wake_all = wake_all

    async def take(self, handed: Sequence[Handed]) -> None:
        """Hand over the keys of the stores, then log in, as often as it takes an Alyx that is away to come back."""
        for secret in handed:
            if secret.kind == STORE_KIND:
                await self._credentials.put_store(
                    secret.endpoint, secret.identity, secret.secret, keep=False, source=secret.source
                )
        self._wake_all()
        # At the same time: an Alyx that is away for days must not keep the other accounts waiting.
        await asyncio.gather(*(self._log_in(secret) for secret in handed if secret.kind == ALYX_KIND))

    async def _log_in(self, secret: Handed) -> None:
        key = self._accounts.hand_over(secret.endpoint, secret.identity, secret.secret)
        self._credentials.hold_password(key, secret.source)
        pause = FIRST_PAUSE
        while True:
            try:
                await self._accounts.log_in(key.alyx_url, key.username, Secret(""), remember=False)
            except BridgeError as error:
                if not error.retryable:
                    log.warning("%s is not logged in: %s", key.username, error)
                    return
                log.info("%s is not logged in yet: %s", key.username, error)
                await self._runtime.sleep(pause)
                pause = min(LONGEST_PAUSE, 2 * pause)
            else:
                self._wake_all()
                return
