"""The program that records, and the people around it: they call the bridge until it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from cagelab_bridge.api.house import House
from cagelab_bridge.errors import BridgeError
from cagelab_bridge.models import Run, Session, Spec
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.sessions.amendments import AmendOrder
from cagelab_bridge.services.sessions.sessions import EndOrder, StartOrder
from cagelab_bridge.services.transfers import UploadOrder
from tests.simulation.matfile import SMALLEST, mat_file
from tests.simulation.plan import RAW, Plan
from tests.simulation.world import ALYX, SPARE_COPY, STORE, Untrue, World

PEACE_AFTER = 600.0  # virtual seconds of faults
REST = 3 * 86400.0  # virtual seconds within which everything must be delivered
PID = 4711  # of the client's process
LOOK, SELDOM = 20.0, 900.0  # virtual seconds between two looks; the second once it takes very long
REASON = "of no use"
T = TypeVar("T")


class Client:
    """MATLAB's part: repeats a call with the same request id until it is answered."""

    def __init__(self, world: World, plans: list[Plan]) -> None:
        self._world = world
        self._chaos = world.chaos
        self._plans = plans
        self._ticks = 100
        self._new_process()

    def _new_process(self) -> None:
        """MATLAB is started (anew): Linux may give it the number of a dead one."""
        self._ticks += 1
        self._world.processes[PID] = self._ticks

    @property
    def _house(self) -> House:
        assert self._world.house is not None
        return self._world.house

    async def live(self) -> None:
        """Run in one life of the bridge; returns when everything is delivered."""
        house = self._world.open()
        house.journal.listen(self._hear)
        asyncio.get_running_loop().call_at(1000.0 + PEACE_AFTER, self._peace)
        await self._credentials()
        for plan in self._plans:
            await self._session(plan)
        while not await self._rests():
            if self._world.now() > REST:
                raise Untrue(f"not delivered: {self._stuck()}")
            await asyncio.sleep(LOOK if self._world.now() < 1000.0 + 4 * PEACE_AFTER else SELDOM)

    async def _rests(self) -> bool:
        """True when nothing is left to do."""
        await self._credentials()
        for plan in self._plans:
            await self._correct(plan)
            if plan.rebuilt:
                self._house.transfers.retry("")  # what the old names blocked
        journal = self._house.journal
        if not all(journal.sessions.get(plan.session_id).completed for plan in self._plans):
            return False
        if journal.files.discards(limit=1):
            self._house.delivery.wake_all()
            return False
        return True

    def _peace(self) -> None:
        self._chaos.on = False

    async def _credentials(self) -> None:
        """A login and the key pair, as the control PC gives them after each start."""
        house = self._house
        while not any(state.logged_in for state in house.accounts.states()):
            try:
                await house.accounts.log_in(ALYX, "admin", Secret("sandbox-admin"), remember=False)
                house.delivery.wake_all()
            except BridgeError:
                await asyncio.sleep(LOOK)
        if not house.credentials.held():
            await house.credentials.put_store(STORE, "key", Secret("secret"), keep=False)
            house.delivery.wake_all()

    # -- a session -----------------------------------------------------------------------------------------------------

    async def _session(self, plan: Plan) -> None:
        if plan.abandoned:
            return
        session = await self._started(plan)
        await self._correct(plan)
        if not plan.ended and session.run is Run.OPEN:
            self._record(plan)
            await asyncio.sleep(self._chaos.random.uniform(0, 60))
            if self._leaves(plan):
                return
        if not plan.rebuilt or session.run is Run.OPEN:
            await self._end(plan)
        plan.ended = True

    async def _started(self, plan: Plan) -> Session:
        order = StartOrder(request_id=plan.key, spec=Spec(subject="TestSubject", projects=("demo",)), client_pid=PID)
        for _ in range(2 if self._chaos.strikes("call_repeated") else 1):
            if plan.rebuilt:  # the id of the call is lost: the session itself is asked for
                session = self._house.journal.sessions.get(plan.session_id)
            else:
                plan.starting = True
                session = await self._insist(lambda: self._house.sessions.start(order))
                plan.starting = False
            plan.session_id, plan.session_folder = session.id, session.folder
            plan.answers.append(f"{session.id} {session.folder} {session.date} {session.number}")
        return session

    async def _end(self, plan: Plan) -> None:
        end = EndOrder(
            request_id=f"{plan.key}-end",
            session_id=plan.session_id,
            qc="PASS",
            narrative="done",
            n_trials=10,
            n_correct_trials=7,
            upload=UploadOrder(),
        )
        await self._insist(lambda: _soon(self._house.sessions.end(end)))

    async def _correct(self, plan: Plan) -> None:
        """Somebody notices that it was the other animal, perhaps again; repeated until it is answered, and asked for
        anew where a second record that could not be written lost it with the journal."""
        if not plan.correcting and self._chaos.strikes("amended"):
            plan.subject = "Algernon" if plan.subject == "TestSubject" else "TestSubject"
            plan.corrections += 1
            plan.correcting = True
        if plan.rebuilt and self._house.journal.sessions.get(plan.session_id).spec.subject != plan.subject:
            plan.correcting = True
        if plan.correcting:
            order = AmendOrder(
                request_id=f"{plan.key}-amend-{plan.corrections}",
                session_id=plan.session_id,
                subject=plan.subject,
                experimenters=(f"{'researcher' if plan.corrections % 2 else 'admin'}",),
                reason="the other animal",
            )
            await self._insist(lambda: self._house.amendments.amend(order))
            plan.correcting = False

    def _record(self, plan: Plan) -> None:
        """The data, and perhaps a MAT file that its program did not finish."""
        source = self._chaos.random
        for name, size in zip(plan.names, plan.sizes, strict=True):
            path = f"{plan.session_folder}/{name}"
            if path in self._world.files.files:
                continue
            if name == RAW and size >= SMALLEST and source.random() < 0.5:
                missing = source.randrange(1, 5000) if self._chaos.strikes("torn") else 0
                self._world.files.write(path, mat_file(source, size, missing=missing))
            else:
                self._world.files.write(path, source.randbytes(size))

    def _leaves(self, plan: Plan) -> bool:
        """Whether the program goes away without ending the session; the bridge has to."""
        if self._chaos.strikes("client_died"):
            plan.abandoned = True
            self._new_process()
        elif plan is not self._plans[-1] and self._chaos.strikes("client_forgot"):
            plan.abandoned = plan.forgotten = True
        if plan.abandoned and self._chaos.strikes("spare_kept"):
            plan.spare = f"the spare copy of {plan.key}".encode()
            self._world.files.write(SPARE_COPY, plan.spare)
        return plan.abandoned

    # -- people --------------------------------------------------------------------------------------------------------

    def _hear(self, kind: str, identity: str) -> None:
        if kind == "transfer" and self._chaos.strikes("dismissed"):
            asyncio.get_running_loop().call_soon(self._dismiss, identity)

    def _dismiss(self, transfer_id: str) -> None:
        """Somebody gives up one of the files that are under way."""
        left = self._house.journal.files.unsettled(transfer_id)
        if not left:
            self._chaos.counts["dismissed"] -= 1
            return
        file = self._chaos.random.choice(left)
        plan = next(plan for plan in self._plans if plan.session_id == file.session_id)
        plan.dismissing.add(file.relative_path)
        self._house.transfers.dismiss(file.id, REASON)
        plan.dismissed.add(file.relative_path)

    async def _insist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call until it is answered."""
        while True:
            try:
                return await call()
            except BridgeError as error:
                if not error.retryable:
                    raise
            await asyncio.sleep(1.0)

    # -- the journal is lost ------------------------------------------------------------------------------------------

    def may_lose_the_journal(self) -> bool:
        """Whether what the people know is enough to go on without it: nothing but the ids of the sessions.

        A program that forgot its session, or waits for the folder of one, has nobody who could tell the rebuilt bridge.
        """
        asked = [plan for plan in self._plans if plan.starting or plan.session_id]
        records = self._world.files.files
        return bool(asked) and all(
            not plan.starting and not plan.forgotten and f"{plan.session_folder}/session.json" in records
            for plan in asked
        )

    def lose_the_journal(self) -> None:
        """They know that it was."""
        for plan in self._plans:
            plan.rebuilt = plan.rebuilt or bool(plan.session_id)

    def _stuck(self) -> list[str]:
        journal = self._house.journal
        found = [f"{session.run} {session.alyx} {session.trouble}" for session in journal.sessions.due()]
        return found + [str(trouble) for trouble in journal.files.troubles(limit=5)]


async def _soon(value: T) -> T:
    return value
