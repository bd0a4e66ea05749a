"""Files that are registered in one call: each has one dataset, and its own mistakes."""

from __future__ import annotations

import pytest

from cagelab_bridge.models import FileState
from cagelab_bridge.sandbox.faults import Fault, Kind
from tests.unit.services.stage import Stage, entered

FILES = [f"events.table.{number:02d}.tsv" for number in range(25)]


def datasets(stage: Stage) -> list[str]:
    return sorted(row["name"] for row in stage.records("dataset"))


@entered
async def test_files_that_wait_are_registered_ten_at_a_time(stage: Stage) -> None:
    """So that many small files cost Alyx less than one call each."""
    session = await stage.start()
    stage.write(session, *FILES)
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == len(FILES))
    assert datasets(stage) == FILES
    assert stage.alyx.asked("POST /register-file") <= 8


@entered
async def test_a_file_that_alyx_refuses_stops_no_other(stage: Stage) -> None:
    """Alyx 3.6.1 ends a call at the first bad file: the others are registered alone then."""
    session = await stage.start()
    stage.write(session, *FILES[:3], "no_type_for.this", *FILES[3:6])
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == 6)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).blocked == 1)
    assert datasets(stage) == FILES[:6]
    assert "No dataset type" in stage.rows(transfer)["no_type_for.this"].trouble.reason


@entered
@pytest.mark.parametrize("kind", ["lost", "late", "down"])
async def test_a_call_that_fails_for_several_doubles_none(stage: Stage, kind: Kind) -> None:
    """Executed without an answer, later, or not at all: afterwards each file is there once."""
    session = await stage.start()
    stage.write(session, *FILES)
    stage.alyx.plan.add(Fault(kind, method="POST", path="register-file", count=3, delay_s=30.0))
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == len(FILES))
    assert datasets(stage) == FILES
    assert {row["exists"] for row in stage.records("file_record")} == {True}
    assert len(stage.records("file_record")) == len(FILES)


@entered
async def test_a_file_dismissed_while_alyx_is_asked_about_several_is_left_alone(stage: Stage) -> None:
    """The others go on; it stays dismissed."""
    session = await stage.start()
    stage.write(session, *FILES)
    stage.alyx.plan.add(Fault("slow", method="POST", path="register-file", delay_s=5.0))
    transfer = stage.upload(session)

    def waiting() -> list[str]:
        rows = stage.rows(transfer)
        return [name for name in FILES if name in rows and rows[name].intent]

    await stage.until(lambda: len(waiting()) > 2)
    given_up = waiting()[1]
    stage.house.transfers.dismiss(stage.rows(transfer)[given_up].id, "not this one")
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == len(FILES) - 1)
    assert stage.rows(transfer)[given_up].state is FileState.DISMISSED
