"""Rigs that a control PC can call: they show needs, take loans, tell of sessions, die and come back, as a test says."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Sequence
from typing import cast

from cagelab_bridge.errors import Code, Finding, PeerRefused, PeerTrouble, PeerUnreachable, Refused
from cagelab_bridge.models import AccountKey, Lending, Need, Peer
from cagelab_bridge.ports import Json
from cagelab_bridge.ports.rigs import FilesWanted, Kind, Loan, NeedsNews, RigStatus, Signed, SignRequest, Told
from cagelab_bridge.store.transport import Request
from tests.unit.services.control_pc import Peers
from tests.unit.services.stage import ADMIN, Stage

SESSION = "11111111-1111-4111-8111-111111111111"
REPOSITORY = "aws_CogLab"


class FakeRig:
    """`rig_ports.RigLink`; answers as a rig does, unless it is told otherwise."""

    def __init__(self, peer: Peer, stage: Stage) -> None:
        self.peer = peer
        self.stage = stage
        self.alive = True
        self.deaf = False  # answers nothing, for ever, as a computer that was switched off
        self.answers = True  # a push changes the need, as on a real rig
        self.refuses_loans = False
        self.wanted: dict[str, Need] = {}
        self.loans: list[Loan] = []
        self.refusals: list[tuple[str, Finding]] = []
        self.revoked: list[str] = []
        self.signed: list[Signed] = []
        self.connections = 0
        self.files_blocked = 0
        self.trouble: PeerTrouble | None = None  # instead of answering
        self.on_push: Callable[[Loan], None] = lambda _loan: None  # it has the lease, its answer is on the way
        self.held: dict[str, Loan] = {}
        self.known: dict[tuple[Kind, str], Told] = {}
        self._streams: set[asyncio.Queue[NeedsNews | None]] = set()
        self._watchers: set[asyncio.Queue[Told | None]] = set()

    # -- what the test does ----------------------------------------------------------------------------------------

    def need(self, session_id: str = SESSION, **fields: object) -> Need:
        """A session of the rig lacks something."""
        given: dict[str, object] = {
            "subject": "TestSubject",
            "lab": "CogLab",
            "projects": ("demo",),
            "token_wanted": True,
        }
        self.wanted[session_id] = Need(session_id=session_id, **(given | fields))  # type: ignore[arg-type]  # as given
        self._show()
        return self.wanted[session_id]

    def change(self, session_id: str = SESSION, **fields: object) -> None:
        """It lacks something else."""
        self.wanted[session_id] = dataclasses.replace(self.wanted[session_id], **fields)  # type: ignore[arg-type]  # as given
        self._show()

    def done(self, session_id: str = SESSION) -> None:
        """Its work is done."""
        del self.wanted[session_id]
        self._show()

    def ask(self, *requests: SignRequest) -> None:
        """It wants these signed."""
        for stream in self._streams:
            stream.put_nowait(NeedsNews(to_sign=requests))

    def tell(self, kind: Kind, identity: str, message: str) -> None:
        """A session or transfer changed."""
        self.known[kind, identity] = Told(kind=kind, id=identity, message=message)
        for watcher in self._watchers:
            watcher.put_nowait(self.known[kind, identity])

    def die(self) -> None:
        """Its process ends: nothing that was lent stays."""
        self.alive = False
        self.held.clear()
        self.wanted = {
            identity: dataclasses.replace(need, lease_id="", token_wanted=True)
            for identity, need in self.wanted.items()
        }
        for stream in self._streams:
            stream.put_nowait(None)
        for watcher in self._watchers:
            watcher.put_nowait(None)

    def live(self) -> None:
        """It is there again."""
        self.alive = True

    def _show(self) -> None:
        for stream in self._streams:
            stream.put_nowait(NeedsNews(needs=tuple(self.wanted.values())))

    async def _there(self) -> None:
        if self.deaf:
            await asyncio.Event().wait()
        if self.trouble is not None:
            raise self.trouble
        if not self.alive:
            raise PeerUnreachable(f"{self.peer.name} cannot be reached.")

    # -- rig_ports.RigLink -----------------------------------------------------------------------------------------

    async def status(self) -> RigStatus:
        await self._there()
        return RigStatus(
            version="1", sessions_open=len(self.wanted), files_blocked=self.files_blocked, clocks={ADMIN.alyx_url: 7.0}
        )

    async def told(self, kind: Kind, limit: int) -> list[Told]:
        await self._there()
        return [told for told in self.known.values() if told.kind is kind][:limit]

    async def transfer(self, identity: str, wanted: FilesWanted) -> tuple[str, str]:
        await self._there()
        return self.known[Kind.TRANSFER, identity].message, wanted.page_token

    async def changes(self) -> AsyncIterator[Told]:
        await self._there()
        watcher: asyncio.Queue[Told | None] = asyncio.Queue()
        self._watchers.add(watcher)
        try:
            while told := await watcher.get():
                yield told
        finally:
            self._watchers.discard(watcher)
        raise PeerUnreachable(f"{self.peer.name}: the connection broke.")

    async def needs(self) -> AsyncIterator[NeedsNews]:
        await self._there()
        self.connections += 1
        stream: asyncio.Queue[NeedsNews | None] = asyncio.Queue()
        self._streams.add(stream)
        stream.put_nowait(NeedsNews(needs=tuple(self.wanted.values())))
        try:
            while news := await stream.get():
                yield news
        finally:
            self._streams.discard(stream)
        raise PeerUnreachable(f"{self.peer.name}: the connection broke.")

    async def push(self, loan: Loan) -> None:
        await self._there()
        self.on_push(loan)
        await asyncio.sleep(0.05)
        self.loans.append(loan)
        if self.refuses_loans:
            raise PeerRefused("The session has nothing to deliver.", code=Code.FAILED_PRECONDITION)
        self.held[loan.lease_id] = loan
        need = self.wanted.get(loan.session_id)
        if need is not None and self.answers:
            self.change(
                loan.session_id,
                lease_id=loan.lease_id,
                account=loan.account,
                token_wanted=need.token_wanted and not loan.token,
                store_wanted=need.store_wanted and loan.store is None,
            )

    async def refuse(self, session_id: str, finding: Finding) -> None:
        await self._there()
        self.refusals.append((session_id, finding))

    async def sign(self, signed: Sequence[Signed]) -> None:
        await self._there()
        self.signed += signed

    async def revoke(self, lease_id: str) -> None:
        await self._there()
        self.revoked.append(lease_id)
        if self.held.pop(lease_id, None) is None:
            raise PeerRefused("There is no such lease.", code=Code.NOT_FOUND)

    async def close(self) -> None:
        """Nothing stays open."""


class Lab:
    """A control PC on a stage, and its rigs."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.peers = Peers()
        self.rigs: dict[str, FakeRig] = {}

    def connect(self, peer: Peer) -> FakeRig:
        """See rig_ports.RigDoor."""
        return self.rigs[peer.name]

    def rig(self, name: str = "pacman-002", **lending: object) -> FakeRig:
        """A paired rig."""
        peer = Peer(
            name=name,
            fingerprint=name.encode().hex().ljust(64, "0"),
            certificate_pem="",
            roles=frozenset({"rig"}),
            address=f"192.168.3.{len(self.rigs) + 1}",
            port=7461,
            lending=Lending(**lending),  # type: ignore[arg-type]  # as given
        )
        self.rigs[name] = FakeRig(peer, self.stage)
        self.peers.known[peer.fingerprint] = peer
        return self.rigs[name]

    async def open(self, *, enter: bool = True, **settings: object) -> None:
        """Start the control PC."""
        self.stage.store.before = _no_temporary_keys
        self.stage.peers, self.stage.rig_door = self.peers, self
        self.stage.open(bridge_role="control", **settings)
        if enter:
            await self.stage.enter()

    async def record(self, session_id: str = SESSION, **fields: object) -> str:
        """A session's record in Alyx, as the rig made it; its id."""
        body: Json = {
            "subject": "TestSubject",
            "lab": "CogLab",
            "users": ["admin"],
            "projects": ["demo"],
            "procedures": [],
            "number": 3,
            "type": "Experiment",
            "start_time": "2026-11-20T10:00:00",
            "json": {"cagelab": {"bridge_session": session_id}},
        }
        alyx = self.stage.house.accounts.connection(ADMIN)
        made = cast("Json", await alyx.create("sessions", body | fields))
        return str(made.get("id") or str(made["url"]).rpartition("/")[2])

    async def until(self, look: Callable[[], object], patience: float = 60.0) -> None:
        """Wait in virtual time."""
        await self.stage.until(look, patience)


def _no_temporary_keys(request: Request) -> None:
    if request.method == "POST" and b"AssumeRole" in request.body:
        raise Refused("This store has no temporary keys.", about="scopedKeys")


OTHER = AccountKey(alyx_url=ADMIN.alyx_url, username="researcher")
