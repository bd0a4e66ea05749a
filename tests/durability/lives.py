"""A simulated client's tale, told anew in each life of a bridge that dies at chosen edges."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from cagelab_bridge.api.house import House
from cagelab_bridge.models import AccountKey
from cagelab_bridge.secret import Secret
from tests.simulation.chaos import NONE, Chaos, Crash
from tests.simulation.schedule import MEMORY
from tests.simulation.world import ALYX, STORE, Untrue, World, small_parts

ADMIN = AccountKey(alyx_url=ALYX, username="admin")
PATIENCE = 3600  # virtual seconds


class Fated(Chaos):
    """Strikes where a tale wants it, and nowhere else."""

    def __init__(self, crash_at: Sequence[int]) -> None:
        super().__init__(1, NONE)
        self.crash_at = list(crash_at)
        self.fates: Mapping[str, Callable[[], bool]] = {}

    def strikes(self, name: str) -> bool:
        """True when the tale says so."""
        fate = self.fates.get(name)
        return fate is not None and fate()


class Tale:
    """What a client does; all of its calls are made again in each life."""

    def __init__(self, world: World, chaos: Fated) -> None:
        self.world = world
        self.chaos = chaos

    async def live(self) -> None:
        """All of it, in one life of the bridge."""
        raise NotImplementedError

    def require(self) -> None:
        """Everything is there once. Raises Untrue."""
        raise NotImplementedError

    async def enter(self) -> House:
        """A bridge that knows the account and the key pair."""
        house = self.world.open()
        await house.accounts.log_in(ALYX, "admin", Secret("sandbox-admin"), remember=False)
        await house.credentials.put_store(STORE, "key", Secret("secret"), keep=False)
        house.delivery.wake_all()
        return house

    def write(self, path: str, data: bytes = b"bytes") -> None:
        """What the experiment does, once."""
        if path not in self.world.files.files:
            self.world.files.write(path, data)

    async def until(self, look: Callable[[], bool]) -> None:
        """Wait for it. Raises Untrue when it never comes."""
        for _ in range(PATIENCE):
            if look():
                return
            await asyncio.sleep(1.0)
        raise Untrue("it never happened")

    def called(self, method: str, path: str) -> bool:
        """Whether this was the last request that Alyx executed."""
        calls = self.world.network.calls
        return bool(calls) and calls[-1] == f"{method} {path}"

    def datasets(self) -> list[tuple[object, object]]:
        """Names and QC."""
        rows = self.world.core.state.rows("dataset")
        return [(row["name"], "PASS" if row["qc"] == 10 else row["qc"]) for row in rows]


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


def played(kind: type[Tale], crash_at: Sequence[int] = ()) -> int:
    """Tell it, the bridge dying at these edges; how many edges there were. Raises Untrue."""
    chaos = Fated(crash_at)
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, small_parts():
        world = World(chaos, Path(folder))
        tale = kind(world, chaos)
        try:
            while not _lived(world, tale):
                pass
            tale.require()
        finally:
            if world.loop is not None:
                world.bury()
    return chaos.edges


def _lived(world: World, tale: Tale) -> bool:
    loop = world.begin_life()
    try:
        loop.run_until_complete(tale.live())
    except Crash:
        world.bury()
        return False
    return True
