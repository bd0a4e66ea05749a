"""What control PCs lend to this rig: in memory only, each with its end."""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from cagelab_bridge.errors import Finding, InvalidInput, NotFound, TooMuch, WrongState
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey, Grant, Peer, PeerChange, Run, Session
from cagelab_bridge.ports import NO_TOKEN, Runtime
from cagelab_bridge.ports.rigs import LentStore, Loan
from cagelab_bridge.secret import Secret

LONGEST = 12 * 3600.0  # seconds a lease may last
MOST = 1000  # leases of one control PC
REFUSED_FOR = 60.0  # seconds a token that Alyx refused is not tried again
CONTROL = "control"  # the role of a peer that may lend
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
NOT_PAIRED = "this rig is not paired with a control PC."
PAIR = "Pair them, from the control PC: `cagelab-bridge pair user@<this rig>`. Or log in here: `cagelab-bridge login`."
ABSENT = "no control PC is connected."
SWITCH_ON = "Switch the control PC on and start its bridge: the work goes on by itself."
ASKED = "was asked for it."
WHEN = "it lends when a session needs it."
FORWARD = (
    "Start a session; or, for questions before it, lend ahead on the control PC: `cagelab-bridge forward <this rig>`."
)
WAIT = "Nothing to do: the work goes on by itself once it comes."
log = logging.getLogger(__name__)


class News(Protocol):
    """What is called when the work of a session may go on, or waits for another reason."""

    def __call__(self, session_id: str, *, usable: bool) -> None:
        """See Leases.on_news."""


@dataclass(kw_only=True, eq=False)
class Lease:
    """Credentials a control PC lent, until `end` (monotonic seconds). The versions tell when a secret was replaced."""

    id: str
    owner: str  # fingerprint of the control PC
    owner_name: str
    session_id: str  # "": ahead, for any session
    account: AccountKey
    end: float
    token: Secret = NO_TOKEN
    token_version: int = 0
    refused_until: float = -math.inf
    store: LentStore | None = None
    store_version: int = 0
    ended: bool = False
    users: set[asyncio.Future[Any]] = field(default_factory=set)  # what works at the store with its keys just now


@dataclass(frozen=True, kw_only=True)
class Why:
    """Why nothing is lent: the second half of a sentence, and what to do next."""

    message: str
    hint: str


