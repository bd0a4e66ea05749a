"""Old session folders become sessions in Alyx, once each, and nothing is written into them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

import pytest

from cagelab_bridge.errors import InvalidInput, RemoteError, UnknownNames
from cagelab_bridge.models import AlyxState, Run, Session, Spec
from cagelab_bridge.services.backfill.order import BackfillOrder, Outcome, Told, session_id
from cagelab_bridge.services.records import second_record
from tests.unit.services.stage import ADMIN, Stage, entered

DAY = "2025-03-01"
FOLDER = f"/old/CogLab/subjects/TestSubject/{DAY}/001"
START, END = f"{DAY}T10:20:30", f"{DAY}T11:00:00"
NAME = "opticka.raw.2025-03-01-10-20-30_001_TestSubject.mat"


def written(stage: Stage, folder: str = FOLDER, *names: str, data: bytes = b"bytes") -> None:
    stage.files.make_folder(folder)
    for name in names or (NAME, "raw_video/mock.img.npy"):
        stage.files.write(f"{folder}/{name}", data)
        stage.files.files[f"{folder}/{name}"].changed -= 3600


async def taken(stage: Stage, folder: str = FOLDER, **more: Any) -> Told:
    given: dict[str, Any] = {"spec": Spec(subject=""), "start_time": START, "end_time": END} | more
    return await stage.house.backfills.take(BackfillOrder(folder=folder, **given))


async def delivered(stage: Stage, told: Told) -> Session:
    assert told.session is not None
    identity = told.session.id
    await stage.until(lambda: stage.journal.sessions.get(identity).completed)
    return stage.journal.sessions.get(identity)


def record_of(stage: Stage, session: Session) -> dict[str, Any]:
    [record] = [one for one in stage.records("session") if str(one["id"]) == session.alyx_id]
    return record


def sent(stage: Stage) -> int:
    return stage.alyx.asked("POST /sessions")


@entered
async def test_a_folder_becomes_a_session_that_has_ended(stage: Stage) -> None:
    """Its start and end, its counts, its facts; all files below it; and the folder stays as it was."""
    written(stage)
    before = sorted(stage.files.files)
    facts = json.dumps({"task": "match", "cagelab": {"phase": 4}})
    told = await taken(
        stage, spec=Spec(subject="", experimenters=("researcher",), json=facts), n_trials=9, n_correct_trials=7
    )
    assert told.outcome is Outcome.ACCEPTED
    session = await delivered(stage, told)
    assert (session.run, session.alyx, session.number, session.alyx_number) == (Run.ENDED, AlyxState.CLOSED, 1, 1)
    record = record_of(stage, session)
    assert [str(record[f"{edge}_time"])[:19].replace(" ", "T") for edge in ("start", "end")] == [START, END]
    assert (record["n_trials"], record["n_correct_trials"], record["json"]["task"]) == (9, 7, "match")
    marks = record["json"]["cagelab"]
    assert (marks["state"], marks["bridge_session"], marks["phase"]) == ("COMPLETE", session.id, 4)
    assert "rig" not in record["json"]  # nobody knows where it ran
    assert {one["name"] for one in stage.records("dataset")} == {NAME, "mock.img.npy"}
    assert sorted(stage.files.files) == before


@entered
async def test_a_folder_is_accepted_once(stage: Stage) -> None:
    """Named again it is known, after a restart too; files that came or changed are added, and nothing else."""
    written(stage)
    first = await taken(stage)
    assert (await taken(stage)).outcome is Outcome.KNOWN  # its files are not listed yet
    session = await delivered(stage, first)
    await stage.restart()
    await stage.enter()
    again = await taken(stage)
    assert (again.outcome, again.session, sent(stage)) == (Outcome.KNOWN, session, 1)
    written(stage, FOLDER, "events.table.a.tsv", ".hidden")
    written(stage, FOLDER, NAME, data=b"other bytes")
    wanted = ("events.table.a.tsv", NAME)
    assert (await taken(stage, check_only=True)).added == wanted
    assert len(stage.journal.transfers.of_session(session.id)) == 1
    added = await taken(stage)
    assert (added.outcome, added.added) == (Outcome.ADDED, wanted)
    await delivered(stage, added)
    assert (await taken(stage)).outcome is Outcome.KNOWN
    assert (len(stage.records("session")), sent(stage)) == (1, 1)
    assert sorted(one["name"] for one in stage.records("dataset")) == ["events.table.a.tsv", "mock.img.npy", NAME, NAME]


@entered
async def test_a_copy_of_a_folder_is_no_second_session(stage: Stage) -> None:
    """Subject, day, number and start say what a session is; another start is another session, with the next number."""
    copy, other = f"/old/TestSubject/{DAY}/001", f"/elsewhere/TestSubject/{DAY}/001"
    for folder in (FOLDER, copy, other):
        written(stage, folder)
    first = await taken(stage)
    assert await taken(stage, copy) == Told(outcome=Outcome.COPY, session=first.session)
    await delivered(stage, first)
    later = await taken(stage, other, start_time=f"{DAY}T15:00:00", end_time="")
    session = await delivered(stage, later)
    assert (later.outcome, session.number, session.alyx_number) == (Outcome.ACCEPTED, 1, 2)
    assert session.end_time == session.start_time
    assert sent(stage) == 2


@entered
async def test_a_session_that_another_program_made_is_completed(stage: Stage) -> None:
    """What it says stays; what it lacks is added; no second one is made. With check_only only its id is told."""
    alyx = stage.house.accounts.connection(ADMIN)
    facts = {"subject": "TestSubject", "number": 1, "start_time": f"{DAY}T10:22:00", "narrative": "by hand"}
    made = await alyx.create("sessions", facts | {"users": ["researcher"], "json": '{"phase": 4}'})
    assert isinstance(made, dict)
    written(stage)
    looked = await taken(stage, check_only=True)
    assert (looked.outcome, looked.existing) == (Outcome.ACCEPTED, made["id"])
    assert stage.journal.sessions.recent() == []
    session = await delivered(stage, await taken(stage, n_trials=9))
    record = await alyx.read(f"sessions/{made['id']}")
    assert (session.alyx_id, len(stage.records("session"))) == (made["id"], 1)
    assert (record["narrative"], record["start_time"][:19]) == ("by hand", f"{DAY}T10:22:00")
    assert (record["end_time"][:19], record["n_trials"], record["json"]["phase"]) == (END, 9, 4)
    assert record["json"]["cagelab"]["adopted"] is True


@entered
async def test_a_lost_journal_makes_nothing_twice(stage: Stage, tmp_path: Any) -> None:
    """A bridge that remembers nothing finds the record and the files it made."""
    written(stage)
    first = await delivered(stage, await taken(stage))
    await stage.close()
    stage.open(state_folder=str(tmp_path / "other"))
    await stage.enter()
    session = await delivered(stage, await taken(stage))
    assert (session.id, session.alyx_id) == (first.id, first.alyx_id)
    assert (len(stage.records("session")), len(stage.records("dataset")), sent(stage)) == (1, 2, 1)


@entered
async def test_a_lost_journal_finds_what_it_made_under_another_number(stage: Stage, tmp_path: Any) -> None:
    """By its marker: the number was somebody else's."""
    alyx = stage.house.accounts.connection(ADMIN)
    await alyx.create("sessions", {"subject": "TestSubject", "number": 1, "start_time": f"{DAY}T17:00:00"})
    written(stage)
    first = await delivered(stage, await taken(stage))
    assert first.alyx_number == 2
    await stage.close()
    stage.open(state_folder=str(tmp_path / "other"))
    await stage.enter()
    session = await delivered(stage, await taken(stage))
    assert (session.alyx_id, session.alyx_number) == (first.alyx_id, 2)
    assert (len(stage.records("session")), len(stage.records("dataset"))) == (2, 2)


