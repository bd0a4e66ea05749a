"""Sessions that began earlier, and sessions that another program made in Alyx already."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import pytest

from cagelab_bridge.errors import InvalidInput, RecordMissing, Unreachable, WrongState
from cagelab_bridge.models import AlyxState, Run, Session, Spec
from cagelab_bridge.sandbox.faults import Fault
from cagelab_bridge.services.sessions.sessions import StartOrder
from tests.simulation.world import QUARANTINE
from tests.unit.services.stage import Stage, entered
from tests.unit.services.test_doubles import post

DAY = "2026-03-02"
FOLDER = f"/data/CogLab/subjects/TestSubject/{DAY}/004"
BEGAN = f"{DAY}T10:20:30"
NONE = "00000000-0000-4000-8000-000000000000"


def made(stage: Stage, **more: Any) -> dict[str, Any]:
    """What opticka recorded, without a bridge: json is text."""
    body = {"subject": "TestSubject", "number": 4, "start_time": BEGAN, "users": ["researcher"]}
    return post(stage, body | {"json": '{"stage": 3}'} | more)


async def started(stage: Stage, folder: str = FOLDER, **order: Any) -> Session:
    """StartSession for a folder that is there."""
    stage.files.make_folder(folder)
    return await stage.house.sessions.start(StartOrder(spec=Spec(subject=""), folder=folder, **order))


async def completed(stage: Stage, session: Session, **end: Any) -> dict[str, Any]:
    """The record, once the session has a file and ended."""
    stage.write(session, "opticka.raw.x.mat")
    stage.upload(session)
    stage.end(session, **end)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    return await answer(stage, stage.journal.sessions.get(session.id).alyx_id)


async def answer(stage: Stage, alyx_id: str) -> dict[str, Any]:
    """The record as Alyx tells it."""
    alyx = stage.house.accounts.connection(stage.house.accounts.pick())
    return await alyx.read(f"sessions/{alyx_id}")


@entered
async def test_a_session_that_began_earlier_has_that_start(stage: Stage) -> None:
    """Record and journal have the start that was told, to the second, not the time of the call."""
    session = await started(stage, start_time=BEGAN)
    assert session.start_time == f"{BEGAN}.000000"
    assert (await answer(stage, session.alyx_id))["start_time"] == BEGAN


@entered
async def test_without_a_folder_the_day_of_the_start_is_reserved(stage: Stage) -> None:
    """The folder that is made has the date on which it began, and that day's number."""
    made(stage, number=1)
    order = StartOrder(spec=Spec(subject="TestSubject"), start_time=BEGAN)
    session = await stage.house.sessions.start(order)
    assert (session.date, session.number, session.folder) == (DAY, 2, f"/data/CogLab/Subjects/TestSubject/{DAY}/002")
    assert stage.files.is_folder(session.folder)


@entered
@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("2026-11-20T09:20:00", "lies in the future"),
        ("2026-03-03T10:20:30", "not on the day of the folder"),
        ("2026-03-02 10:20:30", "is no time"),
        ("2026-03-02T10:20:30Z", "is no time"),
        ("2026-03-02T25:00:00", "is no time"),
    ],
)
async def test_a_start_that_cannot_be_is_refused_and_nothing_is_made(stage: Stage, start: str, said: str) -> None:
    """The future, another day than the folder's, an offset, no time: the error says which, and no session is left."""
    with pytest.raises(InvalidInput, match=said):
        await started(stage, start_time=start)
    assert stage.journal.sessions.recent() == []
    assert stage.records("session") == []


@entered
async def test_a_clock_that_is_a_little_ahead_is_forgiven(stage: Stage) -> None:
    """The program that tells the start may run on the computer beside this one."""
    now = stage.house.sessions._clock.naive()
    session = await stage.house.sessions.start(
        StartOrder(spec=Spec(subject="TestSubject"), start_time=f"{now[:17]}59.999999")
    )
    assert session.run is Run.OPEN


