"""Alyx is asked, and told, no more often than it takes: its answers are what sessions wait for."""

from __future__ import annotations

import asyncio

import pytest

from cagelab_bridge.models import AlyxState
from cagelab_bridge.sandbox.alyx.catalogue import QC
from cagelab_bridge.sandbox.faults import Fault
from cagelab_bridge.services.delivery.day_numbers import FRESH
from cagelab_bridge.services.delivery.session_delivery import MOMENT
from cagelab_bridge.services.transfers import UploadOrder
from tests.unit.services.stage import Stage, entered


@entered
async def test_a_session_whose_files_come_at_once_is_closed_with_one_word(stage: Stage) -> None:
    """The end, its QC and that it is complete: read once, changed once."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv", "mock.table.2.npy")
    before = len(stage.alyx.calls)
    stage.end(session, upload=UploadOrder(), qc="PASS")
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    about = [call.partition(" ")[0] for call in stage.alyx.calls[before:] if "/sessions/" in call]
    assert about == ["GET", "PATCH"]
    (record,) = stage.records("session")
    assert (dict(QC)[record["qc"]], record["end_time"] is not None) == ("PASS", True)
    assert record["json"]["cagelab"]["state"] == "COMPLETE"


@entered
async def test_an_end_is_told_while_files_are_still_under_way(stage: Stage) -> None:
    """After a moment, and for good: whoever looks at Alyx does not wait for the files of a long session."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    stage.alyx.plan.add(Fault("down", path="register-file"))
    stage.end(session, upload=UploadOrder())
    began = stage.runtime.monotonic()
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.CLOSED)
    assert MOMENT <= stage.runtime.monotonic() - began <= MOMENT + 1.0
    (record,) = stage.records("session")
    assert (record["end_time"] is not None, record["json"]["cagelab"]["state"]) == (True, "ENDED")
    stage.back()
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)


@entered
async def test_a_session_without_files_is_closed_at_once(stage: Stage) -> None:
    """There is nothing to wait for."""
    session = await stage.start()
    stage.end(session)
    began = stage.runtime.monotonic()
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    assert stage.runtime.monotonic() - began < MOMENT


@entered
async def test_a_start_asks_for_the_days_numbers_once_before_and_once_behind(stage: Stage) -> None:
    """For the folder, and whether somebody took the same number meanwhile."""
    before = len(stage.alyx.calls)
    await stage.start()
    about = [call.partition("?")[0] for call in stage.alyx.calls[before:] if "/sessions" in call]
    assert about == ["GET /sessions", "POST /sessions", "GET /sessions"]


@entered
async def test_a_number_that_was_taken_within_the_moment_is_given_up(stage: Stage) -> None:
    """Another rig that asked at the same time: the look behind the POST finds it."""
    alyx = stage.house.accounts.connection(stage.house.accounts.pick())
    days = stage.house.sessions._folders._days
    await days.ask(alyx, "TestSubject", stage.runtime.now().date().isoformat())
    body = {"subject": "TestSubject", "number": 1, "start_time": f"{stage.runtime.now():%Y-%m-%dT%H:%M:%S}"}
    stage.alyx.plan.add(Fault("down", path="date_range", count=1))  # the folder gets its number unasked
    await alyx.create("sessions", body)
    session = await stage.start()
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN)
    assert sorted(row["number"] for row in stage.records("session")) == [1, 2]
    assert stage.journal.sessions.get(session.id).alyx_number == 2


@pytest.mark.parametrize(("pause", "asked"), [(0.0, 1), (2 * FRESH, 2)])
def test_an_answer_counts_for_a_moment(pause: float, asked: int) -> None:
    """What was told longer ago is asked anew."""

    async def story(stage: Stage) -> None:
        alyx = stage.house.accounts.connection(stage.house.accounts.pick())
        days = stage.house.sessions._folders._days
        before = stage.alyx.asked("date_range")
        await days.ask(alyx, "TestSubject", "2026-11-20")
        await asyncio.sleep(pause)
        await days.a_moment_ago(alyx, "TestSubject", "2026-11-20")
        assert stage.alyx.asked("date_range") - before == asked

    entered(story)()