@entered
async def test_datasets_of_another_program_are_adopted(stage: Stage) -> None:
    """Registered with the SHA-1, said to be there, never uploaded: the same dataset, now with MD5 and object."""
    alyx = stage.house.accounts.connection(ADMIN)
    await alyx.create("sessions", {"subject": "TestSubject", "number": 1, "start_time": START})
    written(stage, FOLDER, NAME)
    place = {"name": "aws_CogLab", "labs": "CogLab", "path": f"TestSubject/{DAY}/001", "created_by": "admin"}
    digest = hashlib.sha1(b"bytes").hexdigest()
    await alyx.create(
        "register-file", place | {"filenames": [NAME], "hashes": [digest], "filesizes": [5], "qc": "PASS"}
    )
    [before] = stage.records("dataset")
    await delivered(stage, await taken(stage))
    [dataset] = stage.records("dataset")
    assert dataset["id"] == before["id"]
    assert dataset["hash"] == hashlib.md5(b"bytes").hexdigest()
    [held] = stage.store.objects
    assert str(dataset["id"]) in held


@entered
async def test_the_day_alone_is_enough(stage: Stage) -> None:
    """Without a start a session of that number is completed, or one is made that begins at midnight."""
    alyx = stage.house.accounts.connection(ADMIN)
    await alyx.create("sessions", {"subject": "TestSubject", "number": 1, "start_time": f"{DAY}T17:00:00"})
    second = FOLDER.replace("/001", "/002")
    for folder in (FOLDER, second):
        written(stage, folder, "events.table.a.tsv")
        await delivered(stage, await taken(stage, folder, start_time="", end_time=END))
    starts = sorted(str(one["start_time"])[11:19] for one in stage.records("session"))
    assert starts == ["00:00:00", "17:00:00"]