@entered
@pytest.mark.parametrize("order", [{"start_time": f"{DAY}T10:17:00"}, {}, {"alyx_id": "the record's"}])
async def test_a_session_of_another_program_is_completed_not_doubled(stage: Stage, order: dict[str, str]) -> None:
    """Same subject, day and number (and about the same start, where one was told), or its id: one record, with our
    marker, its files, and all that stood in it."""
    record = made(stage, end_time=f"{DAY}T11:00:00", qc="FAIL", narrative="As it was.")
    alyx_id = {"alyx_id": record["id"]} if "alyx_id" in order else {}
    session = await started(stage, **(order | alyx_id))
    assert (session.alyx, session.alyx_id, session.alyx_number) == (AlyxState.OPEN, record["id"], 4)
    row = await completed(stage, session, narrative="Uploaded later.", n_trials=12)
    assert len(stage.records("session")) == 1
    told = (row["start_time"][:19], row["end_time"][:19], row["narrative"], row["n_trials"])
    assert told == (BEGAN, f"{DAY}T11:00:00", "As it was.\nUploaded later.", 12)
    assert row["qc"] == "FAIL"
    facts = row["json"]
    assert facts["stage"] == 3
    assert "rig" not in facts
    assert (facts["cagelab"]["bridge_session"], facts["cagelab"]["adopted"]) == (session.id, True)
    assert facts["cagelab"]["state"] == "COMPLETE"
    assert [one["name"] for one in stage.records("dataset")] == ["opticka.raw.x.mat"]


@entered
async def test_a_qc_that_is_told_replaces_that_of_another_program(stage: Stage) -> None:
    """What the caller says at the end counts; what it leaves out stays; an end that was missing is added."""
    made(stage, qc="FAIL")
    session = await started(stage, start_time=BEGAN)
    assert (await answer(stage, session.alyx_id))["qc"] == "FAIL"
    record = await completed(stage, session, qc="PASS")
    assert (record["qc"], bool(record["end_time"])) == ("PASS", True)


@entered
@pytest.mark.parametrize("start", [f"{DAY}T12:00:00", f"{DAY}T10:00:00"])
async def test_a_number_that_another_rig_used_is_left_to_it(stage: Stage, start: str) -> None:
    """The same number at another time of the day is another session: that one stays, ours gets the next number."""
    other = made(stage)
    session = await started(stage, start_time=start)
    assert session.alyx_number == 5
    assert stage.records("session", id=other["id"])[0]["json"] == '{"stage": 3}'


@entered
async def test_a_session_that_begins_now_never_takes_anothers_record(stage: Stage) -> None:
    """A folder of today, without a start, is a new session, whatever Alyx has under that number."""
    made(stage, number=1, start_time=stage.house.sessions._clock.naive())
    session = await started(stage, "/data/CogLab/Subjects/TestSubject/2026-11-20/001")
    assert session.alyx_number == 2
    assert len(stage.records("session")) == 2


@entered
@pytest.mark.parametrize("told", [{}, {"start_time": BEGAN}])
async def test_what_another_bridge_made_is_never_taken(stage: Stage, told: dict[str, str]) -> None:
    """A record with another bridge's marker is that bridge's to complete: not found, and refused by its id."""
    theirs = made(stage, json={"cagelab": {"bridge_session": NONE}})
    with pytest.raises(WrongState, match="A bridge made this session"):
        await started(stage, alyx_id=theirs["id"])
    session = await started(stage, **told)
    assert session.alyx_number == 5


@entered
async def test_a_base_session_is_no_session(stage: Stage) -> None:
    """Sessions that hold those of a day together, as Alyx knows them, are not taken for one."""
    made(stage, type="Base")
    assert (await started(stage)).alyx_number == 5


@entered
async def test_two_records_of_one_number_are_told_and_left_alone(stage: Stage) -> None:
    """register-file would give the files to either: the session is blocked until a person decides, then goes on."""
    for _ in range(2):
        made(stage)
    session = await started(stage, start_time=BEGAN)
    assert session.trouble.blocked
    assert "more than one session" in session.trouble.reason
    core, records = stage.world.core, stage.records("session")
    core.state.update("session", records[1]["id"], {"number": 9})
    stage.journal.sessions.unblock()
    stage.house.delivery.wake_all()
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN)
    assert stage.journal.sessions.get(session.id).alyx_id == records[0]["id"]


@entered
@pytest.mark.parametrize("wrong", [{"number": 3}, {"start_time": "2026-03-03T10:20:30"}, {"subject": "Algernon"}])
async def test_a_record_that_does_not_fit_the_folder_is_refused(stage: Stage, wrong: dict[str, Any]) -> None:
    """Its id was named, but subject, day or number are not those of the folder: nothing is accepted."""
    record = made(stage, **wrong)
    with pytest.raises(WrongState, match="The session in Alyx is"):
        await started(stage, alyx_id=record["id"])
    assert stage.journal.sessions.recent() == []


