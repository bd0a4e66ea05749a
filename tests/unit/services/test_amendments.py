"""Correcting a session's names, before and after Alyx has it."""

from __future__ import annotations

from typing import Any

import pytest

from cagelab_bridge.errors import AlreadyExists, InvalidInput, NotFound, UnknownNames, WrongState
from cagelab_bridge.models import AlyxState, Run, Session
from cagelab_bridge.sandbox.faults import Fault
from cagelab_bridge.services.sessions.amendments import AmendOrder
from cagelab_bridge.services.transfers import UploadOrder
from tests.unit.services.stage import Stage, entered


async def amend(stage: Stage, session: Session, **order: Any) -> Session:
    return await stage.house.amendments.amend(AmendOrder(session_id=session.id, **order))


def record(stage: Stage, session: Session) -> dict[str, Any]:
    """Alyx's record, with the subject's name."""
    found = [row for row in stage.records("session") if row["json"]["cagelab"]["bridge_session"] == session.id]
    assert len(found) == 1
    subject = stage.records("subject", id=found[0]["subject"])[0]
    users = [stage.records("user", id=user)[0]["username"] for user in found[0]["users"]]
    return found[0] | {"subject": subject["nickname"], "users": users}


async def told(stage: Stage, session: Session) -> None:
    await stage.until(lambda: not stage.journal.sessions.get(session.id).amended)


@entered
async def test_a_registered_session_gets_its_names_and_a_way_back(stage: Stage) -> None:
    """Alyx has the new names and the record of the old ones; folder, date and number stay; amending back undoes it."""
    session = await stage.start(projects=("demo",))
    amended = await amend(stage, session, subject="Algernon", experimenters=("researcher",), reason="wrong animal")
    assert (amended.spec.subject, amended.folder, amended.number) == ("Algernon", session.folder, session.number)
    await told(stage, session)
    found = record(stage, session)
    assert (found["subject"], found["users"]) == ("Algernon", ["researcher"])
    changes = found["json"]["cagelab"]["amendments"]
    assert [(change["field"], change["old_values"], change["new_values"]) for change in changes] == [
        ("subject", ["TestSubject"], ["Algernon"]),
        ("experimenters", ["admin"], ["researcher"]),
    ]
    assert {change["reason"] for change in changes} == {"wrong animal"}
    await amend(stage, session, subject="TestSubject")
    await told(stage, session)
    found = record(stage, session)
    assert (found["subject"], found["number"]) == ("TestSubject", session.number)
    assert len(found["json"]["cagelab"]["amendments"]) == 3


@entered
async def test_the_same_request_amends_once(stage: Stage) -> None:
    """Repeated it answers the same; with other content it is refused; the same names again are no change."""
    session = await stage.start()
    for _ in range(2):
        amended = await amend(stage, session, request_id="r", subject="Algernon")
        assert len(amended.amendments) == 1
    with pytest.raises(AlreadyExists):
        await amend(stage, session, request_id="r", subject="COGP-003")
    assert len((await amend(stage, session, subject="Algernon")).amendments) == 1


@entered
async def test_what_cannot_be_amended_is_refused(stage: Stage) -> None:
    """Unknown names while Alyx answers, nothing at all, unknown sessions, reservations."""
    session = await stage.start()
    with pytest.raises(UnknownNames, match="Algernn"):
        await amend(stage, session, subject="Algernn")
    for order in ({}, {"subject": "two words"}, {"projects": ("demo", "")}):
        with pytest.raises(InvalidInput):
            await amend(stage, session, **order)
    with pytest.raises(NotFound):
        await stage.house.amendments.amend(AmendOrder(session_id="none", subject="Algernon"))
    reserved = await stage.house.sessions.reserve("", subject="TestSubject", lab="", date="", root="")
    assert reserved.run is Run.RESERVED
    with pytest.raises(WrongState):
        await amend(stage, reserved, subject="Algernon")
    assert stage.journal.sessions.get(session.id).amendments == ()