@entered
async def test_what_a_bridge_recorded_is_left_alone(stage: Stage) -> None:
    """Its own journal's sessions, and folders with the record of another bridge."""
    own = await stage.start()
    assert (await taken(stage, own.folder)).outcome is Outcome.RECORDED
    written(stage)
    record = second_record.Record(session=own, transfers=(), files=(), bridge_version="1", host="rig")
    written(stage, FOLDER, second_record.NAME, data=second_record.render(record))
    assert await taken(stage) == Told(outcome=Outcome.RECORDED)
    written(stage, FOLDER, second_record.NAME, data=b"{}")  # of another program: data
    assert (await taken(stage)).outcome is Outcome.ACCEPTED


@entered
async def test_what_another_bridge_recorded_is_left_alone_without_its_record_too(stage: Stage) -> None:
    """A copy of the folder came without its session.json: Alyx tells. Another start is another session."""
    alyx = stage.house.accounts.connection(ADMIN)
    mark = {"json": {"cagelab": {"bridge_session": "of another bridge"}}}
    made = {"subject": "TestSubject", "number": 1, "start_time": f"{DAY}T10:25:00"}
    await alyx.create("sessions", made | mark)
    written(stage)
    assert await taken(stage) == Told(outcome=Outcome.RECORDED)
    assert await taken(stage, start_time="") == Told(outcome=Outcome.RECORDED)
    assert stage.journal.sessions.recent() == []
    told = await taken(stage, start_time=f"{DAY}T08:00:00")
    assert (told.outcome, (await delivered(stage, told)).alyx_number) == (Outcome.ACCEPTED, 2)


@entered
async def test_without_alyx_nothing_is_accepted(stage: Stage) -> None:
    """There is no hurry with old sessions, and Alyx may know better."""
    written(stage)
    stage.away()
    with pytest.raises(RemoteError):
        await taken(stage)
    assert stage.journal.sessions.recent() == []
    stage.back()


