"""What the sessions of this rig lack, as its control PCs see it: now, and after each change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from itertools import islice

from cagelab_bridge.errors import NotFound
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Need, Session
from cagelab_bridge.ports import Runtime
from cagelab_bridge.ports.rigs import NeedsNews, SignRequest
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.credentials import Credentials, checked_endpoint
from cagelab_bridge.services.lending.leases import Leases
from cagelab_bridge.services.lending.signatures import Signatures

PAUSE = 0.1  # seconds between two snapshots
SHOWN = 900  # at once: a message has a limit, and so has what one control PC may lend


class Needs:
    """Every session with work that this rig cannot do with credentials of its own, for as long as there is work."""

    def __init__(
        self,
        journal: Journal,
        leases: Leases,
        signatures: Signatures,
        accounts: Accounts,
        credentials: Credentials,
        runtime: Runtime,
    ) -> None:
        self._journal = journal
        self._leases = leases
        self._signatures = signatures
        self._accounts = accounts
        self._credentials = credentials
        self._runtime = runtime
        self._known: dict[str, Need] = {}
        self._stale: set[tuple[str, str]] | None = None  # what changed since; None: everything, nobody listened
        self._own: object = None
        self._followers: set[asyncio.Event] = set()
        journal.listen(self._changed)
        leases.on_change(lambda session_id: self._changed("session", session_id) if session_id else self._forget())

    def now(self) -> list[Need]:
        """The needs, oldest session first; those that are left over are shown when earlier ones are done."""
        own = self._accounts.own(), self._credentials.own()
        if self._stale is None or own != self._own:
            self._known = {}
            due = [session.id for session in self._journal.sessions.due()]
            fresh = list(dict.fromkeys((*due, *self._journal.files.discarding())))
        else:
            fresh = list(dict.fromkeys(self._session_of(*change) for change in self._stale))
        for session_id in fresh:
            need = self._need(session_id)
            if need is not None:
                self._known[session_id] = need
            else:
                self._known.pop(session_id, None)
        self._own = own
        self._stale = set() if self._followers else None
        return list(islice(self._known.values(), SHOWN))

    async def follow(self, owner: str, owner_name: str) -> AsyncGenerator[NeedsNews]:
        """Endless: what there is, then each change, and what that control PC is to sign. Ends when it goes away."""
        news = asyncio.Event()
        to_sign: list[SignRequest] = []

        def asked(request: SignRequest) -> None:
            to_sign.append(request)
            news.set()

        self._followers.add(news)
        deaf = self._signatures.listen(owner, asked)
        self._leases.connected(owner, owner_name, there=True)
        told: list[Need] | None = None
        pause = 0.0
        try:
            while True:
                news.clear()
                left = pause - self._runtime.monotonic()
                needs = told if left > 0 else self.now()
                if needs != told or to_sign:
                    fresh, told = needs if needs != told else None, needs
                    requests, to_sign[:] = tuple(to_sign), ()
                    if fresh is not None:
                        left, pause = PAUSE, self._runtime.monotonic() + PAUSE
                    yield NeedsNews(needs=None if fresh is None else tuple(fresh), to_sign=requests)
                await self._wait(news, left)
        finally:
            self._followers.discard(news)
            deaf()
            self._leases.connected(owner, owner_name, there=False)

    async def _wait(self, news: asyncio.Event, left: float) -> None:
        """For news; while a snapshot may not be sent yet, at most until it may."""
        if left <= 0:
            await news.wait()
            return
        with suppress(TimeoutError):
            await self._runtime.wait_for(news.wait(), left)

    def _changed(self, kind: str, identity: str) -> None:
        if self._stale is not None and kind in ("session", "transfer"):
            self._stale.add((kind, identity))
        for news in self._followers:
            news.set()

    def _forget(self) -> None:
        self._stale = None
        for news in self._followers:
            news.set()

    def _session_of(self, kind: str, identity: str) -> str:
        try:
            return identity if kind == "session" else self._journal.transfers.get(identity).session_id
        except NotFound:
            return ""  # a transfer of another kind

    def _need(self, session_id: str) -> Need | None:
        """What a session lacks; None when it has no work, or this rig does it alone."""
        try:
            session = self._journal.sessions.get(session_id)
        except NotFound:
            return None
        if not self._leases.has_work(session):
            return None
        places = self._journal.files.at_store(session_id) or self._journal.files.discards_at(session_id)
        foreign = [place for place in places if not self._has_keys(place)]
        own = session.account is not None and self._accounts.serves(session.account)
        if own and not foreign:
            return None
        waiting = [place for place in foreign if not self._is_lent(session, place)]
        place = next(iter(waiting or foreign), {"repository": "", "endpoint": ""})
        lease = self._leases.token_for(session.account, session_id) if session.account else None
        serving = next(self._leases.live(session_id, ahead=False), lease)
        return Need(
            session_id=session_id,
            subject=session.spec.subject,
            lab=session.spec.lab,
            projects=session.spec.projects,
            account=session.account,
            alyx_id=session.alyx_id,
            repository=place["repository"],
            endpoint=place["endpoint"],
            token_wanted=not own and lease is None,
            store_wanted=bool(waiting),
            lease_id=serving.id if serving else "",
        )

    def _has_keys(self, place: dict[str, str]) -> bool:
        return self._credentials.serves(place["endpoint"])

    def _is_lent(self, session: Session, place: dict[str, str]) -> bool:
        endpoint = checked_endpoint(place["endpoint"])
        ends = place["key"], place["last"]
        return all(self._leases.store_for(session.id, endpoint, place["bucket"], key) is not None for key in ends)
