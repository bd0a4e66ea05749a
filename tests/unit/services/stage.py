"""The production services in virtual time, on the stand-in's core and a store in memory, with faults on demand."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import httpx

from cagelab_bridge import assembly
from cagelab_bridge.alyx.door import HttpxAlyxDoor
from cagelab_bridge.alyx.wire import Asked, Raw
from cagelab_bridge.api.house import House
from cagelab_bridge.config import Settings
from cagelab_bridge.errors import KeyringTrouble
from cagelab_bridge.event_models import Receiver
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.keys.keyring import account_name
from cagelab_bridge.models import AccountKey, File, Session, Spec
from cagelab_bridge.ports import KeyringState, KeyringView, PeerList, ReceiverDoor
from cagelab_bridge.ports.rigs import RigDoor
from cagelab_bridge.sandbox.alyx.core import AlyxCore
from cagelab_bridge.sandbox.alyx.messages import Request as AlyxRequest
from cagelab_bridge.sandbox.alyx.messages import Response
from cagelab_bridge.sandbox.faults import Fault, FaultPlan
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.sessions.sessions import EndOrder, StartOrder
from cagelab_bridge.services.transfers import UploadOrder
from cagelab_bridge.store.door import S3Door
from cagelab_bridge.store.transport import Answer, Request
from tests.simulation.chaos import NONE, Chaos
from tests.simulation.clock import VirtualLoop
from tests.simulation.computer import SimulatedRuntime
from tests.simulation.schedule import MEMORY
from tests.simulation.store_network import StoreNetwork
from tests.simulation.world import ALYX, QUARANTINE, STORE, World, small_parts

PASSWORD = "sandbox-admin"
SECRET_KEY = "store-secret-8d1f"
ADMIN = AccountKey(alyx_url=ALYX, username="admin")
PATIENCE = 3600.0  # virtual seconds until something that should happen counts as never


class Alyx:
    """The way to the core, with a plan of faults; remembers what was asked."""

    def __init__(self, core: AlyxCore, world: World) -> None:
        self.core = core
        self.closed = False
        self.plan = FaultPlan()
        self.calls: list[str] = []
        self._world = world

    async def send(self, asked: Asked) -> Raw:
        headers = {name.decode().lower(): value.decode() for name, value in asked.headers}
        request = AlyxRequest(asked.method, asked.target, headers, asked.body)
        verdict = self.plan.decide(request, self._world.wall())
        await asyncio.sleep(0.01 + verdict.delay_s)
        self.calls.append(f"{request.method} {request.target}")
        if not verdict.execute and verdict.silent:
            raise httpx.ConnectError("refused")
        answer = self.core.handle(request) if verdict.execute else cast("Response", verdict.answer)
        answer = verdict.answer or answer
        if verdict.silent:
            raise httpx.ReadError("lost")
        return Raw(answer.status, answer.headers, answer.body)

    async def close(self) -> None:
        self.closed = True

    def asked(self, text: str) -> int:
        """How many calls hold that text."""
        return sum(text in call for call in self.calls)


class Shelf(StoreNetwork):
    """The store; `before` is called with each request and may raise."""

    def __init__(self) -> None:
        super().__init__(Chaos(1, NONE))
        self.before: Callable[[Request], None] = lambda _request: None
        self.sent: list[str] = []
        self.headers: list[dict[str, str]] = []

    def send(self, request: Request) -> Answer:
        self.sent.append(f"{request.method} {request.url}")
        self.headers.append(dict(request.headers))
        self.before(request)
        if "list-type=2" in request.url:
            return self._listed(request)
        return super().send(request)

    def _listed(self, request: Request) -> Answer:
        parts = urlsplit(request.url)
        bucket = unquote(parts.path).strip("/")
        prefix = parse_qs(parts.query).get("prefix", [""])[0]
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(held.data)}</Size><ETag>{held.etag}</ETag></Contents>"
            for path, held in sorted(self.objects.items())
            for key in [path.removeprefix(f"{bucket}/")]
            if path.startswith(f"{bucket}/{prefix}")
        )
        return Answer(status=200, headers={}, body=f"<ListBucketResult>{rows}</ListBucketResult>".encode())


class MemoryKeyring:
    """A keyring in memory that can be locked."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str], Secret] = {}
        self.locked = False

    def look(self) -> KeyringView:
        return KeyringView(state=KeyringState.LOCKED if self.locked else KeyringState.READY)

    def last_seen(self) -> KeyringView:
        return self.look()

    def get(self, kind: str, endpoint: str, identity: str) -> Secret | None:
        self._open(kind, endpoint, identity)
        return self.kept.get((kind, endpoint, identity))

    def put(self, kind: str, endpoint: str, identity: str, secret: Secret) -> None:
        self._open(kind, endpoint, identity)
        self.kept[kind, endpoint, identity] = secret

    def remove(self, kind: str, endpoint: str, identity: str) -> bool:
        self._open(kind, endpoint, identity)
        return self.kept.pop((kind, endpoint, identity), None) is not None

    def _open(self, *place: str) -> None:
        account_name(*place)  # what the real one refuses must not pass here
        if self.locked:
            raise KeyringTrouble("The keyring is locked.")