@entered
async def test_names_are_put_right_or_left_out(stage: Stage) -> None:
    """Case is no difference; what Alyx does not have is noted in the record, and asked for once."""
    folder = f"/old/NoLab/subjects/testSUBJECT/{DAY}/001"
    written(stage, folder)
    spec = Spec(
        subject="",
        lab="coglab",
        location="Nowhere",
        experimenters=("Researcher", "Nobody"),
        projects=("DEMO",),
        json='{"a": 1}',
    )
    told = await taken(stage, folder, spec=spec)
    assert told.session is not None
    found = told.session.spec
    assert (found.subject, found.lab, found.location) == ("TestSubject", "CogLab", "")
    assert (found.experimenters, found.projects) == (("researcher",), ("demo",))
    assert len(told.session.warnings) == 2
    lists = stage.alyx.asked("GET /users"), stage.alyx.asked("GET /locations")
    folder = folder.replace("001", "002")
    written(stage, folder)
    await taken(stage, folder, spec=spec)
    assert (stage.alyx.asked("GET /users"), stage.alyx.asked("GET /locations")) == lists
    record = record_of(stage, await delivered(stage, told))
    unknown = {"location": ["Nowhere"], "experimenters": ["Nobody"]}
    assert (record["json"]["a"], record["json"]["cagelab"]["backfill"]["unknown"]) == (1, unknown)


@entered
async def test_the_lab_of_the_path_gives_way_to_one_that_exists(stage: Stage) -> None:
    """SavedData/subjects/… names no lab: that of the settings, else the subject's own."""
    await stage.restart(lab_name="")
    await stage.enter()
    folder = f"/SavedData/subjects/TestSubject/{DAY}/001"
    written(stage, folder)
    told = await taken(stage, folder)
    assert told.session is not None
    assert told.session.spec.lab == "CogLab"
    assert "lab SavedData" in told.session.warnings[0]
    assert "names the account, admin" in told.session.warnings[1]


@entered
async def test_what_cannot_be_a_session_is_refused(stage: Stage) -> None:
    """And leaves no trace in the journal."""
    unknown = FOLDER.replace("TestSubject", "Nobody")
    for folder in (FOLDER, unknown):
        written(stage, folder)
    with pytest.raises(UnknownNames, match="no subject 'Nobody'"):
        await taken(stage, unknown)
    for wrong in (
        {"folder": "/old/TestSubject/2025-02-30/001"},
        {"folder": FOLDER.replace("001", "000")},
        {"folder": FOLDER.replace("001", "009")},
        {"start_time": "2025-03-02T10:00:00"},
        {"end_time": f"{DAY}T10:00:00"},
        {"n_trials": -1},
        {"spec": Spec(subject="Algernon")},
        {"spec": Spec(subject="", json="[]")},
    ):
        with pytest.raises(InvalidInput):
            await taken(stage, **wrong)
    assert stage.journal.sessions.recent() == []


@entered
async def test_no_record_is_kept_in_the_folder(stage: Stage) -> None:
    """session.json is written into the folders of the bridge's own sessions only."""
    written(stage)
    records = stage.house.records
    records.start()
    own = await stage.start()
    stage.end(own)
    await delivered(stage, await taken(stage))
    await stage.until(lambda: f"{own.folder}/session.json" in stage.files.files)
    await records.stop()
    assert not [path for path in stage.files.files if path.startswith("/old") and "session.json" in path]


def test_an_id_follows_from_what_the_session_is() -> None:
    """The same everywhere and always: it is in Alyx. Another one for each other session."""
    first = session_id("TestSubject", DAY, 1, f"{START}.000000")
    assert first == "c45f9cfe-b782-8ddf-86f6-03e7074f8df8"
    others = {
        session_id("TestSubject2", DAY, 1, f"{START}.000000"),
        session_id("TestSubject", DAY, 11, f"{START}.000000"),
        session_id("TestSubject", DAY, 1, f"{END}.000000"),
    }
    assert len(others | {first}) == 4
    assert dataclasses.is_dataclass(BackfillOrder)
