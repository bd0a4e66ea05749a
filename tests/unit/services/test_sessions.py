"""Starting, reserving and ending sessions."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from cagelab_bridge.errors import AlreadyExists, InvalidInput, NotFound, NotLoggedIn, UnknownNames, WrongState
from cagelab_bridge.models import AlyxState, Run, Session, Spec
from cagelab_bridge.sandbox.faults import Fault
from cagelab_bridge.services.sessions.sessions import EndOrder, StartOrder
from cagelab_bridge.services.transfers import UploadOrder
from tests.simulation import computer
from tests.unit.services.stage import Stage, entered, staged

ORDER = StartOrder(request_id="r1", spec=Spec(subject="TestSubject"))


async def reserve(stage: Stage, request_id: str = "", **more: str) -> Session:
    wanted = {"subject": "TestSubject", "lab": "", "date": "", "root": ""} | more
    return await stage.house.sessions.reserve(request_id, **wanted)


@entered
async def test_what_is_left_out_has_a_default(stage: Stage) -> None:
    """Lab from the settings, experimenter the account, rig this computer, date and start from one clock reading."""
    session = await stage.start()
    assert session.spec.lab == "CogLab"
    assert session.spec.experimenters == ("admin",)
    assert session.spec.rig == stage.house.host
    assert session.start_time[:10] == session.date == "2026-11-20"
    assert session.folder == f"/data/CogLab/Subjects/TestSubject/{session.date}/001"


@entered
async def test_the_lab_comes_from_the_subject_where_none_is_set(stage: Stage) -> None:
    """Without a lab in the call and in the settings, the subject's own lab is used."""
    await stage.restart(lab_name="")
    await stage.enter()
    assert (await stage.start(subject="Algernon")).spec.lab == "CogLab"


@entered
async def test_given_values_are_kept(stage: Stage) -> None:
    """Defaults never replace what the caller said, and Alyx gets it."""
    session = await stage.start(
        lab="CogLab", experimenters=("researcher",), rig="box-1", location="Box-1", json='{"a": 1}'
    )
    assert (session.spec.experimenters, session.spec.rig) == (("researcher",), "box-1")
    record = stage.records("session")[0]
    assert (record["json"]["a"], record["json"]["rig"]) == (1, "box-1")


@staged
async def test_nobody_starts_a_session_before_a_login(stage: Stage) -> None:
    """A session needs an account; a folder can be reserved without."""
    with pytest.raises(NotLoggedIn):
        await stage.start()
    assert (await reserve(stage)).account is None


@entered
async def test_all_wrong_names_are_told_at_once_and_nothing_is_made(stage: Stage) -> None:
    """One refusal lists every unknown name with what looks like it."""
    with pytest.raises(UnknownNames) as caught:
        await stage.start(subject="TestSubjct", projects=("demmo",), location="Box-9")
    found = {finding.field: finding.suggestions for finding in caught.value.findings}
    assert found["subject"] == ("TestSubject",)
    assert found["projects"] == ("demo",)
    assert set(found["location"]) == {"Box-1", "Box-2"}
    assert stage.journal.sessions.recent() == []
    assert stage.files.folders == set()


@entered
@pytest.mark.parametrize("json", ["[1]", '"text"', "{", "null"])
async def test_facts_that_are_no_object_are_refused(stage: Stage, json: str) -> None:
    """Alyx would store a text or a list where no filter finds it."""
    with pytest.raises(InvalidInput, match="json"):
        await stage.start(json=json)


@entered
async def test_a_repeated_start_is_the_same_session(stage: Stage) -> None:
    """The same request id answers the first session again; another pid is the same request."""
    first = await stage.house.sessions.start(ORDER)
    again = await stage.house.sessions.start(dataclasses.replace(ORDER, client_pid=7))
    assert again.id == first.id
    with pytest.raises(AlreadyExists, match="r1"):
        await stage.house.sessions.start(dataclasses.replace(ORDER, spec=Spec(subject="Algernon")))
    assert len(stage.journal.sessions.recent()) == 1


@entered
async def test_a_start_repeated_before_the_first_is_answered_is_the_same_session(stage: Stage) -> None:
    """An impatient client that calls again meanwhile gets the same session, and one folder is made."""
    first, again = await asyncio.gather(*(stage.house.sessions.start(ORDER) for _ in range(2)), return_exceptions=True)
    assert isinstance(first, Session)
    assert isinstance(again, Session), repr(again)
    assert again.id == first.id
    assert len([folder for folder in stage.files.folders if folder.endswith(("/001", "/002"))]) == 1


