"""What happens while a file is looked at or deleted, and clocks that are wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from cagelab_bridge.alyx.wire import Asked, Raw
from cagelab_bridge.errors import FileUnreadable, Unreachable
from cagelab_bridge.ports import FileStat
from cagelab_bridge.services.reclaiming.standing import Stand, Standing
from cagelab_bridge.store.transport import Answer, Request
from tests.simulation.computer import BEGIN
from tests.unit.services.reclaiming import EVENTS, RAW, deleted, is_here, listed, recorded, stands
from tests.unit.services.stage import Stage, entered


@entered
async def test_a_slow_look_undoes_no_deletion(stage: Stage) -> None:
    """What was deleted while the store was asked stays called so, with its time; an order does not wait for a list."""
    session = await recorded(stage)
    await listed(stage, session)
    orders: list[asyncio.Task[dict[str, Standing]]] = []
    send = stage.alyx.send

    async def slow(asked: Asked) -> Raw:
        answer = await send(asked)
        if not orders:
            orders.append(asyncio.ensure_future(deleted(stage, session, EVENTS)))
            await orders[0]
        return answer

    stage.alyx.send = slow  # type: ignore[method-assign]  # somebody else deletes just now
    told = (await listed(stage, session))[EVENTS]
    gone = (await orders[0])[EVENTS]
    assert (gone.stand, told.stand) == (Stand.RECLAIMED, Stand.STAYS)
    assert ("meanwhile" in told.reason, bool(told.hint)) == (True, True)
    assert stage.journal.reclaims.find(told.file.id) == gone.reclaim
    assert (await stands(stage, session))[EVENTS] is Stand.RECLAIMED


@entered
async def test_a_look_into_a_deletion_is_told_so(stage: Stage) -> None:
    """No error of the bridge's own: the file's deletion began while it was looked at."""
    session = await recorded(stage)
    row = (await listed(stage, session))[EVENTS].reclaim
    assert row is not None
    marked, send = replace(row, deleted_at="2026-12-22T00:00:00Z"), stage.alyx.send

    async def slow(asked: Asked) -> Raw:
        if not stage.journal.reclaims.unsettled():
            stage.journal.reclaims.deleting(marked)
        return await send(asked)

    stage.alyx.send = slow  # type: ignore[method-assign]  # a deletion of this test's own
    told = (await listed(stage, session))[EVENTS]
    assert (told.stand, "meanwhile" in told.reason) == (Stand.STAYS, True)
    [left] = stage.journal.reclaims.unsettled()
    assert left.deleted_at == marked.deleted_at


@entered
async def test_what_was_deleted_is_said_though_the_next_file_cannot_be_looked_at(stage: Stage) -> None:
    """The network fails in between: the answer has the first file, and the next call tells of the network."""
    session = await recorded(stage)

    def cut(_request: Request) -> None:
        if not is_here(stage, session):
            raise Unreachable("The store cannot be reached.")

    stage.store.before = cut
    told = await deleted(stage, session, EVENTS, RAW)
    assert {path: one.stand for path, one in told.items()} == {EVENTS: Stand.RECLAIMED}
    with pytest.raises(Unreachable):
        await deleted(stage, session, RAW)
    assert is_here(stage, session, RAW)


@entered
async def test_a_file_that_is_gone_is_never_said_to_stay(stage: Stage) -> None:
    """Its folder cannot be forced to the disk afterwards: answer, journal and list say that it is gone all the same."""
    session = await recorded(stage)
    remove = stage.files.remove

    def fail(path: str, stat: FileStat) -> None:
        remove(path, stat)
        raise FileUnreadable(f"{path} cannot be read: Input/output error.")

    stage.files.remove = fail  # type: ignore[method-assign]  # a disk of this test's own
    told = (await deleted(stage, session, EVENTS))[EVENTS]
    assert (told.stand, told.reason, is_here(stage, session)) == (Stand.RECLAIMED, "", False)
    assert stage.journal.reclaims.find(told.file.id) == told.reclaim
    assert (await stands(stage, session))[EVENTS] is Stand.RECLAIMED


def dated_alyx(stage: Stage, ahead: timedelta) -> None:
    """Alyx's answers say what time it is there; the bridge's clock jumps."""
    send = stage.alyx.send

    async def dated(asked: Asked) -> Raw:
        answer = await send(asked)
        return answer._replace(headers={**answer.headers, "date": date_of(stage)})

    stage.alyx.send = dated  # type: ignore[method-assign]  # a clock of this test's own
    jump(stage, ahead)


def dated_store(stage: Stage, ahead: timedelta) -> None:
    """The store's do."""
    send = stage.store.send

    def dated(request: Request) -> Answer:
        answer = send(request)
        return replace(answer, headers={**answer.headers, "date": date_of(stage)})

    stage.store.send = dated  # type: ignore[method-assign]  # a clock of this test's own
    jump(stage, ahead)


def jump(stage: Stage, ahead: timedelta) -> None:
    true = stage.runtime.now
    stage.runtime.now = lambda: true() + ahead  # type: ignore[method-assign]  # a clock of this test's own


def date_of(stage: Stage) -> str:
    moment = BEGIN + timedelta(seconds=stage.runtime.monotonic())
    return format_datetime(moment, usegmt=True)


@entered
@pytest.mark.parametrize("plant", [dated_alyx, dated_store])
async def test_a_clock_that_jumped_ages_no_file(stage: Stage, plant: Callable[[Stage, timedelta], None]) -> None:
    """A file ten seconds old is held, though this computer's clock says forty days: the servers know better."""
    session = await recorded(stage, wait=10)
    assert (await stands(stage, session))[EVENTS] is Stand.STAYS
    plant(stage, timedelta(days=40))
    for told in ((await listed(stage, session))[EVENTS], (await deleted(stage, session, EVENTS))[EVENTS]):
        assert (told.stand, told.reclaim) == (Stand.STAYS, None)
        assert "clock differs" in told.reason
        assert "NTP" in told.hint
    assert is_here(stage, session)


@entered
@pytest.mark.parametrize("plant", [dated_alyx, dated_store])
async def test_clocks_that_agree_as_clocks_do_keep_nothing_back(
    stage: Stage, plant: Callable[[Stage, timedelta], None]
) -> None:
    """Some minutes are no reason."""
    session = await recorded(stage)
    plant(stage, timedelta(seconds=200))
    assert (await deleted(stage, session, EVENTS))[EVENTS].stand is Stand.RECLAIMED
