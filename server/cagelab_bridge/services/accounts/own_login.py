"""The token a control PC lends: its own login, found at once in memory, else through the keyring, once for all rigs."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from cagelab_bridge.errors import BridgeError, Denied, KeyringTrouble, LoginRefused, NotLoggedIn
from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import KeyringState, Runtime
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.credentials import Credentials

LOG_IN = "On the control PC: `cagelab-bridge login`, or Login in the GUI."  # read at a rig as well
KEYRING_POLL = 30.0  # seconds between two attempts to log in from the keyring
_STAYS = (NotLoggedIn, LoginRefused, KeyringTrouble, Denied)  # only a person can mend these


class OwnLogin:
    """Gives tokens; of many rigs that ask at once, one logs in and all get the answer."""

    def __init__(self, accounts: Accounts, credentials: Credentials, runtime: Runtime) -> None:
        self._accounts = accounts
        self._credentials = credentials
        self._runtime = runtime
        self._locks: dict[AccountKey, asyncio.Lock] = {}
        self._tried: dict[AccountKey, tuple[float, BridgeError]] = {}

    async def token(self, key: AccountKey) -> Secret:
        """The token. Empty: Alyx does not answer, it follows. Raises NotLoggedIn, LoginRefused, KeyringTrouble."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            found = self._accounts.own_token(key)
            if found:
                return found
            at, trouble = self._tried.get(key, (float("-inf"), NotLoggedIn()))
            if self._runtime.monotonic() - at >= KEYRING_POLL:
                trouble = await self._attempt(key)
            found = self._accounts.own_token(key)
            if not found and isinstance(trouble, _STAYS):
                raise trouble.with_traceback(None)
            return found

    async def _attempt(self, key: AccountKey) -> BridgeError:
        """Log in from the keyring; what stands in the way."""
        try:
            await self._accounts.awake(key)
        except NotLoggedIn:
            view = self._credentials.keyring()
            locked = view is not None and view.state is KeyringState.LOCKED
            trouble: BridgeError = (
                KeyringTrouble(
                    "The keyring of the control PC is locked.", hint="Unlock it on the control PC, or log in there."
                )
                if locked
                else NotLoggedIn(
                    f"The control PC is not logged in as {key.username} at {key.alyx_url}.",
                    hint=LOG_IN,
                )
            )
        except BridgeError as error:
            trouble = error
        else:
            self._tried.pop(key, None)
            return NotLoggedIn()
        self._tried[key] = (self._runtime.monotonic(), trouble)
        return trouble

    async def prove(self, key: AccountKey) -> None:
        """Ask Alyx something, so that a token it refuses is forgotten here. Raises nothing."""
        try:
            await self._accounts.connection(key).read(f"users/{quote(key.username, safe='')}")
        except BridgeError:
            self._tried.pop(key, None)
