"""Status and Watch: what the GUI sees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, status_pb2, transfer_pb2
from cagelab_bridge.api.convert import transfer_state
from cagelab_bridge.api.watching import Watching
from cagelab_bridge.errors import Gravity, NotFound
from cagelab_bridge.models import Sums, Transfer, Trouble
from cagelab_bridge.services import health
from cagelab_bridge.services.health import Health
from tests.simulation.world import ALYX
from tests.unit.services.stage import Stage, entered, staged


async def some(messages: AsyncIterator[status_pb2.WatchResponse], count: int) -> list[status_pb2.WatchResponse]:
    return [await anext(messages) for _ in range(count)]


def told(message: status_pb2.WatchResponse) -> tuple[str, str]:
    kind = message.WhichOneof("event") or ""
    return kind, message.session.session_id if kind == "session" else message.transfer.transfer_id


@entered
async def test_a_watcher_first_gets_everything_unfinished(stage: Stage) -> None:
    """Oldest first, sessions and transfers; what is finished is not told."""
    done = await stage.start()
    stage.end(done)
    await stage.until(lambda: stage.journal.sessions.get(done.id).completed)
    first, second = await stage.start(), await stage.start()
    transfer = stage.upload(first, "missing.mat")
    messages = Watching(stage.journal, "").messages()
    assert [told(message) for message in await some(messages, 3)] == [
        ("session", first.id),
        ("session", second.id),
        ("transfer", transfer),
    ]


@entered
async def test_a_slow_watcher_gets_the_newest_state_and_no_backlog(stage: Stage) -> None:
    """Many changes of one session while the reader was busy are one message: the last state."""
    session = await stage.start()
    messages = Watching(stage.journal, session.id).messages()
    assert (await anext(messages)).session.reason == ""
    for number in range(50):
        stage.journal.sessions.trouble(session.id, Trouble(reason=f"try {number}"))
    assert (await anext(messages)).session.reason == "try 49"
    waiting = asyncio.ensure_future(anext(messages))
    await asyncio.sleep(60)
    assert not waiting.done()
    waiting.cancel()


@entered
async def test_a_watcher_of_one_session_hears_of_no_other(stage: Stage) -> None:
    """Neither of other sessions nor of their transfers."""
    ours, other = await stage.start(), await stage.start()
    messages = Watching(stage.journal, ours.id).messages()
    assert told(await anext(messages)) == ("session", ours.id)
    stage.upload(other, "x.mat")
    stage.end(other)
    transfer = stage.upload(ours, "x.mat")
    assert told(await anext(messages)) == ("transfer", transfer)


@entered
async def test_a_watcher_that_leaves_is_forgotten(stage: Stage) -> None:
    """Its listener goes with it; an unknown session is refused at once."""
    messages = Watching(stage.journal, "").messages()
    await stage.start()
    await anext(messages)
    before = len(stage.journal._database.listeners)
    await messages.aclose()  # type: ignore[attr-defined]  # an async generator
    assert len(stage.journal._database.listeners) == before - 1
    with pytest.raises(NotFound):
        await anext(Watching(stage.journal, "nobody").messages())


@entered
async def test_a_watcher_hears_that_blocked_files_are_tried_again(stage: Stage) -> None:
    """After RetryTransfer of everything the GUI must not go on showing them as blocked."""
    session = await stage.start()
    stage.write(session, "holiday.jpg")
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).blocked)
    await stage.house.delivery.stop()
    messages = Watching(stage.journal, "").messages()
    await some(messages, 2)
    stage.house.transfers.retry("")
    message = await asyncio.wait_for(anext(messages), 60)
    assert message.transfer.files_blocked == 0


TRANSFER = Transfer(id="t", session_id="s", paths=(), repository="", accepted_at="", listed=True)
STATES = [
    (TRANSFER, Sums(total=2, done=1), transfer_pb2.TRANSFER_STATE_ACTIVE),
    (TRANSFER, Sums(total=2, done=1, dismissed=1), transfer_pb2.TRANSFER_STATE_DONE),
    (TRANSFER, Sums(), transfer_pb2.TRANSFER_STATE_DONE),
    (TRANSFER, Sums(total=2, done=1, blocked=1), transfer_pb2.TRANSFER_STATE_BLOCKED),
    (TRANSFER, Sums(total=3, done=1, blocked=1), transfer_pb2.TRANSFER_STATE_ACTIVE),
]


@pytest.mark.parametrize(("transfer", "sums", "state"), STATES)
def test_a_transfers_state_follows_from_its_files(transfer: Transfer, sums: Sums, state: int) -> None:
    """BLOCKED only when nothing else can move."""
    assert transfer_state(transfer, sums) == state


def look(stage: Stage) -> Health:
    return health.look(stage.journal, stage.house.accounts, stage.house.credentials, stage.house.clock)


@staged
async def test_a_bridge_that_knows_nobody_says_how_to_log_in(stage: Stage) -> None:
    """The first notice of a fresh installation is a command."""
    assert [(notice.field, "cagelab-bridge login" in notice.hint) for notice in look(stage).notices] == [
        ("login", True)
    ]


@entered
async def test_all_is_well_without_notices(stage: Stage) -> None:
    """A notice means that somebody should look."""
    await stage.start()
    found = look(stage)
    assert found.notices == []
    assert found.sessions == {"open": 1, "pending": 0, "blocked": 0}


@entered
async def test_a_lost_login_and_a_server_in_trouble_are_noticed(stage: Stage) -> None:
    """With the account or the endpoint, and what to do."""
    stage.away()
    await stage.house.choices.read_or_known(stage.house.accounts.pick(), "labs")
    assert [(notice.field, ALYX in notice.value) for notice in look(stage).notices] == [("alyx", True)]
    await stage.restart()
    assert [(notice.field, ALYX in notice.value) for notice in look(stage).notices] == [("login", True)]


@entered
async def test_blocked_work_is_an_error_with_its_count(stage: Stage) -> None:
    """The only notices that are errors: they wait for a person."""
    session = await stage.start()
    stage.write(session, "one.jpg", "two.jpg")
    stage.upload(session)
    await stage.until(lambda: stage.journal.files.counts()["blocked"] == 2)
    notices = [notice for notice in look(stage).notices if notice.field == "blocked"]
    assert [(notice.value, "retry" in notice.hint) for notice in notices] == [("2", True)]
    assert all(notice.gravity is Gravity.ERROR for notice in notices)
    told = [notice for notice in look(stage).notices if notice.field == "file"]
    assert [("jpg" in notice.message, "for 0 s" in notice.message, bool(notice.hint)) for notice in told] == [
        (True, True, True)
    ] * 2
    assert look(stage).files["oldest"]


@entered
async def test_a_session_message_says_where_it_stands(stage: Stage) -> None:
    """Run and Alyx states by name, absent trial counts absent."""
    session = await stage.start()
    message = (await anext(Watching(stage.journal, session.id).messages())).session
    assert message.run == session_pb2.RUN_STATE_OPEN
    assert message.alyx == session_pb2.ALYX_STATE_OPEN
    assert not message.HasField("n_trials")