class Leases:
    """Takes, renews, hands out and ends leases. `active`: only on a rig; elsewhere nothing is ever lent."""

    def __init__(
        self,
        journal: Journal,
        runtime: Runtime,
        address: Callable[[str], str],
        controls: Callable[[], Iterable[Peer]],
        *,
        active: bool,
    ) -> None:
        """`address`: the one way to write an Alyx address; `controls`: the peers that are paired now."""
        self._journal = journal
        self._runtime = runtime
        self._address = address
        self._controls = controls
        self.active = active
        self._leases: dict[tuple[str, str], Lease] = {}  # by owner and id: what is another's does not exist
        self._refusals: dict[tuple[str, str], tuple[str, Finding]] = {}  # by owner and session
        self._connected: Counter[tuple[str, str]] = Counter()  # streams of needs, by fingerprint and name
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._changed: list[Callable[[str], None]] = []
        self._woken: list[News] = []
        self._ended: list[Callable[[Lease], None]] = []
        journal.listen(self._heard)

    def on_change(self, callback: Callable[[str], None]) -> None:
        """Call it with the id of a session ("": of all) when what is lent to it changed, or who may lend."""
        self._changed.append(callback)

    def on_news(self, callback: News) -> None:
        """Call it with the id of a session ("": of all) when its work may go on (`usable`), or only waits for another
        reason."""
        self._woken.append(callback)

    def on_end(self, callback: Callable[[Lease], None]) -> None:
        """Call it when a lease, or one of its secrets, must be forgotten."""
        self._ended.append(callback)

    async def stop(self) -> None:
        """Drop everything."""
        for lease in list(self._leases.values()):
            self._end(lease)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    # -- taking ------------------------------------------------------------------------------------------------------

    def push(self, owner: str, owner_name: str, loan: Loan) -> Lease:
        """Take, renew or complete a lease; a part that is empty stays as it was. `owner`: the certificate of who lends.

        Raises InvalidInput (no such duration, place or id), NotFound (a session that is not here), WrongState (it has
        no work, or belongs to another account), TooMuch.
        """
        self._demand_rig()
        session = self._session(loan.session_id)
        known = self._leases.get((owner, loan.lease_id))
        account = self._account(loan, session, known)
        self._check(owner, loan, known)
        if session is not None and session.account is None:
            self._journal.sessions.bound(session.id, account)
        lease = known or Lease(
            id=loan.lease_id, owner=owner, owner_name=owner_name, session_id=loan.session_id, account=account, end=0.0
        )
        lease.end = self._runtime.monotonic() + loan.seconds
        better = self._replace(lease, loan)
        self._leases[owner, loan.lease_id] = lease
        self._refusals.pop((owner, loan.session_id), None)
        self._guard_end()
        log.info("%s lends to %s for %.0f s", owner_name, loan.session_id or "any session", loan.seconds)
        if better or known is None:
            self._tell(loan.session_id)
        return lease

    def _demand_rig(self) -> None:
        if not self.active:
            raise WrongState("This bridge is no rig: nothing is lent to it.", about="role")

    def _session(self, session_id: str) -> Session | None:
        if not session_id:
            return None
        session = self._journal.sessions.get(session_id)
        if not self.has_work(session):
            raise WrongState(f"Session {session_id} has nothing to deliver: it needs no lease.", about="session")
        return session

    def _account(self, loan: Loan, session: Session | None, known: Lease | None) -> AccountKey:
        given = loan.account
        if not given.alyx_url or not given.username:
            raise InvalidInput("A lease names an Alyx account.", about="account")
        account = AccountKey(alyx_url=self._address(given.alyx_url), username=given.username)
        bound = session.account if session else None
        if known is not None and (known.account != account or known.session_id != loan.session_id):
            raise InvalidInput("That lease was given to another session or account.", about="lease")
        if bound not in (None, account):
            raise WrongState("The session belongs to another account.", about="account")
        return account

    def _check(self, owner: str, loan: Loan, known: Lease | None) -> None:
        if not ID.fullmatch(loan.lease_id):
            raise InvalidInput("The id of a lease is a UUID.", about="lease")
        if not 0 < loan.seconds <= LONGEST:  # false for NaN too
            raise InvalidInput(f"A lease lasts up to {LONGEST / 3600:.0f} hours.", about="seconds")
        if known is None and sum(lease.owner == owner for lease in self._leases.values()) >= MOST:
            raise TooMuch(f"A control PC lends {MOST} times at most.")
        if loan.store is not None:
            if not loan.session_id:
                raise InvalidInput("A store is lent to a session, not ahead.", about="store")
            _check_store(loan.store)

    def _replace(self, lease: Lease, loan: Loan) -> bool:
        """Put new secrets in the place of the old; True when something can be done now that could not before."""
        better = False
        if loan.token and loan.token != lease.token:
            lease.token, lease.token_version = loan.token, lease.token_version + 1
            lease.refused_until = -math.inf
            better = True
        if loan.store is not None and loan.store != lease.store:
            lease.store, lease.store_version = loan.store, lease.store_version + 1
            self._forgotten(lease)
            better = True
        return better

    def refuse(self, owner: str, owner_name: str, session_id: str, finding: Finding) -> None:
        """A control PC says why it does not lend. Raises NotFound for a session that is not here, WrongState."""
        self._demand_rig()
        if session_id:
            self._journal.sessions.get(session_id)
        self._refusals[owner, session_id] = (owner_name, finding)
        self._tell(session_id)

    def token_refused(self, lease: Lease) -> None:
        """Alyx refused the token: it is wanted anew."""
        lease.refused_until = self._runtime.monotonic() + REFUSED_FOR
        self._tell(lease.session_id)

    # -- ending ------------------------------------------------------------------------------------------------------

    def revoke(self, owner: str, lease_id: str) -> None:
        """End a lease at once. `owner`: who asks; "": a program of this computer, which may end any.

        Raises NotFound, with the same words for a lease of somebody else.
        """
        found = [lease for lease in self._leases.values() if lease.id == lease_id and owner in ("", lease.owner)]
        if not found:
            raise NotFound("There is no such lease.", about="lease", hint="List them with `cagelab-bridge leases`.")
        for lease in found:
            self._end(lease)

    def peers_changed(self, change: PeerChange) -> None:
        """Nobody lends who is not trusted any more."""
        gone = {peer.fingerprint for peer in change.removed}
        for lease in [lease for lease in self._leases.values() if lease.owner in gone]:
            self._end(lease)
        self._refusals = {place: said for place, said in self._refusals.items() if place[0] not in gone}
        self._tell("", usable=False)

    def _heard(self, kind: str, identity: str) -> None:
        """The work of a session is done: what was lent for it ends."""
        if kind == "transfer" and (self._leases or self._refusals):
            kind, identity = "session", self._session_of(identity)
        lent = [lease for lease in self._leases.values() if lease.session_id == identity]
        refused = [place for place in self._refusals if place[1] == identity]
        if kind != "session" or not (lent or refused) or self.has_work(self._journal.sessions.get(identity)):
            return
        for lease in lent:
            self._end(lease)
        for place in refused:
            del self._refusals[place]

    def _session_of(self, transfer_id: str) -> str:
        try:
            return self._journal.transfers.get(transfer_id).session_id
        except NotFound:
            return ""  # a download

    def has_work(self, session: Session) -> bool:
        """True while something of the session is to be delivered, or parts of it are to be removed from the store."""
        unfinished = session.run is not Run.RESERVED and not (session.completed and session.swept)
        return unfinished or bool(self._journal.files.discards_at(session.id))

    def _end(self, lease: Lease) -> None:
        if self._leases.pop((lease.owner, lease.id), None) is None:
            return
        lease.ended = True
        lease.token, lease.store = NO_TOKEN, None
        for task in lease.users:
            task.cancel()
        self._forgotten(lease)
        log.info("what %s lent to %s has ended", lease.owner_name, lease.session_id or "any session")
        self._tell(lease.session_id)

    def _forgotten(self, lease: Lease) -> None:
        for callback in self._ended:
            callback(lease)

    def _guard_end(self) -> None:
        """A task that ends each lease in time; whoever uses one looks at the clock besides."""
        self._news.set()
        if self._task is None:
            self._task = asyncio.ensure_future(self._expire())

    async def _expire(self) -> None:
        while True:
            self._news.clear()
            now = self._runtime.monotonic()
            for lease in [lease for lease in self._leases.values() if lease.end <= now]:
                self._end(lease)
            ends = [lease.end for lease in self._leases.values()]
            try:
                await self._runtime.wait_for(self._news.wait(), min(ends, default=now + LONGEST) - now)
            except TimeoutError:
                continue

    def _tell(self, session_id: str, *, usable: bool = True) -> None:
        for changed in self._changed:
            changed(session_id)
        for woken in self._woken:
            woken(session_id, usable=usable)

    # -- using -------------------------------------------------------------------------------------------------------

    def live(self, session_id: str = "", *, ahead: bool = True) -> Iterator[Lease]:
        """The leases that may serve a session ("": any), those for it alone first, then the one that lasts longest."""
        now = self._runtime.monotonic()
        found = [
            lease
            for lease in self._leases.values()
            if lease.end > now
            and (not session_id or lease.session_id == session_id or (ahead and not lease.session_id))
        ]
        yield from sorted(found, key=lambda lease: (not lease.session_id, -lease.end))

    def is_live(self, lease: Lease) -> bool:
        """True until it ends."""
        return not lease.ended and lease.end > self._runtime.monotonic()

    def token_for(self, key: AccountKey, session_id: str = "") -> Lease | None:
        """The lease whose token a session may use; without a session, programs of this computer may use any."""
        now = self._runtime.monotonic()
        usable = (lease for lease in self.live(session_id) if lease.token and lease.refused_until <= now)
        return next((lease for lease in usable if lease.account == key), None)

    def store_for(self, session_id: str, endpoint: str, bucket: str, key: str) -> Lease | None:
        """The lease that lets a session's object be stored there."""
        for lease in self.live(session_id, ahead=False) if session_id else ():
            if lease.store is not None and covers(lease.store, endpoint, bucket, key) and self._opens(lease):
                return lease
        return None

    def _opens(self, lease: Lease) -> bool:
        """Without keys, only while its owner is there to sign: while it is away, another control PC may lend."""
        signed = lease.store is not None and lease.store.grant is Grant.SIGNED
        return not signed or any(owner == lease.owner for owner, _ in self._connected)

    def seconds_left(self, lease: Lease) -> float:
        """Until it ends."""
        return max(0.0, lease.end - self._runtime.monotonic())

    # -- why not -----------------------------------------------------------------------------------------------------

    def connected(self, owner: str, owner_name: str, *, there: bool) -> None:
        """A control PC began, or ceased, to follow the needs."""
        before = +self._connected
        self._connected[owner, owner_name] += 1 if there else -1
        self._connected = +self._connected
        if (owner, owner_name) not in self._connected:
            self._refusals = {place: said for place, said in self._refusals.items() if place[0] != owner}
        if before.keys() == self._connected.keys():
            return
        self._tell("", usable=False)
        for lease in list(self._leases.values()) if there else ():
            if lease.owner == owner and lease.store is not None and lease.store.grant is Grant.SIGNED:
                self._tell(lease.session_id)  # there is somebody again who signs

    def why(self, session_id: str = "") -> Why | None:
        """Why a session ("": a program's question) has no credentials; None on a computer that is no rig."""
        if not self.active:
            return None
        if not any(CONTROL in peer.roles for peer in self._controls()):
            return Why(message=NOT_PAIRED, hint=PAIR)
        if not self._connected:
            return Why(message=ABSENT, hint=SWITCH_ON)
        open_hands = self._open_hands(session_id)
        if open_hands and not session_id:
            return Why(message=f"{open_hands[0]} is connected, but {WHEN}", hint=FORWARD)
        if open_hands:
            return Why(message=f"{open_hands[0]} is connected, and {ASKED}", hint=WAIT)
        there = {owner for owner, _ in self._connected}
        said = (said for place, said in self._refusals.items() if place[0] in there and place[1] in ("", session_id))
        owner_name, finding = next(said)
        return Why(message=f"{owner_name} is connected, but: {finding.message}", hint=finding.hint or SWITCH_ON)

    def expected(self, session_id: str) -> bool:
        """True while a control PC is there that did not refuse."""
        return self.active and bool(self._open_hands(session_id))

    def _open_hands(self, session_id: str) -> list[str]:
        closed = {place[0] for place in self._refusals if place[1] in ("", session_id)}
        return [name for owner, name in self._connected if owner not in closed]


def covers(store: LentStore, endpoint: str, bucket: str, key: str) -> bool:
    """True for an object that the lease speaks of: at that address, in that bucket, below that prefix."""
    plain = not {"", ".", ".."} & set(key.split("/"))
    return (store.endpoint, store.bucket) == (endpoint, bucket) and key.startswith(store.prefix) and plain


def _check_store(store: LentStore) -> None:
    parts = store.prefix.split("/")
    if not BUCKET.fullmatch(store.bucket) or parts[-1] or len(parts) < 2 or {"", ".", ".."} & set(parts[:-1]):
        raise InvalidInput("A store is lent by its bucket and a prefix that ends in /.", about="store")
    keys = bool(store.access_key and store.secret_key)
    if store.grant is Grant.NONE or keys == (store.grant is Grant.SIGNED):
        raise InvalidInput("A store is lent with its keys, or request by request.", about="store")
