"""A rig in virtual time: whatever becomes of its leases, nothing is lost, doubled or untrue, and nothing leaks."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tests.simulation.chaos import NONE, Chaos
from tests.simulation.lent import SECRET_KEY, Counts, RigClient, RigWorld
from tests.simulation.schedule import run
from tests.simulation.world import Untrue, small_parts

SCHEDULES = 120


def test_leases_that_come_and_go_lose_double_and_claim_nothing() -> None:
    """Expired, revoked, renewed with other keys, refused, not signed, not paired any more, in the middle of uploads,
    with every other fault beside; the store is only ever asked for what is lent at that moment."""
    worlds: list[RigWorld] = []

    def world(chaos: Chaos, folder: Path) -> RigWorld:
        worlds.append(RigWorld(chaos, folder))
        return worlds[-1]

    failures = []
    with small_parts():
        for seed in range(SCHEDULES):
            try:
                run(seed, world_of=world, client_of=RigClient)
            except Untrue as problem:
                failures.append(str(problem))
    assert failures == []
    totals = {name: sum(getattr(one.control.counts, name) for one in worlds) for name in vars(Counts())}
    assert all(totals.values()), totals


def test_lending_alone_delivers_everything(tmp_path: Path) -> None:
    """Without any other fault; and no secret in what the rig keeps."""
    kept: list[RigWorld] = []

    def world(chaos: Chaos, folder: Path) -> RigWorld:
        kept.append(RigWorld(chaos, tmp_path))
        return kept[-1]

    with small_parts():
        outcome = run(7, dataclasses.replace(NONE, crash=0.0), world_of=world, client_of=RigClient)
    assert outcome.files > 0
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    token = kept[0].core.accounts.token("admin", "sandbox-admin")
    assert b"TestSubject" in written
    for secret in (SECRET_KEY, str(token)):
        assert secret.encode() not in written
        assert not [path for path, content in kept[0].files.files.items() if secret.encode() in content.data]
