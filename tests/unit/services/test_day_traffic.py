"""Last words and register-files of one subject's day."""

from __future__ import annotations

import asyncio
import dataclasses

from cagelab_bridge.models import AlyxState, Run, Session, Spec
from cagelab_bridge.sandbox.faults import Fault
from cagelab_bridge.services.delivery.day_traffic import DayTraffic
from cagelab_bridge.services.transfers import UploadOrder
from tests.simulation.world import QUARANTINE
from tests.unit.services.stage import Stage, entered

FIRST = Session(
    id="1",
    spec=Spec(subject="Sub01"),
    account=None,
    date="2026-11-20",
    number=1,
    folder="/data/1",
    run=Run.ENDED,
    alyx=AlyxState.CLOSED,
    accepted_at="",
)
SECOND = dataclasses.replace(FIRST, id="2", number=2)
OTHER = dataclasses.replace(FIRST, id="3", spec=Spec(subject="Sub02"))


async def said(days: DayTraffic, session: Session, told: list[str]) -> None:
    async with days.alone(session):
        told.append(f"word {session.id}")
        await asyncio.sleep(0)
        told.append(f"end {session.id}")


async def test_a_last_word_waits_for_the_files_of_its_day() -> None:
    """Those of the subject's other sessions of the day too; another subject's do not matter."""
    days, told = DayTraffic(), list[str]()
    async with days.registering(SECOND):
        word = asyncio.ensure_future(said(days, FIRST, told))
        await said(days, OTHER, told)
        await asyncio.sleep(0)
        told.append("file")
    await word
    assert told == ["word 3", "end 3", "file", "word 1", "end 1"]


async def test_files_wait_for_a_last_word_and_do_not_push_in() -> None:
    """A day with many files does not keep a session from being complete."""
    days, told = DayTraffic(), list[str]()

    async def registered(name: str) -> None:
        async with days.registering(SECOND):
            told.append(name)

    async with days.registering(SECOND):
        word = asyncio.ensure_future(said(days, FIRST, told))
        await asyncio.sleep(0)
        late = asyncio.ensure_future(registered("late file"))
        await asyncio.sleep(0)
    await asyncio.gather(word, late)
    assert told == ["word 1", "end 1", "late file"]


@entered
async def test_no_session_is_complete_while_a_lost_register_file_may_undo_it(stage: Stage) -> None:
    """Not even when the file it was for is given up: Alyx may execute it until the quarantine is over."""
    session = await stage.start()
    stage.write(session, "opticka.raw.1.mat")
    stage.alyx.plan.add(Fault("lost", method="POST", path="register-file", count=1))
    stage.alyx.plan.add(Fault("down", path="datasets", skip=1))  # nor can be seen whether it was executed
    _, transfer = stage.end(session, upload=UploadOrder())
    await stage.until(lambda: stage.alyx.asked("register-file"))
    stage.house.transfers.dismiss(stage.rows(transfer)["opticka.raw.1.mat"].id, "not ours")
    began = stage.runtime.monotonic()
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    assert stage.runtime.monotonic() - began > QUARANTINE / 2
