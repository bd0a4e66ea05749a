"""A rig whose credentials come, go, expire and are taken away while everything else fails too."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cagelab_bridge.api.house import House
from cagelab_bridge.errors import BridgeError, Finding, Gravity
from cagelab_bridge.models import Grant, Need
from cagelab_bridge.ports import NO_TOKEN, SignOrder, StoreKeys
from cagelab_bridge.ports.rigs import LentStore, Loan, Signed, SignRequest
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.lending.lease import covers
from cagelab_bridge.store.signing import sign
from cagelab_bridge.store.transport import Answer, Request
from tests.simulation.chaos import Chaos
from tests.simulation.client import Client
from tests.simulation.plan import Plan
from tests.simulation.store_network import StoreNetwork
from tests.simulation.world import STORE, Untrue, World
from tests.unit.services.control_pc import Peers
from tests.unit.services.stage import ADMIN

SECRET_KEY = "lent-secret-key-51c2"
SESSION = re.compile(r".*/\d{4}-\d\d-\d\d/\d{3}/")
NAME, PRINT = "control-pc", "control-pc-print"
MOMENT = 0.1  # seconds
STRIKE = 0.25  # chance that something happens to the leases, at each exchange with the store
AWAY = 0.1  # chance that the control PC is switched off, at each message to it


class LentStoreNetwork(StoreNetwork):
    """Takes nothing but what a lease allows at that moment."""

    def __init__(self, chaos: Chaos, world: RigWorld) -> None:
        super().__init__(chaos)
        self._world = world

    def send(self, request: Request) -> Answer:
        """One exchange."""
        bucket, _, key = unquote(urlsplit(request.url).path).lstrip("/").partition("/")
        now = asyncio.get_running_loop().time()  # a request that was signed in time may arrive a moment later
        known = self._world.rig.leases._leases.values()
        lent = [lease.store for lease in known if lease.store is not None and lease.end + MOMENT > now]
        if not any(covers(store, STORE, bucket, key) for store in lent):
            raise Untrue(f"{request.method} {request.url} is not what was lent")
        self._world.control.strike()
        return super().send(request)


class RigWorld(World):
    """A rig and its control PC."""

    role = "rig"

    def __init__(self, chaos: Chaos, folder: Path) -> None:
        super().__init__(chaos, folder)
        self.peers = self.trusted = Peers()
        self.trusted.add(NAME, "control")
        self.store = LentStoreNetwork(chaos, self)
        self.control = ControlPc(self)

    def bury(self) -> None:
        """Nobody of that life is told of peers any more."""
        self.trusted.forget_callbacks()
        super().bury()

    @property
    def rig(self) -> House:
        """The services."""
        assert self.house is not None
        return self.house


@dataclass
class Counts:
    """What happened to leases."""

    lent: int = 0
    revoked: int = 0
    expired: int = 0
    parted: int = 0
    renewed: int = 0
    refused: int = 0
    unsigned: int = 0
    left: int = 0


class ControlPc:
    """Lends what is needed; sometimes it does not, or only for a moment, or it is switched off."""

    def __init__(self, world: RigWorld) -> None:
        self._world = world
        self._chance = world.chaos.random
        self.counts = Counts()
        self._needs: list[Need] = []
        self._made = 0

    @property
    def _fails(self) -> bool:
        return self._world.chaos.on

    async def live(self) -> None:
        """Follow the needs of one life of the rig, for ever."""
        looking = asyncio.ensure_future(self._look_again())
        try:
            await self._follow()
        finally:
            looking.cancel()

    async def _look_again(self) -> None:
        """What it could not lend it tries again."""
        while True:
            await asyncio.sleep(30.0)
            for need in self._needs:
                self._serve(need)

    async def _follow(self) -> None:
        while True:
            async with aclosing(self._world.rig.needs.follow(PRINT, NAME)) as news:
                async for one in news:
                    for request in one.to_sign:
                        self._sign(request)
                    if one.needs is not None:
                        self._needs = list(one.needs)
                    for need in one.needs or ():
                        self._serve(need)
                    if self._fails and self._chance.random() < AWAY:
                        self.counts.left += 1
                        break
            self._needs = []
            await asyncio.sleep(self._chance.uniform(1.0, 120.0))

    def _serve(self, need: Need) -> None:
        if not (need.token_wanted or need.store_wanted):
            return
        if self._fails and self._chance.random() < 0.2:
            self.counts.refused += 1
            finding = Finding(gravity=Gravity.WARNING, field="keyring", message="its keyring is locked.")
            self._world.rig.leases.refuse(PRINT, NAME, need.session_id, finding)
            return
        self._lend(need.session_id)

    def _lend(self, session_id: str) -> None:
        """The token, and the store: a lease for each beginning of its keys (there are two after a correction)."""
        token = self._world.core.accounts.token("admin", "sandbox-admin")
        for prefix in self._prefixes(session_id) or [""]:
            loan = Loan(
                lease_id=self._id(session_id, prefix),
                session_id=session_id,
                seconds=self._chance.uniform(5.0, 300.0) if self._fails else 4 * 3600.0,
                account=ADMIN,
                token=Secret(str(token)),
                store=self._store(prefix) if prefix else None,
            )
            try:
                self._world.rig.leases.push(PRINT, NAME, loan)
                self.counts.lent += 1
            except BridgeError:
                return  # the session is done meanwhile, or this computer is not trusted just now

    def _id(self, session_id: str, prefix: str) -> str:
        known = {
            lease.store.prefix if lease.store else "": lease.id
            for lease in self._world.rig.leases.live(session_id, ahead=False)
        }
        self._made += 1
        return known.get(prefix) or known.get("") or f"00000000-0000-4000-8000-{self._made:012d}"

    def _prefixes(self, session_id: str) -> list[str]:
        files = self._world.rig.journal.files
        places = files.at_store(session_id) or files.discards_at(session_id)
        keys = [place[end] for place in places for end in ("key", "last")]
        return list(dict.fromkeys(found[0] for key in keys if (found := SESSION.match(key))))

    def _store(self, prefix: str) -> LentStore:
        grant = self._chance.choice((Grant.RAW, Grant.SIGNED, Grant.SCOPED))
        keyed = grant is not Grant.SIGNED
        return LentStore(
            grant=grant,
            endpoint=STORE,
            bucket="coglab",
            prefix=prefix,
            access_key=f"key-{self._chance.random()}" if keyed else "",
            secret_key=Secret(SECRET_KEY) if keyed else NO_TOKEN,
        )

    def _sign(self, request: SignRequest) -> None:
        if self._fails and self._chance.random() < 0.1:
            self.counts.unsigned += 1
            return
        order = SignOrder(
            method=request.method,
            bucket=request.bucket,
            key=request.key,
            query=request.query,
            headers=request.headers,
            content_sha256=request.content_sha256,
            moment=self._world.wall().replace(tzinfo=UTC),
        )
        keys = StoreKeys(endpoint=STORE, access_key="key", secret_key=Secret(SECRET_KEY))
        self._world.rig.signatures.answer(PRINT, [Signed(id=request.id, headers=sign(keys, order))])

    def strike(self) -> None:
        """Something may happen to a lease, in the middle of an upload."""
        if not self._fails or self._chance.random() >= STRIKE:
            return
        leases = self._world.rig.leases
        lent = [lease for lease in leases.live() if lease.store is not None]
        if not lent:
            return
        lease = self._chance.choice(lent)
        what = self._chance.choice(("revoked", "expired", "parted", "renewed"))
        setattr(self.counts, what, getattr(self.counts, what) + 1)
        if what == "revoked":
            leases.revoke(PRINT, lease.id)
        elif what == "expired":
            lease.end = asyncio.get_running_loop().time()
        elif what == "parted":
            peers = self._world.trusted
            peers.remove(peers.peers()[0])
            peers.add(NAME, "control")
        else:
            self._lend(lease.session_id)


class RigClient(Client):
    """The same program on a rig: nobody logs in there."""

    def __init__(self, world: World, plans: list[Plan]) -> None:
        super().__init__(world, plans)
        self._rig_world = world
        self._life = 0
        self._lending: asyncio.Task[None] | None = None

    async def _credentials(self) -> None:
        """Once in each life, the control PC is there."""
        world = self._rig_world
        assert isinstance(world, RigWorld)
        if self._life != world.lives:
            self._life = world.lives
            self._lending = asyncio.ensure_future(world.control.live())
