"""The answer of a call goes first: what it leaves to be done begins behind it."""

from __future__ import annotations

import asyncio

from cagelab_bridge.models import AlyxState
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.services.delivery.delivery import MOMENT
from cagelab_bridge.services.transfers import UploadOrder
from tests.unit.services.stage import Stage, entered


async def leave_alone(stage: Stage) -> None:
    """Until Alyx has failed so often that it is asked hardly any more."""
    stage.away()
    session = await stage.start()
    pace = stage.house.accounts.pace
    assert session.account is not None
    url = session.account.alyx_url
    await stage.until(lambda: pace.wait(url) > 60)


@entered
async def test_a_start_while_alyx_is_left_alone_is_one_commit(stage: Stage) -> None:
    """That Alyx is not asked just now, and why, stands in the commit of the start: nobody waits for the delivery to
    find it out, and the delivery has nothing to add."""
    await leave_alone(stage)
    edges: list[str] = []
    stage.edge = edges.append
    began, asked = stage.runtime.monotonic(), len(stage.alyx.calls)
    session = await stage.start()
    assert edges == ["before start", "after start"]
    assert (session.alyx, session.trouble.blocked, stage.runtime.monotonic()) == (AlyxState.PENDING, False, began)
    assert "cannot be reached" in session.trouble.reason
    await asyncio.sleep(1.0)
    assert edges == ["before start", "after start"]
    assert len(stage.alyx.calls) == asked
    assert stage.journal.sessions.get(session.id) == session


@entered
async def test_a_session_started_while_alyx_was_left_alone_is_registered_when_it_is_back(stage: Stage) -> None:
    """What was written with the start is cleared by the delivery."""
    await leave_alone(stage)
    session = await stage.start()
    stage.back()
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN)
    assert stage.journal.sessions.get(session.id).trouble.reason == ""
    assert len(stage.records("session")) == 2


@entered
async def test_an_upload_and_an_end_are_looked_at_after_their_answers(stage: Stage) -> None:
    """A moment later, and then both of them: the second call does not take the place of the first."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    transfer = stage.upload(session)
    stage.end(session, upload=UploadOrder())
    await asyncio.sleep(MOMENT / 2)
    assert not stage.journal.transfers.get(transfer).listed
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)


@entered
async def test_an_end_right_behind_a_start_is_told(stage: Stage) -> None:
    """Within the same moment, while the start is being delivered."""
    session = await stage.start()
    stage.end(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)


async def test_work_with_a_deadline_answers_before_what_it_awakens() -> None:
    """asyncio.wait_for of Python 3.11 lets those go first."""
    order: list[str] = []
    awakened = asyncio.Event()

    async def other() -> None:
        await awakened.wait()
        order.append("awakened")

    async def work() -> None:
        awakened.set()

    task = asyncio.ensure_future(other())
    await asyncio.sleep(0)
    await SystemRuntime().wait_for(work(), 10.0)
    order.append("answered")
    await task
    assert order == ["answered", "awakened"]
