"""Alyx accounts: login, tokens in memory, connections."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cagelab_bridge.errors import BridgeError, Denied, InvalidInput, KeyringTrouble, NotLoggedIn
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import NO_TOKEN, Alyx, AlyxDoor, Json, Keyring, Page, Runtime
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.leak_guard import LeakGuard
from cagelab_bridge.services.pace import Pace

KEYRING_KIND = "alyx"
PASSWORD = "password"  # noqa: S105 - the word, in the guard's key of one
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class AccountState:
    """How one account stands."""

    key: AccountKey
    logged_in: bool
    trouble: BridgeError | None
    clock_ahead: float | None
    zone_offset: float | None  # hours east of UTC of the times Alyx writes by itself


class Accounts:
    """Proves accounts and hands out connections. Passwords are used once; tokens live in memory only."""

    def __init__(
        self,
        door: AlyxDoor,
        keyring: Keyring,
        journal: Journal,
        runtime: Runtime,
        clock: LabTime,
        guard: LeakGuard,
        *,
        default_url: str = "",
        default_user: str = "",
    ) -> None:
        self._door = door
        self._keyring = keyring
        self._journal = journal
        self._runtime = runtime
        self._clock = clock
        self._guard = guard
        self._default_url = default_url
        self._default_user = default_user
        self._connections: dict[AccountKey, Alyx] = {}
        self._tokens: dict[AccountKey, Secret] = {}
        self._handed: dict[AccountKey, Secret] = {}
        self._zones: dict[str, float] = {}
        self.pace = Pace(runtime, breaks=True)

    def address(self, text: str) -> str:
        """The one way to write an Alyx address. Raises InvalidInput."""
        return self._door.address(text)

    async def log_in(self, url: str, username: str, password: Secret, *, remember: bool) -> AccountKey:
        """Prove an account; the password comes from the call or, when empty, from the keyring by name.

        Raises LoginRefused, Unreachable, KeyringTrouble, InvalidInput (no address or user given or set).
        """
        key = self._named(url, username)
        given = password or await self._kept(key)
        if not given:
            raise InvalidInput(
                f"No password was given for {key.username}, and the keyring holds none.",
                about="password",
                hint="Type it (`cagelab-bridge login`), once with --remember to keep it in the keyring.",
            )
        await self._prove(key, given)
        self._journal.accounts.proved(key, self._clock.stamp())
        if remember and password:
            await self._runtime.in_thread(self._keyring.put, KEYRING_KIND, key.alyx_url, key.username, password)
        return key

    async def _prove(self, key: AccountKey, password: Secret) -> None:
        token = await self._door.log_in(key, password)
        self._connections[key] = PacedAlyx(self._door.connect(key, token), self)
        self._tokens[key] = token
        self._guard.watch(
            (KEYRING_KIND, key.alyx_url, key.username, "token"), f"the Alyx token of {key.username}", token
        )
        self._guard.watch(
            (KEYRING_KIND, key.alyx_url, key.username, PASSWORD), f"the Alyx password of {key.username}", password
        )
        self.pace.succeeded(key.alyx_url)

    async def _kept(self, key: AccountKey) -> Secret | None:
        """The password that was handed over at the start, else that of the keyring."""
        return self._handed.get(key) or await self._runtime.in_thread(
            self._keyring.get, KEYRING_KIND, key.alyx_url, key.username
        )

    def log_out(self, url: str, username: str) -> AccountKey:
        """No new use of the account. Its token stays until what was accepted is delivered."""
        key = self.pick(url, username)
        self._journal.accounts.logged_out(key)
        self.forget_password(key)
        return key

    def hand_over(self, url: str, username: str, password: Secret) -> AccountKey:
        """Hold a password in memory until the bridge stops or logs out: for a computer without a keyring.

        Empty: the address and user of the settings. Raises InvalidInput.
        """
        key = self._named(url, username)
        self._handed[key] = password
        return key

    def forget_password(self, key: AccountKey) -> None:
        """Neither log in with it any more, nor search files for it."""
        self._handed.pop(key, None)
        self._guard.forget(KEYRING_KIND, key.alyx_url, key.username, PASSWORD)

    def pick(self, url: str = "", username: str = "") -> AccountKey:
        """The account a call means: the named one, or the only one (the last proved). Raises NotLoggedIn."""
        wanted = self._door.address(url) if url else ""
        for key, logged_out in self._journal.accounts.list():
            if not logged_out and wanted in ("", key.alyx_url) and username in ("", key.username):
                return key
        if url or username:
            raise NotLoggedIn(f"{username or 'Nobody'} is not logged in at {url or 'any Alyx'}.")
        raise NotLoggedIn

    def connection(self, key: AccountKey) -> Alyx:
        """The connection of an account. Raises NotLoggedIn when its token is not there."""
        found = self._connections.get(key)
        if found is None:
            raise NotLoggedIn(f"{key.username} is not logged in at {key.alyx_url}.")
        return found

    async def awake(self, key: AccountKey) -> Alyx:
        """The connection; logs in from the keyring first where the token is missing."""
        if key not in self._connections:
            try:
                password = await self._kept(key)
            except KeyringTrouble as trouble:
                log.info("no login from the keyring: %s", trouble)
                password = None
            if password:
                with self.pace.watch(key.alyx_url):
                    await self._prove(key, password)
        return self.connection(key)

    def own_token(self, key: AccountKey) -> Secret:
        """The token of this bridge's own login, to lend; empty while there is none."""
        return self._tokens.get(key, NO_TOKEN)

    def knows(self, key: AccountKey) -> bool:
        """True for an account that this bridge proved once and that was not logged out."""
        return (key, False) in self._journal.accounts.list()

    async def resume(self) -> None:
        """At a start: log in every account that was not logged out and whose password the keyring keeps."""
        for state in self.states():
            try:
                await self.awake(state.key)
            except BridgeError as error:
                log.info("%s is not logged in again: %s", state.key.username, error)

    def forget_token(self, key: AccountKey) -> None:
        """Alyx refused the token."""
        self._connections.pop(key, None)
        self._tokens.pop(key, None)

    def note_clock_text(self, key: AccountKey, text: str) -> None:
        """A time that Alyx wrote just now: it is naive, so it tells the zone of Alyx's clock."""
        if not text:
            return
        ahead = timedelta(seconds=self.connection(key).clock_ahead or 0.0)
        theirs = datetime.fromisoformat(text).replace(tzinfo=UTC) - (self._runtime.now() - ahead)
        self._zones[key.alyx_url] = round(theirs.total_seconds() / 900) / 4

    def states(self) -> list[AccountState]:
        """Every known account that is not logged out."""
        return [
            AccountState(
                key=key,
                logged_in=key in self._connections,
                trouble=self.pace.trouble(key.alyx_url),
                clock_ahead=self._connections[key].clock_ahead if key in self._connections else None,
                zone_offset=self._zones.get(key.alyx_url),
            )
            for key, logged_out in self._journal.accounts.list()
            if not logged_out
        ]

    def _named(self, url: str, username: str) -> AccountKey:
        url, username = url or self._default_url, username or self._default_user
        if not url or not username:
            missing = "address" if not url else "user name"
            raise InvalidInput(
                f"No Alyx {missing} was given.",
                about="login",
                hint="Give --url and --user, or set url and user under [alyx] in bridge.toml.",
            )
        return AccountKey(alyx_url=self._door.address(url), username=username)


