"""The production code in virtual time: nothing lost, nothing doubled, nothing untrue."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest

from tests.simulation import world as worlds
from tests.simulation.campaign import campaign
from tests.simulation.chaos import NONE, Chaos, Rates
from tests.simulation.schedule import run
from tests.simulation.world import Untrue, World, small_parts

SCHEDULES = 2000
# What some faults lead to: an upload in parts expires, a PATCH is undone, a spare copy goes along.
EFFECTS = {"store_expired", "alyx_undone", "spare_rescued"}


def test_random_faults_lose_double_and_claim_nothing() -> None:
    """Crashes, lost, late and refused answers, damaged bytes: every session and file is there once, and as it says."""
    counts, failures = campaign(range(SCHEDULES), jobs=os.cpu_count() or 1)
    assert failures == []
    wanted = {field.name for field in fields(Rates)} | EFFECTS
    assert wanted - {name for name, count in counts.items() if count > 0} == set(), counts


def test_without_faults_a_session_costs_few_calls() -> None:
    """At most three Alyx calls per file, and a constant number per session."""
    with small_parts():
        outcome = run(3, NONE)
    lists, per_session = 6, 6
    assert outcome.alyx_calls <= lists + per_session * outcome.sessions + 3 * outcome.files


@pytest.mark.parametrize("life", range(1, 4))
def test_a_crash_at_every_edge_is_survived(life: int) -> None:
    """The process may die before and after every commit and every exchange, once or while it recovers."""
    with small_parts():
        edges = run(5, NONE).edges
        for edge in range(life, edges + 1, 3):
            run(5, NONE, crash_at=[edge])
            run(5, NONE, crash_at=[edge, edge + 4])


def test_the_simulator_notices_what_is_untrue(tmp_path: Path) -> None:
    """A dataset that is PASS without an object is found at the next change: the test can fail."""
    world = World(Chaos(1, NONE), tmp_path)
    world.core.state.insert(
        "dataset", {"id": "00000000-0000-4000-8000-000000000001", "name": "x", "qc": 10, "hash": "0" * 32}
    )
    with pytest.raises(Untrue):
        world.look()


def test_the_simulator_runs_the_production_code(tmp_path: Path) -> None:
    """The simulated bridge is the one that assembly.build makes."""
    world = World(Chaos(1, NONE), tmp_path)
    loop = world.begin_life()

    async def look() -> str:
        return type(world.open().delivery).__module__

    assert loop.run_until_complete(look()) == "cagelab_bridge.services.delivery.delivery"
    world.bury()
    assert worlds.QUARANTINE > 50