@entered
async def test_a_blocked_session_goes_on_once_it_is_amended(stage: Stage) -> None:
    """A wrong name accepted offline comes back with the way to correct it; corrected, it reaches Alyx."""
    stage.away()
    session = await stage.start(subject="Algernn", lab="CogLab", experimenters=("nobody",))
    assert any("Algernn" in warning and "amend" in warning for warning in session.warnings)
    stage.back()
    stage.house.delivery.wake_all()
    await stage.until(lambda: stage.journal.sessions.get(session.id).trouble.blocked)
    trouble = stage.journal.sessions.get(session.id).trouble
    assert f"cagelab-bridge amend {session.id[:8]}" in trouble.hint
    amended = await amend(stage, session, subject="Algernon", experimenters=("researcher",))
    assert not amended.trouble.blocked
    assert not any("Algernn" in warning or "nobody" in warning for warning in amended.warnings)
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN)
    found = record(stage, session)
    assert (found["subject"], found["users"]) == ("Algernon", ["researcher"])
    assert len(found["json"]["cagelab"]["amendments"]) == 2
    assert f"/{'Algernn'}/" in stage.journal.sessions.get(session.id).folder


@entered
async def test_a_session_whose_post_was_lost_is_found_under_its_old_subject(stage: Stage) -> None:
    """Alyx may hold it under the old names: it is looked for by its marker alone, and corrected; never made twice."""
    stage.alyx.plan.add(Fault("lost", method="POST", path="/sessions", count=1))
    session = await stage.start()
    assert session.alyx is AlyxState.PENDING
    await amend(stage, session, subject="Algernon")
    await told(stage, session)
    assert len(stage.records("session")) == 1
    assert record(stage, session)["subject"] == "Algernon"


@entered
async def test_names_corrected_before_alyx_was_asked_are_the_ones_it_gets(stage: Stage) -> None:
    """A correction that comes while the bridge asks for a free number is in the POST."""
    slow = stage.alyx.plan.add(Fault("slow", method="GET", path=r"/sessions\?subject=TestSubject", delay_s=5.0))
    session = await stage.start()
    assert session.alyx is AlyxState.PENDING
    await amend(stage, session, subject="Algernon")
    stage.alyx.plan.faults.remove(slow)
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN)
    await told(stage, session)
    assert record(stage, session)["subject"] == "Algernon"


@entered
async def test_a_number_that_the_right_subject_has_is_left_to_it(stage: Stage) -> None:
    """Under its right subject the record gets the next number; the folder keeps its own."""
    first = await stage.start(subject="Algernon")
    session = await stage.start()
    assert first.number == session.number == 1
    await amend(stage, session, subject="Algernon")
    await told(stage, session)
    found = stage.journal.sessions.get(session.id)
    assert (found.number, found.alyx_number, record(stage, session)["number"]) == (1, 2, 2)
    assert record(stage, session)["json"]["cagelab"]["alyx_number"] == 2
    third = await stage.start()
    assert third.number == 2, "the old subject's number is not given again: its folder and files keep it"


@entered
async def test_files_keep_what_they_have_and_later_ones_follow_the_subject(stage: Stage) -> None:
    """A registered file keeps dataset, path and object; a file accepted afterwards goes under the new subject; the
    session is complete with both."""
    session = await stage.start()
    stage.write(session, "opticka.raw.1.mat", "events.table.2.tsv")
    first = stage.upload(session, "opticka.raw.1.mat")
    await stage.until(lambda: stage.journal.transfers.sums(first).done == 1)
    stage.end(session, upload=UploadOrder(paths=("events.table.2.tsv",)))
    await amend(stage, session, subject="Algernon")
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    alyx_id = stage.journal.sessions.get(session.id).alyx_id
    datasets = {row["id"]: row["name"] for row in stage.records("dataset")}
    assert {str(row["session"]) for row in stage.records("dataset")} == {alyx_id}
    paths = {datasets[row["dataset"]]: row["relative_path"] for row in stage.records("file_record", exists=True)}
    assert paths["opticka.raw.1.mat"].startswith("TestSubject/")
    assert paths["events.table.2.tsv"].startswith("Algernon/")
    assert record(stage, session)["json"]["cagelab"]["state"] == "COMPLETE"


