"""One simulated story: a client runs sessions through the bridge while everything fails; then peace, then the truth."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.services.records.recovery import Recovery
from tests.simulation.chaos import Chaos, Crash, Rates, mixed
from tests.simulation.client import Client
from tests.simulation.plan import Plan, plans
from tests.simulation.truth import Truth
from tests.simulation.world import QUARANTINE, Untrue, World

MOST_LIVES = 500
# A journal on a disk in memory: what is simulated here is the death of the process, not of the disk.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


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


def run(
    seed: int,
    rates: Rates | None = None,
    crash_at: list[int] | None = None,
    *,
    world_of: Callable[[Chaos, Path], World] = World,
    client_of: Callable[[World, list[Plan]], Client] = Client,
) -> Outcome:
    """Play one schedule; `rates`: the seed's own mixture when None.

    Raises Untrue (or whatever broke) with the seed in the text.
    """
    chaos = Chaos(seed, rates or mixed(seed))
    chaos.crash_at = crash_at
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        world = world_of(chaos, Path(folder))
        stories = plans(chaos.random)
        client = client_of(world, stories)
        try:
            _live(world, client)
            Truth(world, stories).require()
        except Exception as problem:
            raise Untrue(f"seed {seed}: {problem}") from problem
        finally:
            world.close()
    return Outcome(
        seed=seed,
        counts=+chaos.counts,
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
            if client.may_lose_the_journal() and world.chaos.strikes("journal_lost"):
                lose_journal(world)
                client.lose_the_journal()
        else:
            return


def lose_journal(world: World) -> None:
    """The journal is gone. Somebody rebuilds it, not before every request of the dead bridge is certainly over."""
    for path in world.folder.iterdir():
        path.unlink()
    world.time += QUARANTINE
    while not _recovered(world):
        pass  # it is a command that may die like any other, and is given again


def _recovered(world: World) -> bool:
    journal = Journal(world.folder, edge=world.chaos.edge)
    try:
        found = Recovery(journal, world.files).run("/data")
    except Crash:
        return False
    finally:
        journal.close()
    if not found or any(one.why for one in found):
        raise Untrue(f"not recovered: {found}")
    return True
