"""A control PC as a rig meets it: paired, connected, lending, signing, or gone; for tests of the rig's services."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from cagelab_bridge.api.house import House
from cagelab_bridge.errors import Finding, Gravity
from cagelab_bridge.models import AccountKey, FileState, Grant, Need, Peer, PeerChange
from cagelab_bridge.ports import NO_TOKEN, SignOrder, StoreKeys
from cagelab_bridge.ports.rigs import LentStore, Loan, Signed, SignRequest
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.signing import sign
from cagelab_bridge.store.transport import Request
from tests.simulation.world import ALYX, STORE
from tests.unit.services.stage import ADMIN, PASSWORD, SECRET_KEY, Stage

HOURS = 3600.0
NAME = "events.table.1.tsv"
BIG = b"0123456789abcdef" * 4096  # many parts


class Peers:
    """`ports.PeerList` in memory."""

    def __init__(self) -> None:
        self.known: dict[str, Peer] = {}
        self._callbacks: list[Callable[[PeerChange], None]] = []

    def peers(self) -> list[Peer]:
        return list(self.known.values())

    def by_name_or_address(self, text: str) -> Peer:
        return next(peer for peer in self.known.values() if text in (peer.name, peer.address))

    def by_fingerprint(self, fingerprint: str) -> Peer | None:
        return self.known.get(fingerprint)

    def on_change(self, callback: Callable[[PeerChange], None]) -> None:
        self._callbacks.append(callback)

    def add(self, name: str, *roles: str) -> Peer:
        peer = Peer(name=name, fingerprint=f"{name}-print", certificate_pem="", roles=frozenset(roles))
        self.known[peer.fingerprint] = peer
        self._tell(PeerChange(added=(peer,)))
        return peer

    def remove(self, peer: Peer) -> None:
        del self.known[peer.fingerprint]
        self._tell(PeerChange(removed=(peer,)))

    def forget_callbacks(self) -> None:
        self._callbacks.clear()

    def _tell(self, change: PeerChange) -> None:
        for callback in self._callbacks:
            callback(change)


class ControlPc:
    """Follows the needs of the rig on a stage, and lends what they name, unless told otherwise."""

    def __init__(self, stage: Stage, peer: Peer, *, grant: Grant = Grant.RAW, seconds: float = 4 * HOURS) -> None:
        self.stage = stage
        self.peer = peer
        self.grant = grant
        self.seconds = seconds
        self.account = ADMIN
        self.refusal = ""
        self.lends_store = True
        self.signs = True
        self.seen: list[list[Need]] = []
        self.asked: list[SignRequest] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def house(self) -> House:
        """The rig."""
        return self.stage.house

    def connect(self) -> None:
        """Begin to follow the needs."""
        self._task = asyncio.ensure_future(self._follow())
        self.stage.guests.append(self.leave)

    async def leave(self) -> None:
        """The stream breaks."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self) -> None:
        async with aclosing(self.house.needs.follow(self.peer.fingerprint, self.peer.name)) as news:
            async for one in news:
                for request in one.to_sign:
                    self._sign(request)
                if one.needs is not None:
                    self.seen.append(list(one.needs))
                    for need in one.needs:
                        self.serve(need)

    def serve(self, need: Need) -> None:
        """Lend what a need names, or say why not."""
        if self.refusal:
            finding = Finding(gravity=Gravity.WARNING, field="policy", message=self.refusal, hint="Ask them.")
            self.house.leases.refuse(self.peer.fingerprint, self.peer.name, need.session_id, finding)
        elif need.token_wanted or (need.store_wanted and self.lends_store):
            self.lend(need.session_id, need.lease_id, store=need.store_wanted and self.lends_store)

    def lend(
        self, session_id: str = "", lease_id: str = "", *, store: bool = False, token: Secret | None = None
    ) -> str:
        """Push a lease; its id."""
        made = lease_id or self.house.accounts._runtime.new_id()
        loan = Loan(
            lease_id=made,
            session_id=session_id,
            seconds=self.seconds,
            account=self.account,
            token=self.token() if token is None else token,
            store=self.lent_store(session_id) if store else None,
        )
        self.house.leases.push(self.peer.fingerprint, self.peer.name, loan)
        return made

    def token(self) -> Secret:
        """What Alyx gave the control PC's own login."""
        return Secret(str(self.stage.world.core.accounts.token(self.account.username, PASSWORD)))

    def lent_store(self, session_id: str) -> LentStore:
        """The session's own prefix."""
        session = self.stage.journal.sessions.get(session_id)
        files = self.stage.journal.files
        place = (files.at_store(session_id) or files.discards_at(session_id))[0]
        number = f"/{session.number:03d}/"
        prefix = place["key"].partition(number)[0] + number
        keyed = self.grant is not Grant.SIGNED
        return LentStore(
            grant=self.grant,
            endpoint=place["endpoint"],
            bucket=place["bucket"],
            prefix=prefix,
            access_key="key" if keyed else "",
            secret_key=Secret(SECRET_KEY) if keyed else NO_TOKEN,
        )

    def _sign(self, request: SignRequest) -> None:
        self.asked.append(request)
        if not self.signs:
            return
        order = SignOrder(
            method=request.method,
            bucket=request.bucket,
            key=request.key,
            query=request.query,
            headers=request.headers,
            content_sha256=request.content_sha256,
            moment=self.stage.runtime.now(),
        )
        keys = StoreKeys(endpoint=STORE, access_key="key", secret_key=Secret(SECRET_KEY))
        answer = Signed(id=request.id, headers=sign(keys, order))
        self.house.signatures.answer(self.peer.fingerprint, [answer])


def as_rig(stage: Stage) -> Peers:
    """Open the stage's bridge as a rig that knows nobody yet."""
    peers = Peers()
    stage.peers = peers
    stage.open(bridge_role="rig")
    return peers


def paired(stage: Stage, **how: object) -> ControlPc:
    """A rig, and a control PC that is paired with it and not connected yet."""
    return ControlPc(stage, as_rig(stage).add("control-pc", "control"), **how)  # type: ignore[arg-type]  # as given


RESEARCHER = AccountKey(alyx_url=ALYX, username="researcher")


async def delivered(stage: Stage, session_id: str) -> None:
    """Wait until everything of the session is there."""
    await stage.until(lambda: stage.journal.sessions.get(session_id).completed)


def state(stage: Stage, transfer: str) -> FileState | None:
    """How far the transfer's file is; None before it is listed."""
    row = stage.rows(transfer).get(NAME)
    return row.state if row else None


async def half_sent(stage: Stage, control: ControlPc, then: Callable[[str], None]) -> str:
    """A file of many parts; after the third, `then` is called with the id of the lease. The transfer's id."""
    control.lends_store = False
    control.lend()
    control.connect()
    session = await stage.start()
    stage.write(session, NAME, data=BIG)
    transfer = stage.upload(session)
    await stage.until(lambda: state(stage, transfer) is FileState.REGISTERED)
    lease = control.lend(session.id, store=True)

    def count(request: Request) -> None:
        if "partNumber" in request.url and sum("partNumber" in url for url in stage.store.sent) == 3:
            then(lease)

    stage.store.before = count
    await stage.until(lambda: sum("partNumber" in url for url in stage.store.sent) >= 3)
    return transfer
