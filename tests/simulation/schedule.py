"""One simulated story: a client runs sessions through the bridge while everything fails; then peace, then the truth."""

from __future__ import annotations

import asyncio
import hashlib
import random
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from cagelab_bridge.errors import BridgeError
from cagelab_bridge.models import Run, Spec
from cagelab_bridge.sandbox.alyx.schema import Row
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.amendments import AmendOrder
from cagelab_bridge.services.sessions import EndOrder, StartOrder
from cagelab_bridge.services.transfers import UploadOrder
from tests.simulation.alyx_network import FOREIGN
from tests.simulation.chaos import Chaos, Crash, Rates
from tests.simulation.world import ALYX, STORE, Untrue, World

PEACE_AFTER = 600.0  # virtual seconds of faults
REST = 3 * 86400.0  # virtual seconds within which everything must be delivered
MOST_LIVES = 500
# A journal on a disk in memory: what is simulated here is the death of the process, not of the disk.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
T = TypeVar("T")
PID = 4711  # of the client's process
PASS, WARNING = 10, 30  # as Alyx keeps them
STEM = "2026-11-20-09-00-00"


@dataclass
class Plan:
    """What the client wants recorded, and how far it is. Lives in the client: the bridge's crashes do not touch it."""

    key: str
    names: list[str]
    sizes: list[int]
    session_id: str = ""
    ended: bool = False
    abandoned: bool = False  # its program died, or forgot it
    session_folder: str = ""
    subject: str = "TestSubject"
    corrections: int = 0
    correcting: bool = False  # the last correction was not answered yet
    answers: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a schedule did."""

    seed: int
    counts: Counter[str]
    edges: int
    lives: int
    alyx_calls: int
    sessions: int
    files: int


def plans(source: random.Random) -> list[Plan]:
    """One session, sometimes two, of one to three files, some large enough for parts."""
    made = []
    for number in range(source.choice((1, 1, 1, 1, 2))):
        names = ["opticka.raw.{}.mat", "events.table.{}.tsv", "alf/mock.table.{}.npy"]
        kinds = names[: source.choice((1, 1, 1, 2, 3))]
        sizes = [source.choice((0, 1, 900, 5000, 13000)) for _ in kinds]
        made.append(Plan(key=f"client-{number}", names=[kind.format(STEM) for kind in kinds], sizes=sizes))
    return made


class Client:
    """MATLAB's part: repeats a call with the same request id until it is answered."""

    def __init__(self, world: World, plans: list[Plan]) -> None:
        self._world = world
        self._plans = plans
        self._ticks = 100
        self._new_process()

    def _new_process(self) -> None:
        """MATLAB is started (anew): Linux may give it the number of a dead one."""
        self._ticks += 1
        self._world.processes[PID] = self._ticks

    async def live(self) -> None:
        """Run in one life of the bridge; returns when everything is delivered."""
        house = self._world.open()
        asyncio.get_running_loop().call_at(1000.0 + PEACE_AFTER, self._peace)
        await self._credentials()
        for plan in self._plans:
            await self._session(plan)
        while True:
            await self._credentials()
            for plan in self._plans:
                await self._correct(plan)
            if all(house.journal.sessions.get(plan.session_id).completed for plan in self._plans):
                return
            if self._world.now() > REST:
                raise Untrue(f"not delivered: {self._stuck()}")
            await asyncio.sleep(20.0)

    def _peace(self) -> None:
        self._world.chaos.on = False

    async def _credentials(self) -> None:
        """A login and the key pair, as the control PC gives them after each start."""
        house = self._world.house
        assert house is not None
        while not any(state.logged_in for state in house.accounts.states()):
            try:
                await house.accounts.log_in(ALYX, "admin", Secret("sandbox-admin"), remember=False)
                house.delivery.wake_all()
            except BridgeError:
                await asyncio.sleep(5.0)
        if not house.credentials.held():
            await house.credentials.put_store(STORE, "key", Secret("secret"), keep=False)
            house.delivery.wake_all()

    async def _session(self, plan: Plan) -> None:
        house = self._world.house
        assert house is not None
        if plan.abandoned:
            return
        order = StartOrder(request_id=plan.key, spec=Spec(subject="TestSubject", projects=("demo",)), client_pid=PID)
        session = await self._insist(lambda: house.sessions.start(order))
        plan.session_id, plan.session_folder = session.id, session.folder
        plan.answers.append(f"{session.id} {session.folder} {session.date} {session.number}")
        if self._world.chaos.strikes("call_repeated"):
            again = await self._insist(lambda: house.sessions.start(order))
            plan.answers.append(f"{again.id} {again.folder} {again.date} {again.number}")
        await self._correct(plan)
        if not plan.ended and session.run is Run.OPEN:
            self._record(plan)
            await asyncio.sleep(self._world.chaos.random.uniform(0, 60))
            if self._leaves(plan):
                return
        end = EndOrder(
            request_id=f"{plan.key}-end",
            session_id=session.id,
            qc="PASS",
            narrative="done",
            n_trials=10,
            n_correct_trials=7,
            upload=UploadOrder(),
        )
        await self._insist(lambda: _soon(house.sessions.end(end)))
        plan.ended = True

    async def _correct(self, plan: Plan) -> None:
        """Somebody notices that it was the other animal, perhaps again; repeated until it is answered."""
        house = self._world.house
        assert house is not None
        if not plan.correcting and self._world.chaos.strikes("amended"):
            plan.subject = "Algernon" if plan.subject == "TestSubject" else "TestSubject"
            plan.corrections += 1
            plan.correcting = True
        if plan.correcting:
            order = AmendOrder(
                request_id=f"{plan.key}-amend-{plan.corrections}",
                session_id=plan.session_id,
                subject=plan.subject,
                experimenters=(f"{'researcher' if plan.corrections % 2 else 'admin'}",),
                reason="the other animal",
            )
            await self._insist(lambda: house.amendments.amend(order))
            plan.correcting = False

    def _leaves(self, plan: Plan) -> bool:
        """Whether the program goes away without ending the session; the bridge has to."""
        if self._world.chaos.strikes("client_died"):
            plan.abandoned = True
            self._new_process()
        elif plan is not self._plans[-1] and self._world.chaos.strikes("client_forgot"):
            plan.abandoned = True
        return plan.abandoned

    async def _insist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call until it is answered."""
        while True:
            try:
                return await call()
            except BridgeError as error:
                if not error.retryable:
                    raise
            await asyncio.sleep(1.0)

    def _record(self, plan: Plan) -> None:
        for name, size in zip(plan.names, plan.sizes, strict=True):
            path = f"{plan.session_folder}/{name}"
            if path not in self._world.files.files:
                self._world.files.write(path, self._world.chaos.random.randbytes(size))

    def _stuck(self) -> list[str]:
        assert self._world.house is not None
        journal = self._world.house.journal
        return [f"{session.run} {session.alyx} {session.trouble}" for session in journal.sessions.due()]


class Truth:
    """What must hold when all is delivered."""

    def __init__(self, world: World, plans: list[Plan]) -> None:
        self._world = world
        self._plans = plans
        self._state = world.core.state

    def require(self) -> None:
        """Raise Untrue for anything lost, doubled or not as it was said."""
        self._world.network.drain()
        self._world.look()
        if self._world.network.rude:
            raise Untrue(f"asked in spite of 429: {self._world.network.rude}")
        made = [row for row in self._state.rows("session") if row["narrative"] != FOREIGN]
        if len(made) != len(self._plans):
            raise Untrue(f"{len(made)} sessions for {len(self._plans)}")
        for plan in self._plans:
            self._session(plan)
        stored = len(list(self._state.rows("dataset")))
        if stored != sum(len(plan.names) for plan in self._plans):
            raise Untrue(f"{stored} datasets: some belong to nobody")

    def _session(self, plan: Plan) -> None:
        if len(set(plan.answers)) != 1:
            raise Untrue(f"the same call was answered differently: {plan.answers}")
        ours = [row for row in self._state.rows("session") if row["narrative"] != FOREIGN]
        marked = [row for row in ours if row["json"]["cagelab"]["bridge_session"] == plan.session_id]
        if len(marked) != 1:
            raise Untrue(f"{len(marked)} records of session {plan.session_id}")
        record = marked[0]
        subject = self._subject(plan, record)
        rivals = [row for row in self._state.where("session", "subject", subject) if row["number"] == record["number"]]
        if min(str(row["id"]) for row in rivals) != str(record["id"]):
            raise Untrue(f"number {record['number']} belongs to another session")
        if record["json"]["cagelab"]["state"] != "COMPLETE" or record["end_time"] is None:
            raise Untrue(f"the record is not complete: {record}")
        told = (record["n_trials"], record["n_correct_trials"], record["narrative"], record["qc"])
        if plan.abandoned != record["narrative"].startswith("Ended by the bridge: the program"):
            raise Untrue(f"the program left: {plan.abandoned}, but the record says {told}")
        expected = (None, None, record["narrative"], WARNING) if plan.abandoned else (10, 7, "done", PASS)
        if told != expected:
            raise Untrue(f"the record says {told}")
        for name in plan.names:
            self._file(plan, record["id"], name)

    def _subject(self, plan: Plan, record: Row) -> object:
        """The id of the corrected subject; every correction is in the record, with the way back."""
        known = {row["nickname"]: row["id"] for row in self._state.rows("subject")}
        if record["subject"] != known[plan.subject]:
            raise Untrue(f"the record is not of {plan.subject}")
        told = record["json"]["cagelab"].get("amendments", [])
        subjects = [change for change in told if change["field"] == "subject"]
        if len(subjects) != plan.corrections or (told and subjects[-1]["new_values"] != [plan.subject]):
            raise Untrue(f"{plan.corrections} corrections, but the record says {told}")
        return known[plan.subject]

    def _file(self, plan: Plan, alyx_id: object, name: str) -> None:
        """Exactly one dataset per content that was ever PASS, the last one stored as it was read."""
        leaf = name.rpartition("/")[2]
        rows = [row for row in self._state.where("dataset", "session", alyx_id) if row["name"] == leaf]
        if len(rows) != 1:
            raise Untrue(f"{len(rows)} datasets of {name}")
        versions = {
            hashlib.md5(data).hexdigest() for data in self._world.files.versions[f"{plan.session_folder}/{name}"]
        }
        if rows[0]["hash"] not in versions:
            raise Untrue(f"{name} was never what is recorded")
        if rows[0]["qc"] not in ("PASS", 10):
            raise Untrue(f"{name} is {rows[0]['qc']}")


def run(seed: int, rates: Rates | None = None, crash_at: list[int] | None = None) -> Outcome:
    """Play one schedule. Raises Untrue (or whatever broke) with the seed in the text."""
    chaos = Chaos(seed, rates or Rates())
    chaos.crash_at = crash_at
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        world = World(chaos, Path(folder))
        stories = plans(chaos.random)
        client = Client(world, stories)
        try:
            _live(world, client)
            Truth(world, stories).require()
        except Exception as problem:
            raise Untrue(f"seed {seed}: {problem}") from problem
        finally:
            world.close()
    return Outcome(
        seed=seed,
        counts=chaos.counts,
        edges=chaos.edges,
        lives=world.lives,
        alyx_calls=len(world.network.calls),
        sessions=len(stories),
        files=sum(len(story.names) for story in stories),
    )


def _live(world: World, client: Client) -> None:
    """Life after life, until one finishes."""
    while True:
        loop = world.begin_life()
        try:
            loop.run_until_complete(client.live())
        except Crash:
            if world.lives > MOST_LIVES:
                raise Untrue("it never survives") from None
            world.bury()
        else:
            return


async def _soon(value: T) -> T:
    return value
