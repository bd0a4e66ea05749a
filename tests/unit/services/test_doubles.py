"""The second line against doubles: a number taken at the same moment, a second record after all."""

from __future__ import annotations

import json
from typing import Any

from cagelab_bridge.errors import Unreachable
from cagelab_bridge.models import Session
from cagelab_bridge.sandbox.alyx.messages import Request
from cagelab_bridge.sandbox.faults import Fault
from tests.unit.services.stage import Stage, entered

LATER = 1200.0  # virtual seconds; longer than the sweep waits


def post(stage: Stage, body: dict[str, Any]) -> dict[str, Any]:
    """Another program writes to Alyx."""
    core = stage.world.core
    token = core.accounts.token("researcher", "sandbox-researcher")
    headers = {"authorization": f"Token {token}", "content-type": "application/json"}
    answer = core.handle(Request("POST", "/sessions", headers, json.dumps(body).encode()))
    made: dict[str, Any] = json.loads(answer.body)
    return made


def twin(stage: Stage, session: Session, **more: Any) -> dict[str, Any]:
    """A second record with the session's marker, as a request that slept too long would leave it."""
    marks = {"cagelab": {"bridge_session": session.id}}
    body = {"subject": session.spec.subject, "start_time": session.start_time, "number": 900, "json": marks}
    return post(stage, body | more)


@entered
async def test_a_number_somebody_took_meanwhile_is_left_to_them(stage: Stage) -> None:
    """Between our look and our POST another rig took the number: the record gets the next, the folder keeps its own."""
    before = stage.alyx.core.handle
    taken: list[dict[str, Any]] = []

    def beaten(request: Request) -> Any:
        if request.method == "POST" and request.path == "/sessions" and not taken:
            body = json.loads(request.body)
            taken.append({})
            taken[0] = post(stage, {name: body[name] for name in ("subject", "number", "start_time")})
        return before(request)

    stage.alyx.core.handle = beaten  # type: ignore[method-assign]  # the rival acts just before us
    session = await stage.start()
    stage.alyx.core.handle = before  # type: ignore[method-assign]  # as it was
    assert (session.number, session.alyx_number) == (1, 2)
    numbers = sorted(row["number"] for row in stage.records("session"))
    assert numbers == [1, 2]


@entered
async def test_two_sessions_that_give_way_at_once_take_different_numbers(stage: Stage) -> None:
    """The bridge died with both answers, and both numbers were taken: each record gets a number of its own."""
    stage.alyx.plan.add(Fault("lost", method="POST", path="sessions", count=2))
    stage.alyx.plan.add(Fault("slow", method="PATCH", path="sessions", delay_s=5.0))
    unseen = stage.alyx.plan.add(Fault("down", method="GET", path="bridge_session"))
    sessions = [await stage.start(), await stage.start()]
    await stage.until(lambda: len(stage.records("session")) == 2)
    await stage.crash()
    numbers = [row["number"] for row in stage.records("session")]
    for number in numbers:
        post(stage, {"subject": "TestSubject", "number": number, "start_time": sessions[0].start_time})
    stage.alyx.plan.faults.remove(unseen)
    stage.open()
    await stage.enter()
    await stage.until(lambda: all(stage.journal.sessions.get(session.id).alyx_id for session in sessions))
    given = [stage.journal.sessions.get(session.id).alyx_number for session in sessions]
    assert sorted(row["number"] for row in stage.records("session")) == sorted([*numbers, *given])
    assert len({*numbers, *given}) == 4


@entered
async def test_a_file_attached_to_another_session_is_told(stage: Stage) -> None:
    """A session with our number that comes later and has a lower id takes our files: that is BLOCKED, never silent."""
    session = await stage.start()
    ours = next(iter(stage.records("session")))
    rival = post(stage, {"subject": "TestSubject", "start_time": session.start_time, "number": session.alyx_number})
    lower = min(str(ours["id"]), rival["id"]) == rival["id"]
    stage.write(session, "events.table.1.tsv")
    transfer = stage.upload(session)
    await stage.until(
        lambda: stage.journal.transfers.sums(transfer).done + stage.journal.transfers.sums(transfer).blocked
    )
    file = stage.rows(transfer)["events.table.1.tsv"]
    assert file.trouble.blocked == lower
    if lower:
        assert "another session" in file.trouble.reason


@entered
async def test_an_empty_second_record_is_swept_away(stage: Stage) -> None:
    """A request that slept longer than the quarantine made a second session: empty, it is removed at the end."""
    session = await started_with_a_lost_answer(stage)
    twin(stage, session)
    stage.end(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).swept, patience=LATER)
    assert [str(row["id"]) for row in stage.records("session")] == [stage.journal.sessions.get(session.id).alyx_id]


@entered
async def test_a_second_record_that_comes_last_is_swept_too(stage: Stage) -> None:
    """Ten minutes after everything is complete the bridge looks once more."""
    session = await started_with_a_lost_answer(stage)
    stage.end(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    twin(stage, session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).swept, patience=LATER)
    assert len(stage.records("session")) == 1


@entered
async def test_a_second_record_with_datasets_is_told_and_left_alone(stage: Stage) -> None:
    """Deleting a session deletes its datasets: one that has any is never removed."""
    session = await started_with_a_lost_answer(stage)
    other = twin(stage, session)
    stage.world.core.state.insert("dataset", {"id": "0" * 8, "name": "x.y.z", "session": _key(stage, other["id"])})
    stage.end(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).swept, patience=LATER)
    assert len(stage.records("session")) == 2
    assert any("twice" in warning for warning in stage.journal.sessions.get(session.id).warnings)


@entered
async def test_a_session_that_was_answered_at_once_needs_no_sweep(stage: Stage) -> None:
    """Nothing can come late: no further question is asked."""
    session = await stage.start()
    stage.end(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    assert stage.journal.sessions.get(session.id).swept
    assert not stage.alyx.asked("cagelab__bridge_session")


async def started_with_a_lost_answer(stage: Stage) -> Session:
    stage.alyx.plan.add(Fault("lost", method="POST", path="sessions", count=1))
    session = await stage.start()
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx_id)
    return stage.journal.sessions.get(session.id)


def _key(stage: Stage, alyx_id: str) -> Any:
    return next(row["id"] for row in stage.records("session") if str(row["id"]) == alyx_id)


@entered
async def test_a_closing_that_register_file_undid_is_told_again(stage: Stage) -> None:
    """Alyx 3.6.1's register-file saves the session as it read it: an end told meanwhile is lost, and told again."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    stage.store.before = _away
    transfer = stage.upload(session)
    stage.end(session, qc="WARNING", n_trials=3, narrative="the end")
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx == "CLOSED" and stage.rows(transfer))
    (record,) = stage.records("session")
    stale = {"end_time": None, "qc": 0, "n_trials": None, "narrative": ""}
    stage.world.core.state.update("session", record["id"], stale)
    stage.store.before = lambda _request: None
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    (record,) = stage.records("session")
    assert (record["qc"], record["n_trials"], record["narrative"]) == (30, 3, "the end")
    assert record["end_time"] is not None


@entered
async def test_what_people_change_after_the_end_stays(stage: Stage) -> None:
    """A QC that somebody set in Alyx while files were still on their way is not taken back."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    stage.store.before = _away
    stage.upload(session)
    stage.end(session, qc="PASS")
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx == "CLOSED")
    (record,) = stage.records("session")
    stage.world.core.state.update("session", record["id"], {"qc": 40})
    stage.store.before = lambda _request: None
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    assert stage.records("session")[0]["qc"] == 40


def _away(_request: object) -> None:
    raise Unreachable
