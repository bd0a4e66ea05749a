"""The copy of its data that a task keeps beside the session."""

from __future__ import annotations

import asyncio
from pathlib import Path

import h5py
import pytest

from cagelab_bridge.config import load
from cagelab_bridge.errors import JournalTrouble
from cagelab_bridge.models import Run, Session, Spec
from cagelab_bridge.services.sessions import spare_copy
from cagelab_bridge.services.sessions.sessions import StartOrder
from cagelab_bridge.services.sessions.spare_copy import LATE
from tests.unit.services.stage import Stage, entered

SPARE = "/somebody/ongoingTaskRun.mat"
NAME = "2026-11-20-09-16-40_001_TestSubject.mat"
PID = 4711
PASS, FAIL = 10, 40  # as Alyx keeps them


def whole(folder: Path) -> bytes:
    with h5py.File(folder / "whole.mat", "w", userblock_size=512) as file:
        file.create_dataset("rows", data=range(1000))
    return (folder / "whole.mat").read_bytes()


async def begin(stage: Stage, setting: str = SPARE) -> Session:
    """A session of a program that runs, with the spare copy where the test wants it."""
    await stage.restart(files_spare_copy=setting)
    await stage.enter()
    stage.runtime.processes[PID] = 1
    order = StartOrder(spec=Spec(subject="TestSubject"), client_pid=PID)
    session = await stage.house.sessions.start(order)
    await asyncio.sleep(30)
    return session


async def abandoned(stage: Stage, session: Session) -> Session:
    """The same session once the bridge ended it and everything is delivered."""
    stage.runtime.processes.clear()
    for _ in range(2):
        await stage.house.abandonment.look()
        await asyncio.sleep(5)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    return stage.journal.sessions.get(session.id)


def qcs(stage: Stage) -> dict[str, int]:
    return {dataset["name"]: dataset["qc"] for dataset in stage.records("dataset")}


@entered
async def test_a_torn_file_is_joined_by_the_spare_copy(stage: Stage) -> None:
    """The torn file goes as FAIL, the copy beside it as PASS under a name Alyx has a type for; the source stays."""
    data = whole(stage.world.folder)
    session = await begin(stage)
    stage.files.write(f"{session.folder}/opticka.raw.{NAME}", data[:-9])
    stage.files.write(SPARE, data)
    ended = await abandoned(stage, session)
    copy = f"matlab.raw.ongoingTaskRun.{NAME}"
    assert qcs(stage) == {f"opticka.raw.{NAME}": FAIL, copy: PASS}
    assert f"opticka.raw.{NAME} is torn: a copy of {SPARE} was added as {copy}." in ended.end_narrative
    assert stage.files.versions[SPARE] == [data]
    assert stage.files.files[f"{session.folder}/{copy}"].data == data


@entered
async def test_the_newest_raw_file_counts(stage: Stage) -> None:
    """An older torn file beside a complete newer one needs no spare copy."""
    session = await begin(stage)
    data = whole(stage.world.folder)
    stage.files.write(f"{session.folder}/opticka.raw.a.mat", data[:-9])
    await asyncio.sleep(5)
    stage.files.write(f"{session.folder}/opticka.raw.b.mat", data)
    stage.files.write(SPARE, data)
    assert "copy" not in (await abandoned(stage, session)).end_narrative
    assert len(qcs(stage)) == 2


@entered
async def test_a_missing_file_is_replaced_by_the_spare_copy(stage: Stage) -> None:
    """Named after the session, as CageLab names its files."""
    session = await begin(stage)
    stage.files.write(f"{session.folder}/events.table.1.tsv", b"x")
    stage.files.write(SPARE, whole(stage.world.folder))
    ended = await abandoned(stage, session)
    stamp = session.start_time[:19].replace("T", "-").replace(":", "-")
    assert qcs(stage)[f"matlab.raw.ongoingTaskRun.{stamp}_001_TestSubject.mat"] == PASS
    assert "There is no opticka.raw file" in ended.end_narrative


@entered
@pytest.mark.parametrize("data", [b"", bytes(4000)])
async def test_a_file_that_was_never_written_counts_as_torn(stage: Stage, data: bytes) -> None:
    """Empty, or nothing but zeros: the task died before it wrote the first byte."""
    session = await begin(stage)
    stage.files.write(f"{session.folder}/opticka.raw.{NAME}", data)
    stage.files.write(SPARE, whole(stage.world.folder))
    await abandoned(stage, session)
    assert f"matlab.raw.ongoingTaskRun.{NAME}" in qcs(stage)


