"""Files whose writer died: stored and verified, and never called good."""

from __future__ import annotations

import asyncio
from pathlib import Path

import h5py

from cagelab_bridge.models import AlyxState, FileState
from cagelab_bridge.services.transfers import UploadOrder
from tests.unit.services.stage import Stage, entered

RAW = "opticka.raw.2026-11-20-09-16-40_001_TestSubject.mat"
PASS, FAIL = 10, 40  # as Alyx keeps them


def finished(folder: Path) -> bytes:
    """A small v7.3 MAT file as far as the bridge looks at it."""
    with h5py.File(folder / "whole.mat", "w", userblock_size=512) as file:
        file.create_dataset("rows", data=range(1000))
    return (folder / "whole.mat").read_bytes()


async def delivered(stage: Stage, transfer: str) -> None:
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == 1)


@entered
async def test_a_torn_file_is_stored_verified_and_called_fail(stage: Stage) -> None:
    """Alyx says FAIL and cagelab.partial, the transfer says partial, and the bytes are in the store as they are."""
    data = finished(stage.world.folder)[:-7]
    session = await stage.start()
    stage.write(session, RAW, data=data)
    transfer = stage.end(session, upload=UploadOrder())[1]
    await delivered(stage, transfer)
    file = stage.rows(transfer)[RAW]
    assert (file.state, file.partial, bool(file.verified_by)) == (FileState.DONE, True, True)
    dataset = stage.records("dataset")[0]
    assert (dataset["qc"], dataset["json"]["cagelab"]["partial"], dataset["hash"]) == (FAIL, True, file.md5)
    assert [entry["exists"] for entry in stage.records("file_record")] == [True]
    assert [thing.data for thing in stage.store.objects.values()] == [data]


@entered
async def test_a_complete_file_is_pass_and_says_nothing_of_it(stage: Stage) -> None:
    """The rule of torn files touches no other."""
    session = await stage.start()
    stage.write(session, RAW, data=finished(stage.world.folder))
    transfer = stage.end(session, upload=UploadOrder())[1]
    await delivered(stage, transfer)
    assert not stage.rows(transfer)[RAW].partial
    dataset = stage.records("dataset")[0]
    assert (dataset["qc"], "partial" in dataset["json"]["cagelab"]) == (PASS, False)


@entered
async def test_an_unfinished_file_of_an_open_session_is_waited_for(stage: Stage) -> None:
    """While the session runs its program may still be writing; once it has closed the file, it goes as PASS."""
    whole = finished(stage.world.folder)
    session = await stage.start()
    stage.write(session, RAW, data=whole[:-7])
    transfer = stage.upload(session)
    await asyncio.sleep(600)
    file = stage.rows(transfer)[RAW]
    assert (file.state, file.trouble.blocked) == (FileState.ACCEPTED, False)
    assert "not finished" in file.trouble.reason
    stage.write(session, RAW, data=whole)
    await delivered(stage, transfer)
    assert stage.records("dataset")[0]["qc"] == PASS


@entered
async def test_an_unfinished_file_goes_as_it_is_once_its_session_is_over(stage: Stage) -> None:
    """Nobody will finish it after the end: it is not waited for any longer."""
    session = await stage.start()
    stage.write(session, RAW, data=finished(stage.world.folder)[:-7])
    transfer = stage.upload(session)
    await asyncio.sleep(600)
    stage.end(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == 1, patience=60)
    assert stage.rows(transfer)[RAW].partial


@entered
async def test_the_whole_file_follows_a_torn_one_as_a_revision(stage: Stage) -> None:
    """What was stored as FAIL stays what it is; the file that came later is PASS beside it."""
    whole = finished(stage.world.folder)
    session = await stage.start()
    stage.write(session, RAW, data=whole[:-7])
    await delivered(stage, stage.end(session, upload=UploadOrder())[1])
    stage.write(session, RAW, data=whole)
    await delivered(stage, stage.upload(session))
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.CLOSED)
    assert sorted(dataset["qc"] for dataset in stage.records("dataset")) == [PASS, FAIL]
