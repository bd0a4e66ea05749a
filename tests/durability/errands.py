"""A simulated client that makes the calls the random schedules leave out; all of them again in each life."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cagelab_bridge.api.house import House
from cagelab_bridge.models import AccountKey, FileState, Run
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.sessions import EndOrder, StartOrder
from cagelab_bridge.services.transfers import UploadOrder
from tests.simulation.chaos import NONE, Chaos, Crash
from tests.simulation.world import ALYX, STORE, Untrue, World, small_parts

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
ADMIN = AccountKey(alyx_url=ALYX, username="admin")
WEIGHT = 20.125
GOOD, BAD = "events.table.1.tsv", "nothing.known.1.xyz"  # Alyx has no dataset type for the second
PATIENCE = 3600  # virtual seconds


class Errands:
    """Reserve, start there, upload, retry, dismiss, cancel, submit, end."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def live(self) -> None:
        """All of it, in one life of the bridge."""
        house = self._world.open()
        await house.accounts.log_in(ALYX, "admin", Secret("sandbox-admin"), remember=False)
        await house.credentials.put_store(STORE, "key", Secret("secret"), keep=False)
        house.delivery.wake_all()
        session_id = await self._begin(house)
        transfer = house.transfers.upload("up", session_id, UploadOrder())
        await self._until(lambda: self._blocked(house, transfer.id))
        house.transfers.retry(transfer.id)
        await self._until(lambda: self._blocked(house, transfer.id))
        house.transfers.dismiss(house.journal.files.page(transfer.id)[-1].id, "of no use")
        again = house.transfers.upload("again", session_id, UploadOrder(paths=(BAD,)))
        if not again.cancelled:
            house.transfers.cancel(again.id, "by mistake")
        weighing = await house.queries.create(
            ADMIN, "weighing", "weighings", f'{{"subject": "TestSubject", "weight": {WEIGHT}}}'
        )
        house.sessions.end(EndOrder(request_id="end", session_id=session_id))
        await self._until(lambda: house.journal.sessions.get(session_id).completed)
        await self._until(lambda: house.journal.submissions.get(weighing.id).delivered)

    async def _begin(self, house: House) -> str:
        reserved = await house.sessions.reserve("reserve", subject="TestSubject", lab="", date="", root="")
        session = await house.sessions.start(StartOrder(request_id="start", spec=reserved.spec, session_id=reserved.id))
        if session.run is Run.OPEN:
            for name in (GOOD, BAD):
                if f"{session.folder}/{name}" not in self._world.files.files:
                    self._world.files.write(f"{session.folder}/{name}", b"bytes")
        return session.id

    @staticmethod
    def _blocked(house: House, transfer_id: str) -> bool:
        states = [(file.state, file.trouble.blocked) for file in house.journal.files.page(transfer_id)]
        ends = (
            [(FileState.DONE, False), (FileState.HASHED, True)],
            [(FileState.DONE, False), (FileState.DISMISSED, False)],
        )
        return states in ends

    async def _until(self, look: Callable[[], bool]) -> None:
        for _ in range(PATIENCE):
            if look():
                return
            await asyncio.sleep(1.0)
        raise Untrue("it never happened")

    def require(self) -> None:
        """Everything is there once."""
        state = self._world.core.state
        weighings = [row for row in state.rows("weighing") if row["weight"] == WEIGHT]
        datasets = [(row["name"], "PASS" if row["qc"] == 10 else row["qc"]) for row in state.rows("dataset")]
        sessions = list(state.rows("session"))
        if (len(sessions), len(weighings), datasets) != (1, 1, [(GOOD, "PASS")]):
            raise Untrue(f"{len(sessions)} sessions, {len(weighings)} weighings, {datasets}")


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Nothing is logged inside, not even by tasks that died with their process and are collected later.

    Telling of them would parse their source in the midst of whatever else parses just then, which breaks Python 3.11.
    """
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        gc.collect()
        logging.disable(logging.NOTSET)


def run(crash_at: Sequence[int] = ()) -> int:
    """One client's errands, the bridge dying at these edges; how many edges there were. Raises Untrue."""
    chaos = Chaos(1, NONE)
    chaos.crash_at = list(crash_at)
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, small_parts():
        world = World(chaos, Path(folder))
        errands = Errands(world)
        try:
            while not _lived(world, errands):
                pass
            errands.require()
        finally:
            if world.loop is not None:
                world.bury()
    return chaos.edges


def _lived(world: World, errands: Errands) -> bool:
    loop = world.begin_life()
    try:
        loop.run_until_complete(errands.live())
    except Crash:
        world.bury()
        return False
    return True
