"""Files that are registered in one call: each has one dataset, and its own mistakes."""

from __future__ import annotations

import asyncio

import pytest

from cagelab_bridge.models import FileState
from cagelab_bridge.sandbox.faults import Fault, Kind
from tests.unit.services.stage import ADMIN, Stage, entered

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


@entered
async def test_a_dataset_whose_place_cannot_be_told_is_not_asked_for_without_end(stage: Stage) -> None:
    """Alyx holds the content already, and the repository's address is no address: the file waits, and says why."""
    session = await stage.start()
    stage.write(session, FILES[0])
    first = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(first).done == 1)
    for record in stage.house.choices.known(ADMIN, "repositories").records.values():
        record["data_url"] = "http://127.0.0.1:9000/without-an-end"
    again = stage.upload(session)
    async with asyncio.timeout(60):
        await stage.until(lambda: FILES[0] in stage.rows(again) and stage.rows(again)[FILES[0]].trouble.reason)
    assert stage.rows(again)[FILES[0]].trouble.hint


@entered
async def test_a_transfer_cancelled_at_the_gate_blocks_no_other(stage: Stage) -> None:
    """Files of two transfers wait together until another session of the day has had its last word."""
    session, sibling = await stage.start(), await stage.start()
    stage.write(sibling, FILES[9])
    told = stage.upload(sibling)
    await stage.until(lambda: stage.journal.transfers.sums(told).done == 1)
    stage.alyx.plan.add(Fault("slow", method="POST", path="register-file", delay_s=5.0, count=1))
    stage.alyx.plan.add(Fault("slow", method="PATCH", path="sessions", delay_s=20.0))
    stage.write(session, *FILES[:6])
    wanted, unwanted = stage.upload(session, *FILES[:4]), stage.upload(session, *FILES[4:6])
    await asyncio.sleep(2.5)
    stage.end(sibling)  # its last word comes between the first file and the others
    await asyncio.sleep(12.0)
    stage.house.transfers.cancel(unwanted, "no")
    await stage.until(lambda: stage.journal.transfers.sums(wanted).done == 4)
    assert {*FILES[:4], FILES[9]} <= set(datasets(stage))