@entered
async def test_an_id_that_cannot_be_looked_at_is_refused(stage: Stage) -> None:
    """No id, none that Alyx has, no folder, or nobody who could say: refused at once, with nothing accepted."""
    for wrong in ("x", "../users", NONE[:-1]):
        with pytest.raises(InvalidInput, match="is no id"):
            await started(stage, alyx_id=wrong)
    with pytest.raises(InvalidInput, match="needs the folder"):
        await stage.house.sessions.start(StartOrder(spec=Spec(subject="TestSubject"), alyx_id=NONE))
    with pytest.raises(RecordMissing):
        await started(stage, alyx_id=NONE)
    stage.away()
    with pytest.raises(Unreachable):
        await started(stage, alyx_id=NONE)
    assert stage.journal.sessions.recent() == []


@entered
async def test_an_adoption_whose_answer_was_lost_is_found_by_its_marker(stage: Stage) -> None:
    """The PATCH was executed and its answer lost: the record is found again, nothing is made, nothing said twice."""
    record = made(stage)
    stage.alyx.plan.add(Fault("lost", method="PATCH", path="sessions", count=1))
    session = await started(stage, start_time=BEGAN)
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN)
    assert stage.journal.sessions.get(session.id).alyx_id == record["id"]
    assert len(stage.records("session")) == 1
    assert stage.alyx.asked("PATCH /sessions") == 1


@entered
@pytest.mark.parametrize(("kind", "said"), [("down", 2), ("lost", 1)])
async def test_an_adoption_cut_off_by_a_crash_is_finished_once(
    stage: Stage, kind: Literal["down", "lost"], said: int
) -> None:
    """The process dies while the PATCH is under way, executed or not: the next one looks for the marker, and says it
    again only where it is missing and the quarantine is over. One record, whatever happened."""
    record = made(stage)
    stage.alyx.plan.add(Fault(kind, method="PATCH", path="sessions"))
    session = await started(stage, start_time=BEGAN)
    assert (session.alyx, session.intent) == (AlyxState.PENDING, kind == "lost")
    if kind == "down":
        stage.journal.sessions.intend(
            session.id, under_way=True
        )  # the process died before it knew that nobody heard it
    stage.back()
    before = stage.alyx.asked("PATCH /sessions")
    await stage.crash()
    stage.open()
    await stage.enter()
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN)
    assert stage.journal.sessions.get(session.id).alyx_id == record["id"]
    assert len(stage.records("session")) == 1
    assert stage.alyx.asked("PATCH /sessions") - before == said - 1


@entered
async def test_text_that_is_no_object_is_kept(stage: Stage) -> None:
    """What stood in json stays, under a name, when it was no object."""
    made(stage, json="just words")
    session = await started(stage, start_time=BEGAN)
    assert (await answer(stage, session.alyx_id))["json"]["json_before"] == "just words"


@entered
async def test_names_that_a_record_lacks_are_added(stage: Stage) -> None:
    """Projects and procedures that nobody had recorded come from the caller; who is there already stays, alone."""
    made(stage)
    stage.files.make_folder(FOLDER)
    spec = Spec(subject="", projects=("demo",), experimenters=("admin",), procedures=("Behavior training/tasks",))
    session = await stage.house.sessions.start(StartOrder(spec=spec, folder=FOLDER, start_time=BEGAN))
    record = await answer(stage, session.alyx_id)
    told = (record["projects"], record["procedures"], record["users"])
    assert told == (["demo"], ["Behavior training/tasks"], ["researcher"])


@entered
@pytest.mark.parametrize(("qc", "then"), [("PASS", "PASS"), ("NOT_SET", "WARNING")])
async def test_a_verdict_of_people_outlives_an_abandoned_upload(stage: Stage, qc: str, then: str) -> None:
    """The program that completed it died: WARNING is said where nobody had judged, and never instead of a verdict."""
    made(stage, qc=qc)
    session = await started(stage, start_time=BEGAN)
    stage.write(session, "opticka.raw.x.mat")
    ending = await stage.house.abandonment._prepared(session, "its program went away.")
    stage.house.abandonment.commit(ending)
    stage.house.delivery.wake(session.id)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    record = await answer(stage, session.alyx_id)
    assert record["qc"] == then
    assert "went away" in record["narrative"]