@entered
@pytest.mark.parametrize(("offset", "taken"), [(-3600.0, False), (1.0, True), (LATE - 1, True), (LATE + 1, False)])
async def test_only_a_copy_of_this_session_is_taken(stage: Stage, offset: float, taken: bool) -> None:
    """Saved between the start and two minutes after the last change in the folder."""
    session = await begin(stage)
    stage.files.write(f"{session.folder}/events.table.1.tsv", b"x")
    stage.files.write(SPARE, b"spare")
    stage.files.files[SPARE].changed += offset
    await asyncio.sleep(300)
    await abandoned(stage, session)
    assert any(name.startswith(spare_copy.PREFIX) for name in qcs(stage)) is taken


@entered
async def test_a_copy_that_the_next_session_saved_is_not_taken(stage: Stage) -> None:
    """The task was started again at once, and saves to the same place."""
    session = await begin(stage)
    stage.files.write(f"{session.folder}/events.table.1.tsv", b"x")
    await asyncio.sleep(5)
    await stage.start(subject="Algernon")
    await asyncio.sleep(5)
    stage.files.write(SPARE, b"spare of Algernon")
    await abandoned(stage, session)
    assert list(qcs(stage)) == ["events.table.1.tsv"]


@entered
async def test_a_copy_saved_in_the_microsecond_of_the_next_start_is_taken(stage: Stage) -> None:
    """Sessions begin at whole microseconds: what was saved some hundred nanoseconds later was saved before."""
    session = await begin(stage)
    stage.files.write(SPARE, b"the rows")
    left = stage.runtime.monotonic()
    stage.files.files[SPARE].changed = left + 4e-7
    stage.runtime.processes = {PID: 2}
    await stage.house.sessions.start(StartOrder(spec=Spec(subject="TestSubject"), client_pid=PID))
    ended = await abandoned(stage, session)
    assert f"a copy of {SPARE} was added" in ended.end_narrative


@entered
@pytest.mark.parametrize("setting", ["", "/somebody/else.mat"])
async def test_without_a_spare_copy_nothing_is_added(stage: Stage, setting: str) -> None:
    """The setting names it; "" turns the rule off."""
    session = await begin(stage, setting)
    stage.files.write(f"{session.folder}/events.table.1.tsv", b"x")
    stage.files.write(SPARE, b"spare")
    await abandoned(stage, session)
    assert list(qcs(stage)) == ["events.table.1.tsv"]


@entered
async def test_a_copy_that_fails_is_told_and_stops_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: the session is ended and uploaded without the copy, and the narrative says so."""
    session = await begin(stage)
    stage.files.write(f"{session.folder}/events.table.1.tsv", b"x")
    stage.files.write(SPARE, b"spare")

    def full(_source: str, _target: str) -> bool:
        raise JournalTrouble("No room.")

    monkeypatch.setattr(stage.files, "copy", full)
    ended = await abandoned(stage, session)
    assert ended.end_narrative.endswith(f"The copy {SPARE} could not be added: No room.")
    assert list(qcs(stage)) == ["events.table.1.tsv"]


@entered
async def test_a_copy_made_before_a_crash_is_used_and_dates_nothing(stage: Stage) -> None:
    """The bridge died between the copy and the commit: the next look finds the same end, and no second copy."""
    session = await begin(stage)
    stage.files.write(f"{session.folder}/events.table.1.tsv", b"x")
    await asyncio.sleep(60)
    stage.files.write(SPARE, b"spare")
    first = await stage.house.abandonment.left_by(PID, 1)
    copies = [path for path in stage.files.files if spare_copy.PREFIX in path]
    assert stage.journal.sessions.get(session.id).run is Run.OPEN
    await stage.restart()
    await stage.enter()
    ended = await abandoned(stage, session)
    assert ended.end_time == first[0].session.end_time
    assert [path for path in stage.files.files if spare_copy.PREFIX in path] == copies
    assert len(copies) == 1


def test_the_spare_copy_lies_in_the_home_folder_unless_set(tmp_path: Path) -> None:
    """CageLab's own place by default; "" for none."""
    settings = tmp_path / "bridge.toml"
    settings.touch()
    home = str(Path("~/ongoingTaskRun.mat").expanduser())
    assert load(settings, {}, {}).files_spare_copy == home
    assert load(settings, {"CAGELAB_BRIDGE_FILES_SPARE_COPY": ""}, {}).files_spare_copy == ""
