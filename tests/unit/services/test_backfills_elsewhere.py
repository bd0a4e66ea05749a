"""What was back-filled, recorded or begun elsewhere is not made twice, and people's word about it stays."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from cagelab_bridge.errors import AlreadyExists
from cagelab_bridge.models import AlyxState, Spec
from cagelab_bridge.sandbox.faults import Fault
from cagelab_bridge.services.backfill.order import Outcome, Told
from cagelab_bridge.services.delivery import session_delivery, sweep
from cagelab_bridge.services.sessions.sessions import StartOrder
from tests.unit.services.stage import ADMIN, Stage, entered
from tests.unit.services.test_backfills import DAY, FOLDER, START, delivered, record_of, sent, taken, written
from tests.unit.services.test_doubles import twin


@entered
async def test_guesses_never_replace_what_a_record_says(stage: Stage) -> None:
    """Counts and facts that another program or a person recorded stay; what the record lacks is added."""
    alyx = stage.house.accounts.connection(ADMIN)
    facts = {"task": "by hand", "cagelab": {"phase": 4}}
    made = {"subject": "TestSubject", "number": 1, "start_time": START, "end_time": f"{DAY}T10:50:00"}
    await alyx.create("sessions", made | {"n_trials": 5, "json": facts})
    written(stage)
    guess = {"task": "guessed", "version": 2, "cagelab": {"phase": 5, "source": "files"}}
    spec = Spec(subject="", json=json.dumps(guess), brain_region="VISp")
    session = await delivered(stage, await taken(stage, spec=spec, n_trials=9, n_correct_trials=4))
    record = await alyx.read(f"sessions/{session.alyx_id}")
    assert (record["n_trials"], record["n_correct_trials"], record["end_time"][11:19]) == (5, 4, "10:50:00")
    found = record["json"]
    assert (found["task"], found["version"], found["brain_region"]) == ("by hand", 2, "VISp")
    marks = found["cagelab"]
    assert (marks["phase"], marks["source"], marks["state"], marks["adopted"]) == (4, "files", "COMPLETE", True)


@entered
@pytest.mark.parametrize("others", [False, True])
async def test_what_people_said_since_outlives_a_second_back_filling(stage: Stage, tmp_path: Any, others: bool) -> None:
    """From another computer, or after the journal was lost: verdict, counts, end and facts stay as people left them."""
    alyx = stage.house.accounts.connection(ADMIN)
    if others:
        await alyx.create("sessions", {"subject": "TestSubject", "number": 1, "start_time": START})
    written(stage)
    guess: dict[str, Any] = {"spec": Spec(subject="", json='{"task": "guessed"}'), "n_trials": 9, "n_correct_trials": 7}
    first = await delivered(stage, await taken(stage, **guess))
    facts = (await alyx.read(f"sessions/{first.alyx_id}"))["json"] | {"task": "seen"}
    judged = {"qc": "FAIL", "n_trials": 4, "n_correct_trials": None, "end_time": f"{DAY}T12:00:00", "narrative": "bad"}
    await alyx.change(f"sessions/{first.alyx_id}", judged | {"json": facts})
    await stage.close()
    stage.open(state_folder=str(tmp_path / "other"))
    await stage.enter()
    session = await delivered(stage, await taken(stage, **guess))
    record = await stage.house.accounts.connection(ADMIN).read(f"sessions/{session.alyx_id}")
    assert {name: record[name] for name in judged} == judged
    assert (record["json"]["task"], record["json"]["cagelab"]["state"]) == ("seen", "COMPLETE")
    assert (session.alyx_id, len(stage.records("session"))) == (first.alyx_id, 1)


@entered
@pytest.mark.parametrize("told", [True, False])
async def test_a_copy_that_does_not_tell_its_start_is_no_second_session(stage: Stage, told: bool) -> None:
    """One of the two lost the files whose names have the time, and the first is not in Alyx yet: the same session,
    whichever came first. Another start, where both are told, is another one; so is another number."""
    copy, next_one = f"/old/TestSubject/{DAY}/001", f"/old/TestSubject/{DAY}/002"
    for folder in (FOLDER, copy, next_one):
        written(stage, folder, "events.table.a.tsv")
    starts = [START, ""] if told else ["", START]
    first = await taken(stage, start_time=starts[0])
    second = await taken(stage, copy, start_time=starts[1])
    assert second == Told(outcome=Outcome.COPY, session=first.session)
    assert (await taken(stage, next_one, start_time="")).outcome is Outcome.ACCEPTED
    await delivered(stage, first)
    assert (await taken(stage, copy, start_time=starts[1])).outcome is Outcome.COPY
    assert sent(stage) == len({str(one["number"]) for one in stage.records("session")}) == 2


@entered
async def test_a_copy_of_what_this_bridge_recorded_is_left_alone_before_alyx_knows_it(stage: Stage) -> None:
    """Its folder was copied without session.json while its own record waits: that session delivers it."""
    stage.alyx.plan.add(Fault("down", method="POST", path="/sessions"))
    own = await stage.start()
    assert own.alyx is AlyxState.PENDING
    copy = f"/old/TestSubject/{own.date}/{own.number:03d}"
    written(stage, copy)
    await asyncio.sleep(300)  # Alyx is asked again
    told = await taken(stage, copy, start_time="", end_time="")
    assert (told.outcome, told.session and told.session.id) == (Outcome.RECORDED, own.id)
    stage.back()


@entered
async def test_a_folder_that_is_started_and_back_filled_at_once_is_one_session(stage: Stage) -> None:
    """Whoever comes second is told so; nothing of it is left."""
    written(stage)
    order = StartOrder(spec=Spec(subject=""), folder=FOLDER)
    asked = stage.house.sessions._checked_names

    async def meanwhile(*given: Any) -> Any:
        assert (await taken(stage)).outcome is Outcome.ACCEPTED
        return await asked(*given)

    stage.house.sessions._checked_names = meanwhile  # type: ignore[method-assign,assignment]  # the other comes just now
    with pytest.raises(AlreadyExists, match="at the same moment") as refused:
        await stage.house.sessions.start(order)
    assert refused.value.about == "folder"
    stage.house.sessions._checked_names = asked  # type: ignore[method-assign]  # as it was
    [session] = stage.journal.sessions.recent()
    assert stage.journal.backfills.has(session.id)
    other = FOLDER.replace("001", "002")
    written(stage, other)
    started, told = await asyncio.gather(
        stage.house.sessions.start(dataclasses.replace(order, folder=other)), taken(stage, other)
    )
    assert (told.outcome, told.session and told.session.id) == (Outcome.RECORDED, started.id)


@asynccontextmanager
async def neighbour(stage: Stage, folder: Any) -> AsyncIterator[Stage]:
    """Another computer that sees the same files, Alyx and store."""
    other = Stage.__new__(Stage)
    other.__dict__.update(stage.__dict__ | {"_house": None})
    other.open(state_folder=str(folder))
    await other.enter()
    try:
        yield other
    finally:
        await other.close()


@entered
async def test_two_bridges_that_back_fill_one_share_make_one_record(stage: Stage, tmp_path: Any) -> None:
    """Both look before either has posted: once both records are there both take the same one, the other one goes, and
    every file is in Alyx once."""
    written(stage)
    async with neighbour(stage, tmp_path / "other") as other:
        told = await asyncio.gather(taken(stage), taken(other))
        await asyncio.sleep(1)
        stage.house.delivery.wake_all()  # news do not make it look too early
        posted = sorted(str(one["id"]) for one in stage.records("session"))
        assert len(posted) == 2
        sessions = [await delivered(stage, told[0]), await delivered(other, told[1])]
        await asyncio.sleep(2 * sweep.LATE)
        sessions = [stage.journal.sessions.get(sessions[0].id), other.journal.sessions.get(sessions[1].id)]
        assert [one.alyx_id for one in sessions] == [posted[0]] * 2
        assert [one.warnings for one in sessions] == [one.warnings for one in (told[0].session, told[1].session) if one]
        [record] = stage.records("session")
        assert (str(record["id"]), record["number"]) == (posted[0], 1)
        assert len(stage.records("dataset")) == 2
        assert all(one.swept for one in sessions)


@entered
@pytest.mark.parametrize(("ours", "theirs"), [(True, False), (False, True), (True, True), (False, False)])
async def test_a_second_record_of_an_old_session_is_judged_late(stage: Stage, ours: bool, theirs: bool) -> None:
    """It came after all settled, from a bridge that may be about to fill it: at the end it is removed where it is empty
    and not the first of two empty ones, and told where it has datasets."""
    written(stage, FOLDER, "events.table.a.tsv" if ours else ".hidden")
    told = await taken(stage)
    assert told.session is not None
    identity = told.session.id
    await stage.until(lambda: stage.journal.sessions.get(identity).alyx_id)
    second = twin(stage, told.session, start_time=f"{DAY}T08:00:00")
    if theirs:
        key = next(row["id"] for row in stage.records("session") if str(row["id"]) == second["id"])
        stage.world.core.state.insert("dataset", {"id": "0" * 8, "name": "x.y.z", "session": key})
    session = await delivered(stage, told)
    assert len(stage.records("session")) == 2
    await stage.until(lambda: stage.journal.sessions.get(session.id).swept)
    assert len(stage.records("session")) == (1 if ours and not theirs else 2)
    assert record_of(stage, session)["n_trials"] is None  # ours is there
    said = [one for one in stage.journal.sessions.get(session.id).warnings if "twice" in one]
    assert [second["id"] in one for one in said] == [True] * theirs


@entered
async def test_of_several_records_the_one_with_datasets_is_taken(stage: Stage, tmp_path: Any) -> None:
    """A bridge that lost its journal finds two of one old session: files are where they were, whichever came first."""
    written(stage)
    first = await delivered(stage, await taken(stage))
    twin(stage, first, start_time=f"{DAY}T08:00:00")
    await stage.close()
    stage.open(state_folder=str(tmp_path / "other"))
    await stage.enter()
    session = await delivered(stage, await taken(stage))
    assert (session.alyx_id, len(stage.records("session"))) == (first.alyx_id, 1)
    assert len(stage.records("dataset")) == 2


@entered
async def test_old_sessions_of_one_day_do_not_wait_for_each_other(stage: Stage) -> None:
    """One whose record was just made, and waits for another bridge's, keeps no other number from Alyx."""
    folders = [FOLDER.replace("001", f"{number:03d}") for number in range(1, 7)]
    for folder in folders:
        written(stage, folder, "events.table.a.tsv")
    began = stage.runtime.monotonic()
    for told in [await taken(stage, folder) for folder in folders]:
        await delivered(stage, told)
    assert stage.runtime.monotonic() - began < 3 * session_delivery.SETTLING
