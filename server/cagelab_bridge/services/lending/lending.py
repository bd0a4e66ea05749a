"""The control side of lending: what this bridge lends to its rigs, to whom, for how long, and why not."""

from __future__ import annotations

import asyncio
import dataclasses
import logging

from cagelab_bridge.errors import (
    BridgeError,
    DeadlineExceeded,
    Finding,
    Forbidden,
    NotFound,
    NotLoggedIn,
    PeerRefused,
    PeerTrouble,
)
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey, Lend, Peer
from cagelab_bridge.ports import PeerList, Runtime
from cagelab_bridge.ports.rigs import LentStore, Loan, RigLink
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.credentials import Credentials
from cagelab_bridge.services.accounts.own_login import LOG_IN, OwnLogin
from cagelab_bridge.services.errands import AHEAD, Errand, Forward, LeaseView
from cagelab_bridge.services.lending import lending_policy
from cagelab_bridge.services.lending.store_lending import StoreLending
from cagelab_bridge.services.rigs.mirror import Mirror

LOOK_AGAIN = 1.0  # seconds until what lacked a login or a token is looked at again: it is in memory
# Seconds until Alyx is asked again about a session whose store part could not be lent; ever longer.
LACKING, LACKING_MOST = 15.0, 120.0
AT_ONCE = 4  # sessions of one rig that Alyx is asked about at a time
CALM = 30.0  # seconds until a rig that did not take a loan is offered it again
SHORTEST = 1.0  # seconds between two renewals
_AGAIN = "ForwardCredentials for this rig (`cagelab-bridge forward`) lends again."
log = logging.getLogger(__name__)


