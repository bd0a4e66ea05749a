"""What control PCs lend to this rig: in memory only, each with its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from cagelab_bridge.errors import Finding, InvalidInput, NotFound, TooMuch, WrongState
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey, Grant, Peer, PeerChange, Run, Session
from cagelab_bridge.ports import Runtime
from cagelab_bridge.ports.rigs import Loan
from cagelab_bridge.services.lending import lease as lease_words
from cagelab_bridge.services.lending.lease import LONGEST, Lease, covers
from cagelab_bridge.services.lending.lenders import Lenders, Why

MOST = 1000  # leases of one control PC
REFUSED_FOR = 60.0  # seconds a token that Alyx refused is not tried again
log = logging.getLogger(__name__)


class News(Protocol):
    """What is called when the work of a session may go on, or waits for another reason."""

    def __call__(self, session_id: str, *, usable: bool) -> None:
        """See Leases.on_news."""


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
        self._lenders = Lenders(controls)
        self.active = active
        self._leases: dict[tuple[str, str], Lease] = {}  # by owner and id: what is another's does not exist
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
        lease_words.check(loan)
        if known is None and sum(lease.owner == owner for lease in self._leases.values()) >= MOST:
            raise TooMuch(f"A control PC lends {MOST} times at most.")
        if session is not None and session.account is None:
            self._journal.sessions.bound(session.id, account)
        lease = known or Lease(
            id=loan.lease_id, owner=owner, owner_name=owner_name, session_id=loan.session_id, account=account, end=0.0
        )
        lease.end = self._runtime.monotonic() + loan.seconds
        token, store = lease.take(loan)
        if store:
            self._forgotten(lease)
        self._leases[owner, loan.lease_id] = lease
        self._lenders.lends(owner, loan.session_id)
        self._guard_end()
        log.info("%s lends to %s for %.0f s", owner_name, loan.session_id or "any session", loan.seconds)
        if token or store or known is None:
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

    def refuse(self, owner: str, owner_name: str, session_id: str, finding: Finding) -> None:
        """A control PC says why it does not lend. Raises NotFound for a session that is not here, WrongState."""
        self._demand_rig()
        if session_id:
            self._journal.sessions.get(session_id)
        self._lenders.refused(owner, owner_name, session_id, finding)
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
        self._lenders.forget(gone)
        self._tell("", usable=False)

    def _heard(self, kind: str, identity: str) -> None:
        """The work of a session is done: what was lent for it ends."""
        if not self.active:
            return
        if kind == "transfer":
            kind, identity = "session", self._session_of(identity)
        lent = [lease for lease in self._leases.values() if lease.session_id == identity]
        refused = self._lenders.refusing(identity)
        if kind != "session" or not (lent or refused) or self.has_work(self._journal.sessions.get(identity)):
            return
        for lease in lent:
            self._end(lease)
        self._lenders.forget_session(identity)

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
        lease.drop()
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
        return not signed or self._lenders.is_there(lease.owner)

    def seconds_left(self, lease: Lease) -> float:
        """Until it ends."""
        return max(0.0, lease.end - self._runtime.monotonic())

    # -- why not -----------------------------------------------------------------------------------------------------

    def connected(self, owner: str, owner_name: str, *, there: bool) -> None:
        """A control PC began, or ceased, to follow the needs."""
        if not self._lenders.connected(owner, owner_name, there=there):
            return
        self._tell("", usable=False)
        for lease in list(self._leases.values()) if there else ():
            if lease.owner == owner and lease.store is not None and lease.store.grant is Grant.SIGNED:
                self._tell(lease.session_id)  # there is somebody again who signs

    def why(self, session_id: str = "") -> Why | None:
        """Why a session ("": a program's question) has no credentials; None on a computer that is no rig."""
        return self._lenders.why(session_id) if self.active else None

    def expected(self, session_id: str) -> bool:
        """True while a control PC is there that did not refuse."""
        return self.active and bool(self._lenders.open_hands(session_id))
