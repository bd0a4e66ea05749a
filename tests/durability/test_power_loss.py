"""No power cut takes a commit that was acknowledged: the short form of the campaign."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from unittest import mock

import pytest

from cagelab_bridge.journal import database
from tests.durability import power_loss
from tests.durability.disk import Disk


@pytest.mark.parametrize("seed", [0, 1])
def test_no_power_cut_takes_an_acknowledged_commit(seed: int) -> None:
    """Every disk a cut can leave opens, passes the check, and holds what was acknowledged; with failing syncs too."""
    tally = power_loss.look_at(seed, 1500, sessions=1)
    assert tally.wrong == []
    assert tally.states >= 1000
    assert set(tally.kinds) == {"all", "none", "some", "torn", "again"}


def settle_for_less(_self: database.Database, connection: sqlite3.Connection) -> None:
    """Database._settle without reading anything back."""
    for pragma in database.PRAGMAS:
        connection.execute(pragma)


@pytest.mark.parametrize("weaker", ["PRAGMA synchronous = NORMAL", "PRAGMA journal_mode = DELETE"])
def test_a_weaker_mode_would_lose_commits(weaker: str) -> None:
    """The same cuts find the loss that synchronous = NORMAL, or a rollback journal, would mean."""
    name = weaker.partition("=")[0]
    pragmas = [pragma for pragma in database.PRAGMAS if not pragma.startswith(name)]
    with mock.patch.object(database.Database, "_settle", settle_for_less):
        tally = power_loss.look_at(5, 100, [*pragmas, weaker], sessions=1)
    assert tally.wrong


def test_going_on_with_a_log_whose_sync_failed_would_lose_commits() -> None:
    """The same cuts find what happens when a log that could not be synced is not written anew."""
    with mock.patch.object(database, "_rewrite"):
        assert any(power_loss.look_at(seed, 300, sessions=2).wrong for seed in (30, 6))


def test_the_disk_keeps_what_was_synced_and_nothing_else() -> None:
    """The model itself: a cut takes what was not synced, and a failed sync promises nothing ever after."""
    disk, source = Disk(), random.Random(1)
    disk.write("j.db-wal", 0, b"a" * 1024)
    assert disk.after_power_cut("none", source) == {}
    assert disk.after_power_cut("all", source) == {"j.db-wal": b"a" * 1024}
    disk.sync("j.db-wal")
    disk.write("j.db-wal", 1024, b"b" * 1024)
    disk.fail_sync("j.db-wal")
    disk.sync("j.db-wal")
    assert disk.after_power_cut("none", source) == {"j.db-wal": b"a" * 1024}
    torn = {disk.after_power_cut("torn", source)["j.db-wal"] for _ in range(50)}
    assert b"a" * 1024 + bytes(512) + b"b" * 512 in torn
    disk.delete("j.db-wal", synced=True)
    assert disk.after_power_cut("none", source) == {}


def test_what_was_recorded_is_what_the_disk_holds(tmp_path: Path) -> None:
    """Nothing escapes the recorder: with every write applied its files are those of the folder, byte for byte."""
    log = power_loss.recorded(tmp_path, 2)
    disk = Disk()
    for what, *more in log:
        if what not in ("intend", "committed"):
            power_loss._happen(disk, what, more)
    found = disk.after_power_cut("all", random.Random(1))
    assert found["journal.db"] == (tmp_path / "journal.db").read_bytes()
