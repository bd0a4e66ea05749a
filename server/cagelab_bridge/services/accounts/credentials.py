"""The stores' key pairs: in memory, or in the keyring when asked."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from urllib.parse import urlsplit

from cagelab_bridge.errors import BridgeError, Finding, Gravity, InvalidInput, KeyringTrouble, NoCredentials
from cagelab_bridge.models import AccountKey, File
from cagelab_bridge.ports import Keyring, KeyringState, KeyringView, Runtime, Store, StoreDoor, StoreKeys
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.accounts.leak_guard import LeakGuard
from cagelab_bridge.services.accounts.pace import Pace
from cagelab_bridge.services.lending.lease import Lease
from cagelab_bridge.services.lending.leases import Leases
from cagelab_bridge.services.lending.lent_store import LentStore
from cagelab_bridge.services.lending.signatures import Signatures

STORE_KIND = "store"
LENT = "lent"
ALYX_KIND = "alyx"
PASSWORD = "password"  # noqa: S105 - the word, in the guard's key of one
# The keyring finds secrets by name only; this entry names the access key of an endpoint.
IDENTITY_OF, ACCESS_KEY = "store-identity", "access key"
KEYRING = "keyring"  # the source of what is kept there
SCHEMES = ("http", "https", "smb")
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A secret the bridge holds, without the secret."""

    kind: str
    endpoint: str
    identity: str
    source: str  # "memory", "keyring", "systemd", "environment"; of what is lent, the control PC's name
    lent: bool = False