class PacedAlyx:
    """A connection that leaves a troubled Alyx alone for a while, and notices a refused token."""

    def __init__(self, inner: Alyx, accounts: Accounts) -> None:
        self._inner = inner
        self._accounts = accounts
        self.key = inner.key

    @property
    def clock_ahead(self) -> float | None:
        """Seconds this computer's clock is ahead of Alyx's."""
        return self._inner.clock_ahead

    async def read(self, path: str) -> Json:
        """See ports.Alyx."""
        with self._watched():
            return await self._inner.read(path)

    async def read_list(self, path: str, limit: int = 5000) -> list[Json]:
        """See ports.Alyx."""
        with self._watched():
            return await self._inner.read_list(path, limit)

    async def read_page(self, path: str, limit: int) -> Page:
        """See ports.Alyx."""
        with self._watched():
            return await self._inner.read_page(path, limit)

    async def create(self, path: str, body: Json) -> Json | list[Json]:
        """See ports.Alyx."""
        with self._watched():
            return await self._inner.create(path, body)

    async def change(self, path: str, body: Json) -> Json:
        """See ports.Alyx."""
        with self._watched():
            return await self._inner.change(path, body)

    async def remove(self, path: str) -> None:
        """See ports.Alyx."""
        with self._watched():
            await self._inner.remove(path)

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            with self._accounts.pace.watch(self.key.alyx_url):
                yield
        except Denied:
            self._accounts.forget_token(self.key)
            raise
