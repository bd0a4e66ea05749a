"""Reading any record, and writing the few kinds that callers may write."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cagelab_bridge.errors import AlreadyExists, InvalidInput, NotLoggedIn, RecordMissing, Refused, Unreachable
from cagelab_bridge.models import Submission
from cagelab_bridge.sandbox.faults import Fault
from cagelab_bridge.services.delivery.submission_delivery import LOOK
from cagelab_bridge.services.queries import LARGEST
from tests.unit.services.stage import ADMIN, Stage, entered, staged

WEIGHING = '{"subject": "TestSubject", "weight": 9.5}'


async def create(stage: Stage, path: str = "weighings", text: str = WEIGHING, request_id: str = "r1") -> Submission:
    return await stage.house.queries.create(ADMIN, request_id, path, text)


@entered
async def test_a_list_is_read_with_its_limit(stage: Stage) -> None:
    """The answer says how many records came, how many there are, and that it was cut."""
    page = await stage.house.queries.read(ADMIN, "subjects", 2)
    assert (page.is_list, page.count, page.total, page.truncated) == (True, 2, 4, True)
    whole = await stage.house.queries.read(ADMIN, "subjects", 0)
    assert (whole.count, whole.truncated, len(json.loads(whole.text))) == (4, False, 4)


@entered
@pytest.mark.parametrize(("path", "limit"), [("", 0), ("  ", 0), ("subjects", -1), ("subjects", LARGEST + 1)])
async def test_a_question_that_makes_no_sense_is_not_asked(stage: Stage, path: str, limit: int) -> None:
    """No path, a negative or a boundless limit: refused here."""
    calls = len(stage.alyx.calls)
    with pytest.raises(InvalidInput):
        await stage.house.queries.read(ADMIN, path, limit)
    assert len(stage.alyx.calls) == calls


@entered
async def test_a_record_that_is_not_there_is_said_to_be_missing(stage: Stage) -> None:
    """404 is an answer, not an outage: the next call is not held back."""
    with pytest.raises(RecordMissing):
        await stage.house.queries.read(ADMIN, "subjects/Nobody", 0)
    assert (await stage.house.queries.read(ADMIN, "subjects/TestSubject", 0)).is_list is False


@staged
async def test_without_login_a_question_says_so(stage: Stage) -> None:
    """Nothing is asked of Alyx without an account."""
    with pytest.raises(NotLoggedIn):
        await stage.house.queries.read(ADMIN, "subjects", 0)
    assert stage.alyx.calls == []


@entered
@pytest.mark.parametrize(
    "path",
    [
        "datasets/1",
        "files/1",
        "users/admin",
        "sessions",
        "auth-token",
        "sessions/../files/1",
        "sessions/%2e%2e/files/1",
    ],
)
async def test_what_the_bridge_alone_marks_is_not_changed_through_it(stage: Stage, path: str) -> None:
    """Datasets and files carry the bridge's own claims; a detour in the path is refused, too."""
    calls = len(stage.alyx.calls)
    with pytest.raises(InvalidInput):
        await stage.house.queries.change(ADMIN, path, '{"qc": "PASS"}')
    assert len(stage.alyx.calls) == calls


@entered
async def test_a_change_is_made_now(stage: Stage) -> None:
    """A PATCH of an allowed record answers the changed record, and Alyx's refusal when it is away."""
    session = await stage.start()
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx_id)
    path = f"sessions/{stage.journal.sessions.get(session.id).alyx_id}"
    record = await stage.house.queries.change(ADMIN, path, '{"narrative": "corrected"}')
    assert record["narrative"] == "corrected"
    with pytest.raises(InvalidInput, match="object"):
        await stage.house.queries.change(ADMIN, path, '["narrative"]')
    stage.away()
    with pytest.raises(Unreachable):
        await stage.house.queries.change(ADMIN, path, '{"narrative": "x"}')


@entered
async def test_only_some_kinds_of_record_are_created(stage: Stage) -> None:
    """Sessions and datasets go other ways; the hint lists what may be created."""
    for path in ("sessions", "datasets", "register-file", "weighings/"):
        with pytest.raises(InvalidInput) as caught:
            await create(stage, path)
        assert all(kind in caught.value.hint for kind in LOOK)