class Credentials:
    """Holds key pairs by endpoint, and gives the store that belongs to an endpoint."""

    def __init__(
        self,
        door: StoreDoor,
        keyring: Keyring,
        runtime: Runtime,
        region: str,
        guard: LeakGuard,
        leases: Leases,
        signatures: Signatures,
    ) -> None:
        self._door = door
        self._keyring = keyring
        self._runtime = runtime
        self._region = region
        self.guard = guard
        self._leases = leases
        self._signatures = signatures
        self._lent: dict[Lease, LentStore] = {}
        leases.on_end(self._forget_lent)
        self._stores: dict[str, tuple[Store, Held]] = {}
        self._keys: dict[str, StoreKeys] = {}
        self._passwords: dict[AccountKey, Held] = {}
        self.pace = Pace(runtime, breaks=True)

    async def put_store(
        self, endpoint: str, access_key: str, secret: Secret, *, keep: bool, source: str = "memory"
    ) -> Held:
        """Take a key pair for an endpoint; `source`: where it came from. Raises InvalidInput, KeyringTrouble."""
        endpoint = checked_endpoint(endpoint)
        if not access_key or not secret:
            raise InvalidInput("A key pair has an access key and a secret key.", about="credentials")
        self._door.connect(self._pair(endpoint, access_key, secret))  # refused before it is kept
        if keep:
            await self._runtime.in_thread(self._keyring.put, STORE_KIND, endpoint, access_key, secret)
            await self._runtime.in_thread(self._keyring.put, IDENTITY_OF, endpoint, ACCESS_KEY, Secret(access_key))
        return self._hold(endpoint, access_key, secret, KEYRING if keep else source)

    def _hold(self, endpoint: str, access_key: str, secret: Secret, source: str) -> Held:
        held = Held(kind=STORE_KIND, endpoint=endpoint, identity=access_key, source=source)
        keys = self._pair(endpoint, access_key, secret)
        self._stores[endpoint] = (self._door.connect(keys), held)
        self._keys[endpoint] = keys
        self.guard.watch((STORE_KIND, endpoint), f"the secret key of {endpoint}", secret)
        self.pace.succeeded(endpoint)
        return held

    def _pair(self, endpoint: str, access_key: str, secret: Secret) -> StoreKeys:
        return StoreKeys(endpoint=endpoint, access_key=access_key, secret_key=secret, region=self._region)

    async def put_password(self, key: AccountKey, password: Secret) -> Held:
        """Keep an Alyx password in the keyring, to log in with by name. Raises KeyringTrouble."""
        await self._runtime.in_thread(self._keyring.put, ALYX_KIND, key.alyx_url, key.username, password)
        held = Held(kind=ALYX_KIND, endpoint=key.alyx_url, identity=key.username, source=KEYRING)
        self._passwords[key] = held
        self.guard.watch(
            (ALYX_KIND, key.alyx_url, key.username, PASSWORD), f"the Alyx password of {key.username}", password
        )
        return held

    def hold_password(self, key: AccountKey, source: str) -> None:
        """Name a password that was handed over at the start; `Accounts` holds it."""
        self._passwords[key] = Held(kind=ALYX_KIND, endpoint=key.alyx_url, identity=key.username, source=source)

    async def store(self, endpoint: str) -> Store:
        """The store of an endpoint, with its keys from memory or the keyring. Raises NoCredentials."""
        endpoint = checked_endpoint(endpoint)
        if endpoint not in self._stores:
            await self._from_keyring(endpoint)
        found = self._stores.get(endpoint)
        if found is None:
            raise NoCredentials(
                f"There is no key pair for the store {endpoint}.",
                hint=f"Hand it over: `cagelab-bridge login --store {endpoint} --access-key …`.",
            )
        return found[0]

    async def store_of(self, file: File) -> Store:
        """The store a file's object goes to: with keys of this bridge's own, else as a control PC lent it for that
        session and place. Raises NoCredentials."""
        try:
            return await self.store(file.endpoint)
        except NoCredentials:
            endpoint = checked_endpoint(file.endpoint)
            lease = self._leases.store_for(file.session_id, endpoint, file.bucket, file.key)
            if lease is not None:
                return self._opened(lease)
            why = self._leases.why(file.session_id)
            if why is None:
                raise
            raise NoCredentials(
                f"There is no key pair for the store {endpoint}: {why.message}", hint=why.hint
            ) from None

    def serves(self, endpoint: str) -> bool:
        """True while a key pair of this bridge's own is in memory."""
        return checked_endpoint(endpoint) in self._stores

    def own(self) -> frozenset[str]:
        """The endpoints of which a key pair of this bridge's own is in memory."""
        return frozenset(self._stores)

    def _opened(self, lease: Lease) -> LentStore:
        if lease not in self._lent:
            store = lease.store
            assert store is not None  # the leases that are asked for a place have one
            inner = self._door.connect_signed(store.endpoint, self._signatures.signer(lease))
            name = f"the secret key of {store.endpoint}"
            self.guard.watch((LENT, lease.owner, lease.id, "key"), name, store.secret_key)
            name = f"the session token of {store.endpoint}"
            self.guard.watch((LENT, lease.owner, lease.id, "session"), name, store.session_token)
            self._lent[lease] = LentStore(inner, lease, self._leases)
        return self._lent[lease]

    def _forget_lent(self, lease: Lease) -> None:
        self._lent.pop(lease, None)
        for part in ("key", "session"):
            self.guard.forget(LENT, lease.owner, lease.id, part)

    async def own_keys(self, endpoint: str) -> StoreKeys:
        """This bridge's own key pair, from memory or the keyring, to lend from. Raises NoCredentials."""
        endpoint = checked_endpoint(endpoint)
        if endpoint not in self._keys:
            await self._from_keyring(endpoint)
        if endpoint not in self._keys:
            raise NoCredentials(f"There is no key pair for the store {endpoint}.")
        return self._keys[endpoint]

    async def _from_keyring(self, endpoint: str) -> None:
        try:
            identity = await self._runtime.in_thread(self._keyring.get, IDENTITY_OF, endpoint, ACCESS_KEY)
            if identity is None:
                return
            name = identity.reveal()
            secret = await self._runtime.in_thread(self._keyring.get, STORE_KIND, endpoint, name)
        except KeyringTrouble as trouble:
            log.info("no key pair from the keyring: %s", trouble)
            return
        if secret is not None:
            self._hold(endpoint, name, secret, KEYRING)

    def held(self) -> list[Held]:
        """What is held, without the secrets."""
        return [held for _, held in self._stores.values()] + list(self._passwords.values())

    async def remove(self, kind: str, endpoint: str, identity: str) -> bool:
        """Forget a secret in memory and in the keyring; True when there was one. `endpoint` in its one form.

        Raises KeyringTrouble when the keyring, which may hold it, cannot be used: forgotten in memory it is all the
        same.
        """
        if kind == STORE_KIND:
            return await self._remove_store(checked_endpoint(endpoint), identity)
        known = self._passwords.pop(AccountKey(alyx_url=endpoint, username=identity), None)
        self.guard.forget(ALYX_KIND, endpoint, identity, PASSWORD)
        if known is not None and known.source != KEYRING:
            return True  # it was never given to the keyring
        return await self._runtime.in_thread(self._keyring.remove, kind, endpoint, identity) or known is not None

    async def _remove_store(self, endpoint: str, identity: str) -> bool:
        found = self._stores.get(endpoint)
        in_memory = found is not None and identity in ("", found[1].identity)
        if in_memory:
            del self._stores[endpoint], self._keys[endpoint]
            self.guard.forget(STORE_KIND, endpoint)
        if found is not None and found[1].source != KEYRING:
            return in_memory  # it was never given to the keyring
        kept = await self._runtime.in_thread(self._keyring.get, IDENTITY_OF, endpoint, ACCESS_KEY)
        name = kept.reveal() if kept else ""
        if not name or identity not in ("", name):
            return in_memory
        gone = await self._runtime.in_thread(self._keyring.remove, STORE_KIND, endpoint, name)
        await self._runtime.in_thread(self._keyring.remove, IDENTITY_OF, endpoint, ACCESS_KEY)
        return gone or in_memory

    def keyring(self) -> KeyringView | None:
        """How the keyring stood when it was last asked; None: it was not asked yet."""
        return self._keyring.last_seen()

    async def look_at_keyring(self) -> KeyringView:
        """How the keyring stands now."""
        return await self._runtime.in_thread(self._keyring.look)

    def notices(self) -> list[Finding]:
        """What is wrong with the keyring, and which secrets no file is searched for."""
        view = self._keyring.last_seen()
        wrong = view is not None and view.state in (KeyringState.LOCKED, KeyringState.REFUSED)
        about_keyring = [_keyring_finding(view)] if view is not None and wrong else []
        return [*about_keyring, *self.guard.findings()]

    def states(self) -> list[tuple[Held, BridgeError | None, float | None]]:
        """The stores that can be used, each with its last failure and the seconds our clock is ahead of it."""
        known = [*self._stores.values(), *((store, _held(lease)) for lease, store in self._lent.items())]
        return [(held, self.pace.trouble(held.endpoint), store.clock_ahead) for store, held in known]


def _held(lease: Lease) -> Held:
    """What a control PC lent; its name tells where from."""
    store = lease.store
    assert store is not None  # it was opened
    return Held(kind=STORE_KIND, endpoint=store.endpoint, identity=store.access_key, source=lease.owner_name, lent=True)


def _keyring_finding(view: KeyringView) -> Finding:
    return Finding(gravity=Gravity.WARNING, field="keyring", value=view.state, message=view.reason, hint=view.hint)


def checked_endpoint(text: str) -> str:
    """`http(s)://host[:port]` or `smb://host[:port]`, lower case, without a path. Raises InvalidInput."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError as problem:
        raise InvalidInput(f"{text!r} is no address of a store.", about="endpoint") from problem
    if parts.scheme not in SCHEMES or not parts.hostname or parts.path.strip("/") or parts.username:
        raise InvalidInput(
            f"{text!r} is no address of a store.",
            about="endpoint",
            hint="Write scheme, host and port, such as http://172.16.102.77:9000; of a file server smb://172.16.102.77.",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    told = port and (parts.scheme, port) != ("smb", 445)  # an address with a share leaves that one out too
    return f"{parts.scheme}://{host}" + (f":{port}" if told else "")
