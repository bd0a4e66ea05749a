"""What one session of a rig is lent, or a rig ahead of its sessions: the memory of a control PC."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field

from cagelab_bridge.errors import Finding
from cagelab_bridge.models import AccountKey, Grant, Need, Peer
from cagelab_bridge.ports.rigs import LentStore, Loan
from cagelab_bridge.secret import Secret

AHEAD = ""  # the session id of what is lent ahead
QUICK, LONGEST_PAUSE = 0.1, 30.0  # seconds between two loans for the same need, if they follow each other closely
CLOSELY = 60.0  # seconds


@dataclass(frozen=True, kw_only=True)
class LeaseView:
    """A lease without its secrets."""

    id: str
    peer: str  # the rig's name
    session_id: str
    account: AccountKey
    has_token: bool
    store: LentStore | None
    seconds_left: float

    @property
    def grant(self) -> Grant:
        """How the store is served."""
        return self.store.grant if self.store else Grant.NONE


@dataclass(kw_only=True)
class Forward:
    """Somebody said ForwardCredentials for a rig."""

    account: AccountKey
    until: float  # monotonic seconds


@dataclass(kw_only=True)
class Errand:
    """One session of one rig (`need`), or the rig itself (lent ahead, without a need)."""

    peer: Peer
    session_id: str
    need: Need | None = None
    lease_id: str = ""
    loan: Loan | None = None  # what the rig was lent last
    elsewhere: tuple[LentStore, ...] = ()  # other folders of the session: see StoreLending
    more: dict[str, Loan] = field(default_factory=dict)  # what was lent for them, by lease
    until: float = 0.0  # monotonic seconds, of the loan
    revoked: bool = False  # by somebody: not lent again until that is said
    told: Finding | None = None  # the refusal the rig knows of, in this connection
    fresh: bool = True  # nothing was lent for it in this connection
    store_due: bool = True  # nor was the store's part looked at
    trouble: str = ""  # why nothing, or not everything, is lent; for people
    hint: str = ""  # and what they can do
    lacked: int = 0  # times in a row that the store's part could not be lent
    asked: int = 0
    asked_at: float = float("-inf")
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # one serves it at a time
    news: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def begin_anew(self) -> None:
        """What the rig holds, and what it was told, is not certain."""
        self.fresh, self.store_due, self.told = True, True, None

    def holds(self, now: float) -> bool:
        """True while the rig has a lease from it, as far as this bridge knows."""
        return self.loan is not None and now < self.until

    def lends(self, account: AccountKey, now: float) -> bool:
        """True while the rig has a lease of just that account: it may name any other."""
        return self.loan is not None and self.loan.account == account and self.holds(now)

    def wants(self) -> bool:
        """True while the rig says that something is missing."""
        return self.need is None or self.need.token_wanted or self.need.store_wanted or not self.need.lease_id

    def is_served(self, now: float) -> bool:
        """True while the rig shows the lease it was lent, lacks nothing, and half the time is not over."""
        need, held = self.need, self.loan
        if need is None or held is None or not held.token or now >= self.until - held.seconds / 2:
            return False
        return self.lent(need.lease_id) is not None and not self.wants()

    def asks_again_for(self, token: Secret) -> bool:
        """True when the rig says it lacks a token that it was lent in this connection."""
        wants = self.need is not None and self.need.token_wanted and not self.fresh
        return bool(wants and token and self.loan and self.loan.token == token)

    def is_news(self, loan: Loan, now: float) -> bool:
        """True when the rig is to be told: something else than before, half the time is over, or it asks again."""
        held = self.loan
        if held is None or self.fresh or now >= self.until - held.seconds / 2:
            return True
        if dataclasses.replace(loan, seconds=held.seconds) != held:
            return True
        need = self.need
        return need is not None and (
            not need.lease_id or bool(need.token_wanted and held.token) or bool(need.store_wanted and held.store)
        )

    def wants_token(self) -> bool:
        """True while a session's rig says so."""
        return self.need is not None and self.need.token_wanted

    def pause(self, now: float) -> float:
        """Seconds to wait, now that the rig asks: one that asks again and again is served ever more slowly."""
        if now - self.asked_at > CLOSELY:
            self.asked = 0
        gap = min(LONGEST_PAUSE, QUICK * 2.0 ** min(self.asked - 1, 16)) if self.asked else 0.0
        wait = max(0.0, self.asked_at + gap - now) if self.asked else 0.0
        self.asked, self.asked_at = self.asked + 1, now + wait
        return wait

    def lent(self, lease_id: str) -> Loan | None:
        """What the rig was lent under that id; None: nothing."""
        if self.loan is not None and lease_id == self.loan.lease_id:
            return self.loan
        return self.more.get(lease_id) if self.loan is not None else None

    def lease_below(self, prefix: str) -> str:
        """The id of the lease for that other folder; "" for none."""
        return next((one.lease_id for one in self.more.values() if one.store and one.store.prefix == prefix), "")

    def views(self, now: float) -> Iterator[LeaseView]:
        """The leases there are."""
        if not self.holds(now):
            return
        for loan in (*([self.loan] if self.loan else ()), *self.more.values()):
            yield LeaseView(
                id=loan.lease_id,
                peer=self.peer.name,
                session_id=self.session_id,
                account=loan.account,
                has_token=bool(loan.token),
                store=loan.store,
                seconds_left=self.until - now,
            )