@entered
async def test_a_reservation_repeated_before_the_first_is_answered_is_the_same(stage: Stage) -> None:
    """The same holds for ReserveFolder."""
    found = await asyncio.gather(*(reserve(stage, "r1") for _ in range(2)), return_exceptions=True)
    assert [type(answer) for answer in found] == [Session, Session], found
    assert len({answer.id for answer in found if isinstance(answer, Session)}) == 1


@entered
async def test_a_reservation_used_after_midnight_keeps_its_day(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folder, date and start name the reserved day: register-file finds the session by the date of its start."""
    reserved = await reserve(stage)
    monkeypatch.setattr(computer, "BEGIN", computer.BEGIN + timedelta(hours=15))
    session = await stage.house.sessions.start(StartOrder(spec=Spec(subject=""), session_id=reserved.id))
    assert (session.id, session.date, session.folder) == (reserved.id, reserved.date, reserved.folder)
    assert session.start_time.startswith("2026-11-20T00:16")


@entered
async def test_a_folder_is_used_once(stage: Stage) -> None:
    """A started reservation, or the folder of one, starts no second session."""
    session = await stage.start()
    for order in (
        StartOrder(spec=Spec(subject=""), session_id=session.id),
        StartOrder(spec=Spec(subject=""), folder=session.folder),
    ):
        with pytest.raises(WrongState, match="started already"):
            await stage.house.sessions.start(order)


@entered
@pytest.mark.parametrize("detour", ["{}/", "{}/../001", "/{}", "/data/x/../CogLab/Subjects/TestSubject/2026-11-20/001"])
async def test_a_folder_is_used_once_however_it_is_written(stage: Stage, detour: str) -> None:
    """Another way to write the same folder is the same folder, or no session folder at all."""
    session = await stage.start()
    path = detour.format(session.folder)
    stage.files.make_folder(path)  # the file system finds it by that name, too
    with pytest.raises((WrongState, InvalidInput)):
        await stage.house.sessions.start(StartOrder(spec=Spec(subject=""), folder=path))


@entered
async def test_an_existing_folder_says_subject_day_and_number(stage: Stage) -> None:
    """StartSession takes a folder that another program made, and what its path says."""
    stage.files.make_folder("/elsewhere/OtherLab/subjects/Algernon/2026-11-19/007")
    order = StartOrder(spec=Spec(subject=""), folder="/elsewhere/OtherLab/subjects/Algernon/2026-11-19/007")
    session = await stage.house.sessions.start(order)
    assert (session.spec.subject, session.spec.lab, session.number) == ("Algernon", "OtherLab", 7)
    assert session.start_time.startswith("2026-11-19T")
    clash = dataclasses.replace(order, spec=Spec(subject="TestSubject"), request_id="r2")
    with pytest.raises((InvalidInput, WrongState)):
        await stage.house.sessions.start(clash)


@entered
async def test_a_folder_that_is_not_there_is_refused(stage: Stage) -> None:
    """A typing mistake in the folder does not start a session nowhere."""
    with pytest.raises(InvalidInput, match="does not exist"):
        await stage.house.sessions.start(StartOrder(spec=Spec(subject=""), folder="/data/TestSubject/2026-11-20/001"))


@entered
async def test_a_number_that_alyx_has_already_goes_to_the_next_there(stage: Stage) -> None:
    """Folder and number stay; Alyx gets the next free number, and both stand in json.cagelab."""
    stage.files.make_folder("/data/CogLab/Subjects/TestSubject/2026-11-20/001")
    for _ in range(2):
        stage.world.core.state.insert("session", await _taken(stage))
    order = StartOrder(spec=Spec(subject=""), folder="/data/CogLab/Subjects/TestSubject/2026-11-20/001")
    session = await stage.house.sessions.start(order)
    assert (session.number, session.alyx_number) == (1, 2)
    facts = next(row["json"] for row in stage.records("session") if row["json"])["cagelab"]
    assert (facts["number"], facts["alyx_number"]) == (1, 2)


async def _taken(stage: Stage) -> dict[str, Any]:
    """A session that somebody else made in Alyx, number 1 of the day."""
    alyx = stage.house.accounts.connection(stage.house.accounts.pick())
    made = await alyx.create("sessions", {"subject": "TestSubject", "number": 1, "start_time": "2026-11-20T08:00:00"})
    assert isinstance(made, dict)
    row = stage.records("session")[-1]
    return row | {"id": "0" * 7 + str(len(stage.records("session"))) + row["id"][8:]}


@entered
async def test_a_lost_answer_makes_no_second_record(stage: Stage) -> None:
    """After an answer was lost, the bridge finds its session by the marker, whatever the subject is called."""
    lost = Fault("lost", method="POST", path="sessions", count=1)
    stage.alyx.plan.add(lost)
    session = await stage.start()
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN)
    assert len(stage.records("session")) == 1


@entered
@pytest.mark.parametrize("subject", ["A+B", "A&B", "Müller"])
async def test_a_lost_answer_makes_no_second_record_of_any_subject(stage: Stage, subject: str) -> None:
    """Names that Alyx takes may hold characters that mean something in a URL."""
    row = next(row for row in stage.records("subject") if row["nickname"] == "TestSubject")
    stage.world.core.state.insert("subject", row | {"id": "11111111-1111-4111-8111-111111111111", "nickname": subject})
    stage.alyx.plan.add(Fault("lost", method="POST", path="sessions", count=1))
    session = await stage.start(subject=subject)
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN)
    assert len(stage.records("session")) == 1


@entered
async def test_an_ended_session_says_what_it_was_told(stage: Stage) -> None:
    """End, QC, trials and narrative reach Alyx; the answer does not wait for it."""
    session = await stage.start(narrative="first")
    ended, transfer = stage.end(session, qc="PASS", n_trials=12, n_correct_trials=0, narrative="last", json='{"b": 2}')
    assert (ended.run, transfer) == (Run.ENDED, "")
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    record = stage.records("session")[0]
    assert (record["n_trials"], record["n_correct_trials"], record["narrative"]) == (12, 0, "first\nlast")
    assert (record["json"]["b"], record["json"]["cagelab"]["state"]) == (2, "COMPLETE")


@entered
@pytest.mark.parametrize(
    ("order", "about"),
    [
        ({"n_trials": -1}, "n_trials"),
        ({"n_correct_trials": -3}, "n_correct_trials"),
        ({"qc": "GOOD"}, "qc"),
        ({"json": "[1]"}, "json"),
        ({"json": "{"}, "json"),
        ({"end_time": "2026-11-20T08:00:00"}, "end_time"),
        ({"end_time": "2026-11-20T10:00:00+01:00"}, "time"),
        ({"end_time": "yesterday"}, "time"),
        ({"upload": UploadOrder(paths=("../x",))}, "path"),
    ],
)
async def test_a_wrong_end_is_refused_and_the_session_stays_open(
    stage: Stage, order: dict[str, Any], about: str
) -> None:
    """A refused EndSession changes nothing: it can be called again with the right values."""
    session = await stage.start()
    with pytest.raises(InvalidInput) as caught:
        stage.end(session, request_id="r1", **order)
    assert caught.value.about == about
    assert stage.journal.sessions.get(session.id).run is Run.OPEN
    assert stage.end(session, request_id="r1")[0].run is Run.ENDED


@entered
async def test_an_end_is_repeated_only_with_the_same_content(stage: Stage) -> None:
    """Same request id and content: the same answer and transfer. Other content: refused. Another id: too late."""
    session = await stage.start()
    first = stage.end(session, request_id="r1", upload=UploadOrder())
    assert stage.end(session, request_id="r1", upload=UploadOrder())[1] == first[1]
    with pytest.raises(AlreadyExists):
        stage.end(session, request_id="r1", qc="FAIL", upload=UploadOrder())
    with pytest.raises(WrongState):
        stage.end(session, request_id="r2")
    assert len(stage.journal.transfers.of_session(session.id)) == 1


@entered
async def test_a_clock_that_was_set_back_does_not_stop_an_end(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a given end, the session ends no earlier than it began."""
    session = await stage.start()
    monkeypatch.setattr(computer, "BEGIN", computer.BEGIN - timedelta(hours=2))
    assert stage.end(session)[0].end_time == session.start_time


@entered
async def test_an_unknown_session_cannot_be_ended(stage: Stage) -> None:
    """The sentence names the id."""
    with pytest.raises(NotFound, match="nobody"):
        stage.house.sessions.end(EndOrder(session_id="nobody"))