class Stage:
    """One computer with its bridge; Alyx and the store outlive the bridge."""

    def __init__(self, folder: Path) -> None:
        self.world = World(Chaos(1, NONE), folder)
        self.world.loop = cast("VirtualLoop", asyncio.get_running_loop())
        self.alyx = Alyx(self.world.core, self.world)
        self.store = Shelf()
        self.files = self.world.files
        self.runtime = SimulatedRuntime(self.world.chaos, self.files)
        self.keyring = MemoryKeyring()
        self.edge: Callable[[str], None] = lambda _name: None
        self.settings = Settings(
            lab_name="CogLab",
            lab_time_zone="UTC",
            lab_root="/data",
            alyx_quarantine_seconds=QUARANTINE,
            state_folder=str(folder),
        )
        self.peers: PeerList | None = None  # whom a rig is paired with
        self.rig_door: RigDoor | None = None  # how a control PC reaches its rigs
        self.receivers: ReceiverDoor | None = None  # of events
        self.rules: tuple[Receiver, ...] = ()
        self.guests: list[Callable[[], Awaitable[None]]] = []  # how those who are connected go away
        self._house: House | None = None

    @property
    def house(self) -> House:
        """The services."""
        assert self._house is not None
        return self._house

    @property
    def journal(self) -> Journal:
        """What they remember."""
        return self.house.journal

    def open(self, **changes: Any) -> House:
        """Start the bridge, with other settings where given."""
        self.settings = dataclasses.replace(self.settings, **changes)
        doors = assembly.Doors(
            runtime=self.runtime,
            alyx=HttpxAlyxDoor(self.runtime, self.alyx),
            stores=S3Door(self.runtime, self.store),
            keyring=self.keyring,
            receivers=self.receivers,
            rules=self.rules,
        )
        journal = Journal(Path(self.settings.state_folder), edge=self._at_edge)
        self._house = assembly.build(self.settings, journal, doors, peers=self.peers, rig_door=self.rig_door)
        self._house.delivery.start()
        self._house.event_deliveries.start()
        if self._house.rigs is not None:
            self._house.rigs.start()
        return self._house

    def _at_edge(self, name: str) -> None:
        self.edge(name)

    async def close(self) -> None:
        """Stop the bridge."""
        for leave in self.guests:
            await leave()
        if self._house is not None:
            if self._house.rigs is not None:
                await self._house.rigs.stop()
            await self._house.delivery.stop()
            await self._house.event_deliveries.stop()
            await self._house.choices.stop()
            await self._house.leases.stop()
            self._house.journal.close()
            self._house = None

    async def crash(self) -> None:
        """The process is gone, without a chance to say so."""
        rounds = (self.house.delivery._rounds, self.house.event_deliveries._rounds)
        tasks = [task for one in rounds for task in one._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.house.choices.stop()
        self.house.journal.close()
        self._house = None

    async def restart(self, **changes: Any) -> House:
        """A new process on the same journal."""
        await self.close()
        return self.open(**changes)

    async def enter(self) -> None:
        """Log in and hand over the key pair, as the GUI does."""
        await self.house.accounts.log_in(ALYX, "admin", Secret(PASSWORD), remember=False)
        await self.house.credentials.put_store(STORE, "key", Secret(SECRET_KEY), keep=False)
        self.house.delivery.wake_all()

    def away(self, count: int | None = None) -> Fault:
        """Alyx refuses connections, for ever or so many times."""
        return self.alyx.plan.add(Fault("down", count=count))

    def back(self) -> None:
        """Alyx is itself again."""
        self.alyx.plan.clear()

    async def start(self, **spec: Any) -> Session:
        """A started session of TestSubject."""
        return await self.house.sessions.start(StartOrder(spec=Spec(**({"subject": "TestSubject"} | spec))))

    def end(self, session: Session, **order: Any) -> tuple[Session, str]:
        """End it."""
        return self.house.sessions.end(EndOrder(session_id=session.id, **order))

    def write(self, session: Session, *names: str, data: bytes = b"bytes") -> None:
        """Files of a session, quiet for a while."""
        for name in names:
            self.files.write(f"{session.folder}/{name}", data)
            self.files.files[f"{session.folder}/{name}"].changed -= 60

    def upload(self, session: Session, *paths: str, repository: str = "") -> str:
        """Accept files; the transfer's id."""
        return self.house.transfers.upload("", session.id, UploadOrder(paths=paths, repository=repository)).id

    def rows(self, transfer_id: str) -> dict[str, File]:
        """A transfer's files by relative path."""
        return {file.relative_path: file for file in self.journal.files.page(transfer_id)}

    def records(self, table: str, **wanted: Any) -> list[dict[str, Any]]:
        """Rows of Alyx."""
        found = [dict(row) for row in self.world.core.state.rows(table)]
        return [row for row in found if all(row[name] == value for name, value in wanted.items())]

    async def until(self, look: Callable[[], Any], patience: float = PATIENCE) -> None:
        """Wait in virtual time until that is true."""
        end = self.runtime.monotonic() + patience
        while not look():
            assert self.runtime.monotonic() < end, "it never happened"
            await asyncio.sleep(0.5)


def staged(story: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A test of one stage: the bridge runs, but knows nobody yet. Waiting costs nothing."""
    return _played(story, Stage.open)


def unopened(story: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A test of one stage whose bridge the story starts itself."""
    return _played(story, lambda _stage: None)


def entered(story: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A test of one stage, logged in and with the store's keys."""

    async def begin(stage: Stage) -> None:
        stage.open()
        await stage.enter()

    return _played(story, begin)


def _played(story: Callable[..., Awaitable[None]], begin: Callable[[Stage], Any]) -> Callable[..., None]:
    async def whole(folder: Path, given: dict[str, Any]) -> None:
        stage = Stage(folder)
        began = begin(stage)
        if inspect.isawaitable(began):
            await began
        try:
            await story(stage, **given)
        finally:
            await stage.close()

    def test(**given: Any) -> None:
        loop = VirtualLoop(1000.0)
        # A task that died unheard is told when it is collected; formatting its trace then may break pytest's own.
        loop.set_exception_handler(lambda _loop, _context: None)
        try:
            # A real SQLite file, on a disk in memory: what these tests are about is not the disk.
            with small_parts(), tempfile.TemporaryDirectory(dir=MEMORY) as folder:
                loop.run_until_complete(whole(Path(folder), given))
                loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    parameters = list(inspect.signature(story).parameters.values())[1:]
    named = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    test.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]  # what pytest reads
    test.__dict__.update(story.__dict__)  # the marks
    test.__name__, test.__doc__, test.__module__ = story.__name__, story.__doc__, story.__module__
    return test