@entered
async def test_no_correction_while_a_file_may_still_be_registered(stage: Stage) -> None:
    """A register-file whose answer was lost may be executed later, under the old subject: Alyx would hang the file on
    whatever session has that number by then. So the subject waits, and no other file is registered meanwhile."""
    session = await stage.start()
    stage.write(session, "opticka.raw.1.mat")
    stage.alyx.plan.add(Fault("error", method="POST", path="/register-file", count=1, status=503))
    transfer = stage.upload(session, "opticka.raw.1.mat")
    await stage.until(lambda: stage.alyx.asked("POST /register-file") == 1)
    began = stage.runtime.monotonic()
    await amend(stage, session, subject="Algernon")
    await told(stage, session)
    assert stage.runtime.monotonic() - began > 50
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == 1)
    assert stage.journal.files.get(stage.rows(transfer)["opticka.raw.1.mat"].id).key.startswith(
        "CogLab/Subjects/Algernon/"
    )


@entered
async def test_sessions_that_hung_on_this_one_are_let_go(stage: Stage) -> None:
    """Alyx 3.6.1 hangs a subject's sessions of a day on one of them, and registers no file for the others once that one
    has another subject: so they are let go, and so is this one."""
    sessions = [await stage.start(), await stage.start()]
    for number, session in enumerate(sessions):
        stage.write(session, f"events.table.{number}.tsv")
        transfer = stage.upload(session)
        await _delivered(stage, transfer)
    parents = {str(row["parent_session"]) for row in stage.records("session") if row["parent_session"]}
    assert len(parents) == 1
    known = [stage.journal.sessions.get(session.id) for session in sessions]
    (base,) = (session for session in known if session.alyx_id in parents)
    (child,) = (session for session in known if session.alyx_id not in parents)
    await amend(stage, base, subject="Algernon")
    await told(stage, base)
    stage.write(child, "events.table.left.tsv")
    await _delivered(stage, stage.upload(child))
    await amend(stage, base, subject="TestSubject")
    await told(stage, base)
    stage.write(base, "events.table.back.tsv")
    await _delivered(stage, stage.upload(base))
    await amend(stage, base, subject="COGP-003")
    await amend(stage, child, subject="Algernon")
    for session in (base, child):
        await told(stage, session)
        stage.write(session, f"events.table.{session.id}.tsv")
        await _delivered(stage, stage.upload(session, f"events.table.{session.id}.tsv"))


async def _delivered(stage: Stage, transfer: str) -> None:
    """Wait until every file of it is DONE; none may be blocked on the way."""

    def look() -> bool:
        sums = stage.journal.transfers.sums(transfer)
        assert sums.blocked == 0, [file.trouble for file in stage.rows(transfer).values()]
        return stage.journal.transfers.get(transfer).listed and sums.done == sums.total

    await stage.until(look)


@entered
async def test_a_complete_session_is_complete_again_when_alyx_was_told(stage: Stage) -> None:
    """COMPLETE is taken back for as long as Alyx says something else, also over a restart of the bridge."""
    session = await stage.start()
    stage.end(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    stage.away()
    assert not (await amend(stage, session, subject="Algernon")).completed
    await stage.restart()
    stage.back()
    await stage.enter()
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    found = record(stage, session)
    assert (found["subject"], found["json"]["cagelab"]["state"]) == ("Algernon", "COMPLETE")


@entered
async def test_names_that_others_added_in_alyx_stay(stage: Stage) -> None:
    """The names that were ours are replaced; a user added in Alyx's own pages is kept."""
    session = await stage.start(experimenters=("admin",))
    row = stage.records("session")[0]
    added = stage.records("user", username="researcher")[0]["id"]
    stage.world.core.state.update("session", row["id"], {"users": (*row["users"], added)})
    await amend(stage, session, projects=("demo",))
    await told(stage, session)
    assert sorted(record(stage, session)["users"]) == ["admin", "researcher"]