class Lending:
    """Decides, lends, renews at half time, and remembers in memory what each rig was lent."""

    def __init__(
        self,
        accounts: Accounts,
        credentials: Credentials,
        stores: StoreLending,
        mirror: Mirror,
        journal: Journal,
        peers: PeerList,
        runtime: Runtime,
        *,
        lab: str,
        seconds: float,
    ) -> None:
        """`lab`: this bridge's own, "" for any; `seconds`: how long a lease lasts."""
        self.runtime = runtime
        self.seconds = seconds
        self._accounts = accounts
        self._stores = stores
        self._mirror = mirror
        self._journal = journal
        self._peers = peers
        self._lab = lab
        self._login = OwnLogin(accounts, credentials, runtime)
        self._errands: dict[tuple[str, str], Errand] = {}
        self._forwards: dict[str, Forward] = {}
        self._looking: dict[str, asyncio.Semaphore] = {}  # by rig
        self._claims: dict[str, str] = {}  # whose a session is that only its needs told of

    # -- what is known -------------------------------------------------------------------------------------------------

    def errand(self, peer: Peer, session_id: str) -> Errand:
        """The errand of a session of a rig; made where there is none."""
        found = self._errands.setdefault((peer.fingerprint, session_id), Errand(peer=peer, session_id=session_id))
        found.peer = peer
        return found

    def known(self, fingerprint: str, session_id: str) -> Errand | None:
        """The errand of a session of a rig, if there is one."""
        return self._errands.get((fingerprint, session_id))

    def forget(self, errand: Errand) -> None:
        """Its session needs nothing any more."""
        self._errands.pop((errand.peer.fingerprint, errand.session_id), None)
        if self._claims.get(errand.session_id) == errand.peer.fingerprint:
            del self._claims[errand.session_id]

    def of_rig(self, fingerprint: str) -> list[Errand]:
        """All errands of a rig."""
        return [errand for (whose, _), errand in self._errands.items() if whose == fingerprint]

    def leases(self, fingerprint: str = "") -> list[LeaseView]:
        """What was lent and still lasts, to one rig or to all."""
        now = self.runtime.monotonic()
        views = [
            view
            for (whose, _), errand in self._errands.items()
            if fingerprint in ("", whose)
            for view in errand.views(now)
        ]
        return sorted(views, key=lambda view: (view.peer, view.session_id))

    def wake(self) -> None:
        """Something changed (a login, the policy): look at everything again."""
        for errand in self._errands.values():
            errand.news.set()

    def signable(self, fingerprint: str, session_id: str, lease_id: str) -> LentStore | None:
        """The store part of a live lease of that rig; None where it has no such lease."""
        errand = self.known(fingerprint, session_id)
        loan = errand.lent(lease_id) if errand is not None else None
        return loan.store if loan and errand and errand.holds(self.runtime.monotonic()) else None

    # -- what people say -----------------------------------------------------------------------------------------------

    def forward(self, peer: Peer, key: AccountKey, seconds: float) -> Errand:
        """Lend to this rig ahead, for so long. Raises Forbidden when the settings lend it nothing."""
        if peer.lending.lend is Lend.NEVER:
            raise Forbidden(
                f"The settings of this control PC lend {peer.name} nothing.",
                hint=f"Allow it with `lend` in the peer file of {peer.name}.",
            )
        self._forwards[peer.fingerprint] = Forward(account=key, until=self.runtime.monotonic() + seconds)
        ahead = self.errand(peer, AHEAD)
        for errand in self.of_rig(peer.fingerprint):
            errand.revoked = False
            errand.news.set()
        return ahead

    def bar(self, lease_id: str) -> Errand:
        """Lend nothing more for what this lease serves. Raises NotFound."""
        for errand in self._errands.values():
            if errand.lent(lease_id) is not None:
                errand.revoked = True
                if errand.session_id == AHEAD:
                    self._forwards.pop(errand.peer.fingerprint, None)
                return errand
        raise NotFound(
            f"This bridge lent nothing under {lease_id}.", about="lease", hint="`cagelab-bridge leases` lists them."
        )

    def drop_rig(self, fingerprint: str) -> None:
        """The rig is no longer paired."""
        self._forwards.pop(fingerprint, None)
        for errand in self.of_rig(fingerprint):
            self.forget(errand)

    # -- one errand ----------------------------------------------------------------------------------------------------

    async def serve(self, errand: Errand, link: RigLink) -> float | None:
        """Lend what can be lent now, or say why not; seconds until it is to be looked at again, None for never.

        Raises PeerTrouble and DeadlineExceeded where the rig cannot be told.
        """
        async with errand.turn:  # a lease must not be taken back while it is on its way
            return await self._serve(errand, link)

    async def _serve(self, errand: Errand, link: RigLink) -> float | None:
        why = self._forbidden(errand)
        if why is not None:
            await self._withdraw(errand, link, why)
            return None if errand.need is None else CALM
        if errand.is_served(self.runtime.monotonic()):
            errand.fresh, errand.store_due, errand.trouble = False, False, ""
            return self._until_next(errand, None)
        try:
            # The record in Alyx does not wait for what a store may take its time to say.
            in_haste = errand.wants_token() and _store_is_wanted(errand)
            taken, lacks = await self._lend(errand, link, whole=not in_haste)
            if taken and in_haste and errand.loan and errand.loan.token:
                taken, lacks = await self._lend(errand, link, whole=True)
        except (PeerTrouble, DeadlineExceeded):
            raise
        except BridgeError as error:
            await self._refuse(errand, link, lending_policy.refusal(error.about, error.message, error.hint))
            return LOOK_AGAIN
        if not taken:
            return CALM
        if lacks is not None:
            await self._refuse(errand, link, lacks)
        return self._until_next(errand, lacks)

    async def _lend(self, errand: Errand, link: RigLink, *, whole: bool) -> tuple[bool, Finding | None]:
        """Lend, `whole`: the store too; False when the rig does not take it, and what is lacking. Raises what forbids
        all of it."""
        loan, lacks = await self._loan(errand, whole=whole)
        news = errand.is_news(loan, self.runtime.monotonic())
        taken = not news or await self._push(errand, link, loan)
        if taken and news and whole:
            await self._push_more(errand, link, loan)
        return taken, lacks

    async def _push_more(self, errand: Errand, link: RigLink, loan: Loan) -> None:
        """Folders the session had before its subject was corrected: a lease of its own for each."""
        for store in errand.elsewhere:
            lease_id = errand.lease_below(store.prefix) or self.runtime.new_id()
            more = dataclasses.replace(loan, lease_id=lease_id, store=store)
            errand.more[more.lease_id] = more
            try:
                await link.push(more)
            except PeerRefused as error:
                log.info("%s did not take a lease: %s", errand.peer.name, error)

    async def _push(self, errand: Errand, link: RigLink, loan: Loan) -> bool:
        """Lend; False when the rig does not take it.

        It is noted before: a rig asks for signatures the moment it has the lease, before its answer is here.
        """
        before = errand.loan, errand.until
        errand.loan, errand.until = loan, self.runtime.monotonic() + loan.seconds
        try:
            await link.push(loan)
        except PeerRefused as error:
            log.info("%s did not take a lease: %s", errand.peer.name, error)
            errand.loan, errand.until = before
            errand.trouble, errand.hint = error.message, error.hint
            return False
        except BridgeError:  # it may have it, or not
            errand.begin_anew()
            raise
        errand.told, errand.fresh, errand.trouble = None, False, ""
        return True

    def _until_next(self, errand: Errand, lacks: Finding | None) -> float:
        """Renewal at half time; sooner where something is lacking."""
        left = errand.until - self.runtime.monotonic()
        if errand.loan is None or not errand.loan.token:
            return min(LOOK_AGAIN, left)
        if errand.need is None:
            return left  # it is lent once, and ends
        half = max(SHORTEST, left - errand.loan.seconds / 2)
        errand.lacked = 0 if lacks is None else errand.lacked + 1
        return half if lacks is None else min(half, LACKING_MOST, LACKING * 2.0 ** (errand.lacked - 1))

    def _forbidden(self, errand: Errand) -> Finding | None:
        """Why nothing may be lent, before anybody is asked."""
        refusal = lending_policy.refusal
        if errand.revoked:
            return refusal("revoked", "Somebody at the control PC took the lease back.", _AGAIN)
        if errand.need is None:
            return (
                None
                if self._forward_of(errand.peer)
                else refusal("forward", "The time it was lent for is over.", _AGAIN)
            )
        if self._is_foreign(errand):
            return refusal("session", "This session is another computer's.", lending_policy.ASK)
        forwarded = self._forward_of(errand.peer) is not None
        return lending_policy.forbids(errand.peer.lending, errand.need, lab=self._lab, forwarded=forwarded)

    def _forward_of(self, peer: Peer) -> Forward | None:
        found = self._forwards.get(peer.fingerprint)
        return found if found and found.until > self.runtime.monotonic() else None

    def _is_foreign(self, errand: Errand) -> bool:
        """Whether this computer has that session, or another rig told of it first."""
        if self._has(errand.session_id):
            return True
        paired = {peer.fingerprint for peer in self._peers.peers()}
        tellers = [peer for peer in self._mirror.tellers(errand.session_id) if peer in paired]
        claim = self._claims.setdefault(errand.session_id, errand.peer.fingerprint)
        if claim not in paired:
            claim = self._claims[errand.session_id] = errand.peer.fingerprint
        return (tellers[0] if tellers else claim) != errand.peer.fingerprint

    def _has(self, session_id: str) -> bool:
        try:
            self._journal.sessions.get(session_id)
        except NotFound:
            return False
        return True

    async def _loan(self, errand: Errand, *, whole: bool) -> tuple[Loan, Finding | None]:
        """What is lent, and what is lacking of it. Raises what forbids all of it."""
        key = self._account(errand)
        if not self._accounts.knows(key) and not errand.lends(key, self.runtime.monotonic()):
            raise NotLoggedIn(f"The control PC is not logged in as {key.username} at {key.alyx_url}.", hint=LOG_IN)
        if errand.asks_again_for(self._accounts.own_token(key)):
            await self._login.prove(key)  # the rig says that Alyx refuses it
        token = await self._login.token(key)
        store = errand.loan.store if errand.loan else None
        seconds, lacks = self._seconds(errand), None
        if token and whole and _store_is_wanted(errand):
            store, seconds, lacks = await self._store(errand, key, seconds)
        # The same id again renews: the rig drops the old secrets. One that it does not know begins a new lease.
        errand.lease_id = errand.lease_id or self.runtime.new_id()
        loan = Loan(
            lease_id=errand.lease_id,
            session_id=errand.session_id,
            seconds=seconds,
            account=key,
            token=token,
            store=store,
        )
        return loan, lacks

    def _account(self, errand: Errand) -> AccountKey:
        """Whose: the session's own, else the forwarded one, else the last proved. Raises NotLoggedIn."""
        forward = self._forward_of(errand.peer)
        if errand.need is not None and errand.need.account is not None:
            return errand.need.account
        try:
            return forward.account if forward else self._accounts.pick()
        except NotLoggedIn:
            raise NotLoggedIn("The control PC is not logged in to Alyx.", hint=LOG_IN) from None

    def _seconds(self, errand: Errand) -> float:
        forward = self._forward_of(errand.peer)
        bound_to_it = errand.need is None or errand.peer.lending.lend is Lend.AFTER_FORWARD
        if forward is None or not bound_to_it:
            return self.seconds
        left = forward.until - self.runtime.monotonic()
        return left if errand.need is None else min(self.seconds, left)

    async def _store(
        self, errand: Errand, key: AccountKey, seconds: float
    ) -> tuple[LentStore | None, float, Finding | None]:
        assert errand.need is not None  # only sessions have a store
        forwarded = self._forward_of(errand.peer) is not None
        errand.store_due = False
        try:
            async with self._looking.setdefault(errand.peer.fingerprint, asyncio.Semaphore(AT_ONCE)):
                (store, *elsewhere), seconds = await self._stores.lend(
                    key, errand.need, errand.peer.lending, lab=self._lab, forwarded=forwarded, seconds=seconds
                )
        except BridgeError as error:
            # What it has goes on until it ends; the token is lent all the same.
            kept = errand.loan.store if errand.loan and error.retryable else None
            return kept, seconds, lending_policy.refusal(error.about, error.message, error.hint)
        errand.elsewhere = tuple(elsewhere)
        return store, seconds, None

    async def _withdraw(self, errand: Errand, link: RigLink, why: Finding) -> None:
        """Say why, and take back what was lent: what stops then knows the reason."""
        await self._refuse(errand, link, why)
        if errand.loan is not None:
            for lease_id in (errand.loan.lease_id, *errand.more):
                await revoke(link, lease_id)
            errand.loan, errand.lease_id = None, ""
            errand.more.clear()

    async def _refuse(self, errand: Errand, link: RigLink, why: Finding) -> None:
        """Say why nothing, or not everything, is lent; once for each reason and connection."""
        errand.trouble, errand.hint = why.message, why.hint
        if errand.told == why or errand.need is None:
            return
        try:
            await link.refuse(errand.session_id, why)
        except PeerRefused as error:
            log.info("%s did not take a refusal: %s", errand.peer.name, error)
        errand.told = why


async def revoke(link: RigLink, lease_id: str) -> None:
    """End a lease; one that the rig does not know has ended."""
    try:
        await link.revoke(lease_id)
    except PeerRefused as error:
        log.info("a lease had ended already: %s", error)


def _store_is_wanted(errand: Errand) -> bool:
    """The rig says so, or it was lent the store before and renews; at first, what it shows may rest on a lease of an
    earlier life of this bridge, for which nothing would be signed."""
    need = errand.need
    if need is None or not need.alyx_id or not need.repository:
        return False
    return need.store_wanted or errand.store_due or (errand.loan is not None and errand.loan.store is not None)