@entered
async def test_a_new_record_needs_a_request_id(stage: Stage) -> None:
    """Without one a repeated call could record a weighing twice."""
    with pytest.raises(InvalidInput) as caught:
        await create(stage, request_id="")
    assert caught.value.about == "request_id"
    assert stage.records("weighing") == []


@entered
async def test_a_repeated_submission_is_recorded_once(stage: Stage) -> None:
    """The same request answers the same record; other content under its id is refused."""
    first = await create(stage)
    assert first.delivered
    assert json.loads(first.answer)["weight"] == 9.5
    assert (await create(stage)).id == first.id
    with pytest.raises(AlreadyExists):
        await create(stage, text='{"subject": "TestSubject", "weight": 9.6}')
    assert len(stage.records("weighing")) == 1


@entered
async def test_a_record_that_waited_says_when_it_was_made(stage: Stage) -> None:
    """Accepted while Alyx was away, delivered later, with the time of acceptance."""
    stage.away()
    made = await create(stage)
    assert not made.delivered
    assert made.trouble.reason
    await stage.until(lambda: stage.alyx.plan.faults[0].hits > 3)
    stage.back()
    await stage.until(lambda: stage.journal.submissions.get(made.id).delivered)
    assert stage.records("weighing")[0]["date_time"].isoformat()[:19] == made.accepted_at[:19]


@entered
async def test_what_alyx_refuses_while_the_caller_waits_is_refused(stage: Stage) -> None:
    """The caller hears Alyx's sentence, now and when it repeats the call; nothing is left in the queue."""
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            await create(stage, text='{"subject": "Nobody", "weight": 9.5}')
        assert "Nobody" in caught.value.message
    assert stage.journal.submissions.due() == []
    assert stage.alyx.asked("POST /weighings") == 1


@entered
async def test_what_alyx_refuses_later_is_blocked_with_its_reason(stage: Stage) -> None:
    """Nobody waits any more: the record stays, with the sentence, until somebody acts."""
    stage.away(count=1)
    made = await create(stage, text='{"subject": "Nobody", "weight": 9.5}')
    assert not made.delivered
    await stage.until(lambda: stage.journal.submissions.get(made.id).trouble.blocked)
    assert [due.id for due in stage.journal.submissions.due()] == [made.id]
    assert "Nobody" in stage.journal.submissions.get(made.id).trouble.reason


BODIES: list[tuple[str, dict[str, Any]]] = [
    ("weighings", {"subject": "TestSubject", "weight": 9.5}),
    ("weighings", {"subject": "TestSubject", "weight": 9}),
    ("weighings", {"subject": "TestSubject", "weight": "9.5"}),
    ("weighings", {"subject": "TestSubject", "weight": 9.5, "date_time": "2026-11-20T08:00:00"}),
    ("weighings", {"subject": "TestSubject", "weight": 9.5, "date_time": "2026-11-20 08:00"}),
    ("water-administrations", {"subject": "TestSubject", "water_administered": 1.25}),
    ("water-administrations", {"subject": "TestSubject", "water_administered": "1.2", "date_time": "2026-11-20T08:00"}),
    ("dataset-types", {"name": "late.kind", "filename_pattern": "late.kind.*", "description": "x"}),
]
TABLES = {"weighings": "weighing", "water-administrations": "water_administration", "dataset-types": "dataset_type"}


@entered
@pytest.mark.parametrize(("path", "body"), BODIES)
async def test_a_lost_answer_records_nothing_twice(stage: Stage, path: str, body: dict[str, Any]) -> None:
    """After a lost answer the bridge finds its record, in whatever form the caller wrote numbers and times."""
    before = len(stage.records(TABLES[path]))
    stage.alyx.plan.add(Fault("lost", method="POST", path=path, count=1))
    made = await create(stage, path, json.dumps(body))
    await stage.until(lambda: stage.journal.submissions.get(made.id).delivered)
    assert len(stage.records(TABLES[path])) == before + 1


@entered
async def test_a_lost_answer_records_no_note_twice(stage: Stage) -> None:
    """The same for a note on a session."""
    session = await stage.start()
    body = {"object_id": session.alyx_id, "content_type": "session", "text": "thirsty", "user": "admin"}
    stage.alyx.plan.add(Fault("lost", method="POST", path="notes", count=1))
    made = await create(stage, "notes", json.dumps(body))
    await stage.until(lambda: stage.journal.submissions.get(made.id).delivered)
    assert len(stage.records("note")) == 1
