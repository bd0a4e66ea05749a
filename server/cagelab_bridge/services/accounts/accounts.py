"""Alyx accounts: login, tokens in memory, connections."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cagelab_bridge.errors import BridgeError, InvalidInput, KeyringTrouble, NotLoggedIn
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import LOCAL, AccountKey, Session
from cagelab_bridge.ports import NO_TOKEN, Alyx, AlyxDoor, Keyring, Runtime
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.accounts.leak_guard import LeakGuard
from cagelab_bridge.services.accounts.pace import Pace
from cagelab_bridge.services.accounts.paced_alyx import PacedAlyx
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.lending.lease import Lease
from cagelab_bridge.services.lending.leases import Leases

KEYRING_KIND = "alyx"
LENT = "lent"
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
    source: str = ""  # LOCAL, or the control PC that lent the token


class Accounts:
    """Proves accounts and hands out connections: with a token of its own, else with one that a control PC lent.

    Passwords are used once; tokens live in memory only.
    """

    def __init__(
        self,
        door: AlyxDoor,
        keyring: Keyring,
        journal: Journal,
        runtime: Runtime,
        clock: LabTime,
        guard: LeakGuard,
        leases: Leases,
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
        self._leases = leases
        self._default_url = default_url
        self._default_user = default_user
        self._connections: dict[AccountKey, PacedAlyx] = {}
        self._lent: dict[Lease, tuple[int, Alyx]] = {}
        self._tokens: dict[AccountKey, Secret] = {}
        self._handed: dict[AccountKey, Secret] = {}
        self._zones: dict[str, float] = {}
        self.pace = Pace(runtime, breaks=True)
        leases.on_end(self._forget_lent)

    def address(self, text: str) -> str:
        """The one way to write an Alyx address. Raises InvalidInput."""
        return self._door.address(text)

    def demand_safe(self, key: AccountKey) -> None:
        """Raises NotLoggedIn (about "insecure") where the settings do not let a password go to that address."""
        self._door.demand_safe(key.alyx_url)

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
        made = self._door.connect(key, token)
        self._connections[key] = PacedAlyx(key, lambda: made, self.pace, lambda: self.forget_token(key))
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
        key = self._one_of(self._proved(), url, username)
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
        """The account a call means: the named one, or the only one (the last proved), or one that a control PC lends.
        Raises NotLoggedIn."""
        lent = [lease.account for lease in self._leases.live() if lease.token]
        first = self._usable() if lent else []  # an old account that nobody is logged in with does not stand before
        return self._one_of((*first, *lent, *self._proved()), url, username)

    def _one_of(self, known: Iterable[AccountKey], url: str, username: str) -> AccountKey:
        found = self._named_among(known, url, username)
        if found is not None:
            return found
        said = f"{username or 'Nobody'} is not logged in at {url or 'any Alyx'}" if url or username else ""
        raise self._not_logged_in(said or "No Alyx account is logged in")

    def for_session(self, url: str = "", username: str = "") -> AccountKey | None:
        """The account a new session belongs to. On a rig nobody has to be logged in: None means whichever a control PC
        lends first. Raises NotLoggedIn elsewhere, InvalidInput for a user without an address."""
        if not self._leases.active:
            return self.pick(url, username)
        ahead = [lease.account for lease in self._leases.live() if not lease.session_id]
        known = (*self._usable(), *ahead, *self._proved())
        found = self._named_among(known, url, username)
        if found is not None:
            return found
        named = url or username or (self._default_url and self._default_user)
        return self._named(url or next((key.alyx_url for key in known), ""), username) if named else None

    def _usable(self) -> list[AccountKey]:
        """What was logged in here and can be used now, the last proved first."""
        return [key for key in self._proved() if key in self._connections]

    def _proved(self) -> list[AccountKey]:
        """What was ever logged in here and not logged out, the last proved first."""
        return [key for key, logged_out in self._journal.accounts.list() if not logged_out]

    def _named_among(self, known: Iterable[AccountKey], url: str, username: str) -> AccountKey | None:
        wanted = self._door.address(url) if url else ""
        fitting = (key for key in known if wanted in ("", key.alyx_url) and username in ("", key.username))
        return next(fitting, None)

    def bound(self, session: Session) -> Session:
        """The session with its account: where it has none yet, the one that was lent or logged in since.

        Raises NotLoggedIn while there is none.
        """
        if session.account is not None:
            return session
        key = next((lease.account for lease in self._leases.live(session.id)), None) or next(iter(self._usable()), None)
        if key is None:
            raise self._not_logged_in("No Alyx account is known yet", session.id)
        self._journal.sessions.bound(session.id, key)
        return self._journal.sessions.get(session.id)

    def serves(self, key: AccountKey) -> bool:
        """True while a token of this bridge's own is in memory."""
        return key in self._connections

    def own(self) -> frozenset[AccountKey]:
        """The accounts of which a token of this bridge's own is in memory."""
        return frozenset(self._connections)

    def connection(self, key: AccountKey, session_id: str = "") -> PacedAlyx:
        """The connection of an account: its own, else one that was lent to that session (to any, for programs of this
        computer). Raises NotLoggedIn when no token is there."""
        found = self._connections.get(key)
        if found is not None:
            return found
        lease = self._leases.token_for(key, session_id)
        if lease is None:
            raise self._not_logged_in(f"{key.username} is not logged in at {key.alyx_url}", session_id)
        return PacedAlyx(key, lambda: self._there(lease), self.pace, lambda: self._leases.token_refused(lease))

    def _there(self, lease: Lease) -> Alyx:
        """The connection of a lease while it lasts, with its newest token."""
        if not self._leases.is_live(lease):
            said = f"What {lease.owner_name} lent to {lease.account.username} has ended"
            raise self._not_logged_in(said, lease.session_id)
        version, made = self._lent.get(lease, (-1, None))
        if made is None or version != lease.token_version:
            made = self._door.connect(lease.account, lease.token)
            self._lent[lease] = (lease.token_version, made)
            name = f"the Alyx token of {lease.account.username}"
            self._guard.watch((LENT, lease.owner, lease.id, "token"), name, lease.token)
        return made

    def _forget_lent(self, lease: Lease) -> None:
        self._lent.pop(lease, None)
        self._guard.forget(LENT, lease.owner, lease.id, "token")

    def _not_logged_in(self, said: str, session_id: str = "") -> NotLoggedIn:
        why = self._leases.why(session_id)
        return NotLoggedIn(f"{said}: {why.message}", hint=why.hint) if why else NotLoggedIn(f"{said}.")

    def resting(self, session: Session) -> BridgeError | None:
        """Why its Alyx is left alone just now, as its delivery would hear it; None when it may be asked."""
        if session.account is None or session.account not in self._connections:
            return None
        try:
            self.pace.check(session.account.alyx_url)
        except BridgeError as error:
            return error
        return None

    async def awake(self, key: AccountKey, session_id: str = "") -> PacedAlyx:
        """The connection (see there); logs in from the keyring first where no token is."""
        if key not in self._connections and self._leases.token_for(key, session_id) is None:
            try:
                password = await self._kept(key)
            except KeyringTrouble as trouble:
                log.info("no login from the keyring: %s", trouble)
                password = None
            if password:
                with self.pace.watch(key.alyx_url):
                    await self._prove(key, password)
        return self.connection(key, session_id)

    def own_token(self, key: AccountKey) -> Secret:
        """The token of this bridge's own login, to lend; empty while there is none."""
        return self._tokens.get(key, NO_TOKEN)

    def knows(self, key: AccountKey) -> bool:
        """True for an account that this bridge proved once and that was not logged out."""
        return (key, False) in self._journal.accounts.list()

    async def resume(self) -> None:
        """At a start: log in every account that was not logged out and whose password the keyring keeps."""
        for key in self._proved():
            try:
                await self.awake(key)
            except BridgeError as error:
                log.info("%s is not logged in again: %s", key.username, error)

    def forget_token(self, key: AccountKey) -> None:
        """Alyx refused the token."""
        self._connections.pop(key, None)
        self._tokens.pop(key, None)

    def note_clock_text(self, alyx: Alyx, text: str) -> None:
        """A time that Alyx wrote just now: it is naive, so it tells the zone of Alyx's clock."""
        if not text:
            return
        ahead = timedelta(seconds=alyx.clock_ahead or 0.0)
        theirs = datetime.fromisoformat(text).replace(tzinfo=UTC) - (self._runtime.now() - ahead)
        self._zones[alyx.key.alyx_url] = round(theirs.total_seconds() / 900) / 4

    def states(self) -> list[AccountState]:
        """Every known account that is not logged out, then those that are lent."""
        lent = {lease.account: lease for lease in self._leases.live() if lease.token}
        return [self._state(key, lent.get(key)) for key in dict.fromkeys((*self._proved(), *lent))]

    def _state(self, key: AccountKey, lease: Lease | None) -> AccountState:
        own, lent = self._connections.get(key), self._lent.get(lease) if lease else None
        used = own or (lent[1] if lent else None)
        return AccountState(
            key=key,
            logged_in=own is not None or lease is not None,
            trouble=self.pace.trouble(key.alyx_url),
            clock_ahead=used.clock_ahead if used else None,
            zone_offset=self._zones.get(key.alyx_url),
            source=LOCAL if own is not None else lease.owner_name if lease is not None else "",
        )

    def why_nobody(self) -> NotLoggedIn | None:
        """Why no account is known; None on a rig whose control PC is there, for then it needs none."""
        return None if self._leases.expected("") else self._not_logged_in("No Alyx account is known")

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