SECOND = f"/elsewhere/TestSubject/{DAY}/004"


@entered
@pytest.mark.parametrize("away", [False, True])
async def test_two_folders_never_take_one_record(stage: Stage, away: bool) -> None:
    """Same subject, day and number in two places, started together or waiting together: the record is for one of them,
    the other one has its own, and no file of one comes to the other."""
    record = made(stage)
    if away:
        stage.away()
    sessions = await asyncio.gather(*(started(stage, folder) for folder in (FOLDER, SECOND)))
    stage.back()
    stage.house.delivery.wake_all()
    for session in sessions:
        stage.write(session, "opticka.raw.x.mat", data=session.folder.encode())
        stage.upload(session)
        stage.end(session)
    await stage.until(lambda: all(stage.journal.sessions.get(session.id).completed for session in sessions))
    found = [stage.journal.sessions.get(session.id).alyx_id for session in sessions]
    assert record["id"] in found
    assert len(set(found)) == len(stage.records("session")) == 2
    assert sorted(str(one["session"]) for one in stage.records("dataset")) == sorted(found)


@entered
async def test_a_lost_marker_does_not_free_a_record(stage: Stage) -> None:
    """Another program wiped the record's json: the journal still knows whose it is. By its id it is refused at once."""
    record = made(stage)
    first = await started(stage)
    stage.world.core.state.update("session", record["id"], {"json": None})
    with pytest.raises(WrongState, match="Another session of this bridge"):
        await started(stage, SECOND, alyx_id=record["id"])
    second = await started(stage, SECOND)
    assert (first.alyx_id, second.alyx_number) == (record["id"], 5)
    assert len(stage.records("session")) == 2


@entered
async def test_a_record_that_may_still_be_taken_is_left_alone(stage: Stage) -> None:
    """The PATCH of one session was lost: whether it is executed is not known, so another waits until it is."""
    made(stage)
    stage.alyx.plan.add(Fault("lost", method="PATCH", path="sessions"))
    stage.alyx.plan.add(Fault("down", method="GET", path="bridge_session"))
    first = await started(stage)
    record = stage.records("session")[0]
    stage.world.core.state.update("session", record["id"], {"json": None})  # as if it were still under way
    stage.back()
    second = await started(stage, SECOND)
    stage.house.delivery.wake_all()
    await asyncio.sleep(QUARANTINE / 2)
    assert stage.records("session")[0]["json"] is None
    assert stage.journal.sessions.get(second.id).alyx is AlyxState.PENDING
    late = {"json": {"cagelab": {"bridge_session": first.id, "adopted": True}}}
    stage.world.core.state.update("session", record["id"], late)
    await stage.until(lambda: stage.journal.sessions.get(second.id).alyx is AlyxState.OPEN)
    assert stage.journal.sessions.get(first.id).alyx_id == str(record["id"])
    assert stage.journal.sessions.get(second.id).alyx_number == 5


@entered
async def test_a_record_that_another_bridge_took_at_the_same_moment_is_left_to_it(stage: Stage) -> None:
    """Its marker came just after ours: seen when the record is read again, this session gets a record of its own; seen
    later, nothing of that bridge's is replaced, and a person is told."""
    record = made(stage)
    before, theirs = stage.alyx.core.handle, {"json": {"cagelab": {"bridge_session": NONE}}}

    def overtaken(request: Any) -> Any:
        answer = before(request)
        if request.method == "PATCH" and record["id"] in request.target:
            stage.world.core.state.update("session", record["id"], theirs)
        return answer

    stage.alyx.core.handle = overtaken  # type: ignore[method-assign]  # the rival acts just behind us
    session = await started(stage)
    stage.alyx.core.handle = before  # type: ignore[method-assign]  # as it was
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN)
    own = stage.journal.sessions.get(session.id)
    assert own.alyx_number == 5
    stage.world.core.state.update("session", own.alyx_id, theirs)
    stage.end(own)
    await stage.until(lambda: stage.journal.sessions.get(session.id).trouble.blocked)
    assert "A bridge made this session" in stage.journal.sessions.get(session.id).trouble.reason
    assert stage.records("session", id=own.alyx_id)[0]["json"] == theirs["json"]
