"""An audit finds what is wrong with a session, each thing once, and mends what is certain."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from cagelab_bridge.models import AlyxState, Run, Session
from cagelab_bridge.sandbox.faults import Fault
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.auditing.audit import Audited
from cagelab_bridge.services.auditing.found import Found, Kind, Mend
from tests.simulation.store_network import Object
from tests.simulation.world import STORE
from tests.unit.services.stage import ADMIN, Stage, entered

EVENTS, RAW = "events.table.1.tsv", "opticka.raw.1.mat"
BYTES = b"what was recorded"
DAY = 24 * 3600.0


async def recorded(stage: Stage, **more: Any) -> Session:
    """A session of two files, complete."""
    await stage.house.choices.read(ADMIN, "labs")
    session = await stage.start(projects=("demo",))
    stage.write(session, EVENTS, RAW, data=BYTES)
    stage.end(session, **({"n_trials": 9, "n_correct_trials": 7} | more))
    stage.upload(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    return stage.journal.sessions.get(session.id)


async def audited(stage: Stage, session: Session, **how: Any) -> Audited:
    return await stage.house.audit.session(ADMIN, session.alyx_id, **how)


async def found(stage: Stage, session: Session, **how: Any) -> list[Found]:
    return list((await audited(stage, session, **how)).findings)


def record(stage: Stage, session: Session) -> dict[str, Any]:
    return stage.records("session", id=session.alyx_id)[0]


def dataset(stage: Stage, name: str = EVENTS) -> dict[str, Any]:
    return stage.records("dataset", name=name)[0]


def change(stage: Stage, table: str, identity: str, **values: Any) -> None:
    stage.world.core.state.update(table, identity, values)


def place(stage: Stage, name: str = EVENTS) -> str:
    """Bucket and key of its object."""
    return next(path for path in stage.store.objects if dataset(stage, name)["id"] in path)


def file_record(stage: Stage, name: str = EVENTS) -> dict[str, Any]:
    return stage.records("file_record", dataset=dataset(stage, name)["id"])[0]


def replace(stage: Stage, data: bytes, name: str = EVENTS) -> None:
    stage.store.objects[place(stage, name)] = Object(data, hashlib.md5(data).hexdigest(), "")


def not_json(stage: Stage, session: Session) -> None:
    change(stage, "session", session.alyx_id, json='{"a": 1, "cagelab": {"state": "COMPLETE"}}')


def stale_save(stage: Stage, session: Session) -> None:
    document = record(stage, session)["json"]
    mark = document["cagelab"] | {"state": "OPEN"}
    change(stage, "session", session.alyx_id, end_time=None, json=document | {"cagelab": mark})


def word_undone(stage: Stage, session: Session) -> None:
    document = record(stage, session)["json"]
    mark = document["cagelab"] | {"state": "ENDED"}
    change(stage, "session", session.alyx_id, json=document | {"cagelab": mark})


def lost_count(stage: Stage, session: Session) -> None:
    change(stage, "session", session.alyx_id, n_correct_trials=None)


def twin(stage: Stage, session: Session) -> None:
    change_to = record(stage, session) | {"id": "00000000-0000-4000-8000-000000000001", "json": None}
    stage.world.core.state.insert("session", change_to)


def flag_gone(stage: Stage, _: Session) -> None:
    row = stage.records("repository", name="aws_CogLab")[0]
    change(stage, "repository", row["id"], globus_is_personal=None)
    other = stage.records("repository", name="aws_cortexlab")[0]
    change(stage, "repository", other["id"], globus_is_personal=False)


def proven_missing(stage: Stage, _: Session) -> None:
    del stage.store.objects[place(stage)]


def marked_missing(stage: Stage, session: Session) -> None:
    change(stage, "dataset", dataset(stage)["id"], qc=0)
    proven_missing(stage, session)


def not_stored(stage: Stage, session: Session) -> None:
    change(stage, "file_record", file_record(stage)["id"], exists=False)
    marked_missing(stage, session)


def not_marked(stage: Stage, _: Session) -> None:
    change(stage, "file_record", file_record(stage)["id"], exists=False)


def sha1(stage: Stage, _: Session) -> None:
    change(stage, "dataset", dataset(stage)["id"], hash=hashlib.sha1(BYTES).hexdigest())


def no_hash(stage: Stage, _: Session) -> None:
    change(stage, "dataset", dataset(stage)["id"], hash="")


def cut_short(stage: Stage, _: Session) -> None:
    replace(stage, BYTES[:-1])


def other_bytes(stage: Stage, _: Session) -> None:
    replace(stage, BYTES[::-1])


def stray(stage: Stage, _: Session) -> None:
    folder = place(stage).rpartition("/")[0]
    stage.store.objects[f"{folder}/left.behind.tsv"] = Object(b"x", hashlib.md5(b"x").hexdigest(), "")


def no_place(stage: Stage, _: Session) -> None:
    row = dataset(stage) | {"id": "00000000-0000-4000-8000-000000000002", "name": "events.table.2.tsv"}
    stage.world.core.state.insert("dataset", row)


def only_here(stage: Stage, session: Session) -> None:
    stage.write(session, "events.table.9.tsv")


def grown_here(stage: Stage, session: Session) -> None:
    stage.write(session, EVENTS, data=BYTES * 2)


def odd_name(stage: Stage, session: Session) -> None:
    del session
    change(stage, "dataset", dataset(stage)["id"], name="_matlab_diary.2026-11-20_1.log")


FAULTS: dict[Kind, tuple[Callable[[Stage, Session], None], Mend]] = {
    Kind.JSON_TEXT: (not_json, Mend.SAFE),
    Kind.CLOSING_UNDONE: (stale_save, Mend.SAFE),
    Kind.CORRECT_LOST: (lost_count, Mend.SAFE),
    Kind.DOUBLE: (twin, Mend.NONE),
    Kind.HIDDEN: (flag_gone, Mend.NONE),
    Kind.PROVEN_MISSING: (proven_missing, Mend.SAFE),
    Kind.MARKED_MISSING: (marked_missing, Mend.SAFE),
    Kind.NOT_STORED: (not_stored, Mend.SAFE),
    Kind.NOT_MARKED: (not_marked, Mend.SAFE),
    Kind.HASH_KIND: (sha1, Mend.SAFE),
    Kind.NO_HASH: (no_hash, Mend.ASK),
    Kind.SIZE: (cut_short, Mend.ASK),
    Kind.CONTENT: (other_bytes, Mend.ASK),
    Kind.NOT_REGISTERED: (stray, Mend.NONE),
    Kind.NO_FILE_RECORD: (no_place, Mend.NONE),
    Kind.DISK_ONLY: (only_here, Mend.ASK),
    Kind.DISK_DIFFERS: (grown_here, Mend.ASK),
}


@entered
async def test_a_healthy_session_has_no_findings(stage: Stage) -> None:
    """And nothing is written by looking."""
    session = await recorded(stage)
    before = len(stage.alyx.calls), dict(stage.store.objects)
    assert await found(stage, session) == []
    assert all(call.startswith("GET ") for call in stage.alyx.calls[before[0] :])
    assert dict(stage.store.objects) == before[1]


@entered
@pytest.mark.parametrize("kind", FAULTS)
async def test_each_fault_is_found_once(stage: Stage, kind: Kind) -> None:
    """That one, with what to do and who can mend it, and nothing else."""
    session = await recorded(stage)
    plant, mend = FAULTS[kind]
    plant(stage, session)
    told = await found(stage, session)
    assert [(one.kind, one.mend) for one in told if one.kind is not Kind.CLOSING_UNDONE or kind is one.kind] == [
        (kind, mend)
    ]
    assert all(one.message and one.hint and one.id for one in told)


@entered
async def test_a_name_that_is_not_alf_is_good_to_know(stage: Stage) -> None:
    """ONE does not list it, and nothing is to be mended."""
    session = await recorded(stage)
    odd_name(stage, session)
    stage.files.files.pop(f"{session.folder}/{EVENTS}")
    assert [(one.kind, one.mend) for one in await found(stage, session)] == [(Kind.NOT_ALF, Mend.NONE)]


async def mended(stage: Stage, session: Session, kind: Kind) -> list[Found]:
    """What is found after the repair, and after delivery did its part."""
    FAULTS[kind][0](stage, session)
    told = await found(stage, session, safe=True)
    for one in told:
        if one.mend is Mend.ASK:
            assert not one.repaired  # nobody agreed
    told = await found(stage, session, repair=[one.id for one in told])
    assert all(one.repaired or one.mend is Mend.NONE for one in told), told
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    await asyncio.sleep(60.0)  # virtual
    return await found(stage, session)


@entered
@pytest.mark.parametrize("kind", [kind for kind, (_, mend) in FAULTS.items() if mend is not Mend.NONE])
async def test_what_can_be_mended_is_mended(stage: Stage, kind: Kind) -> None:
    """Safe repairs at once, the others once somebody agreed; the next audit finds nothing."""
    session = await recorded(stage)
    assert await mended(stage, session, kind) == []
    assert len(stage.records("session")) == 1


@entered
async def test_a_repair_is_not_done_to_what_differs(stage: Stage) -> None:
    """An object that is not what its SHA-1 says keeps it: an MD5 of it would make it look right."""
    session = await recorded(stage)
    sha1(stage, session)
    replace(stage, BYTES[::-1])
    [one] = await found(stage, session, safe=True)
    assert not one.repaired
    assert "not what was registered" in one.outcome
    assert dataset(stage)["hash"] == hashlib.sha1(BYTES).hexdigest()


@entered
async def test_files_that_changed_are_not_delivered_for_the_registered_ones(stage: Stage) -> None:
    """Same size, other bytes: what is missing in the store stays missing."""
    session = await recorded(stage)
    proven_missing(stage, session)
    stage.write(session, EVENTS, data=BYTES[::-1])
    [one] = await found(stage, session, safe=True)
    assert not one.repaired
    assert "is not the file that was registered" in one.outcome


@entered
async def test_the_whole_content_tells_secrets_and_differences(stage: Stage) -> None:
    """Only when an object is read whole; the secret itself is told nowhere."""
    session = await recorded(stage)
    secret = "hunter2-hunter2"
    await stage.house.credentials.put_store(STORE, "key", Secret(secret), keep=False)
    data = f"password={secret}".encode()
    replace(stage, data)
    change(stage, "dataset", dataset(stage)["id"], file_size=len(data), hash=hashlib.md5(data).hexdigest())
    stage.files.files.pop(f"{session.folder}/{EVENTS}")
    assert await found(stage, session) == []
    identity = dataset(stage)["id"]
    content = await stage.house.audit.content(ADMIN, session.alyx_id, identity)
    assert [one.kind for one in content.findings] == [Kind.SECRET]
    assert content.bytes_read == len(data)
    assert secret not in str(content.findings)
    change(stage, "dataset", identity, hash="0" * 32)
    content = await stage.house.audit.content(ADMIN, session.alyx_id, identity)
    assert [one.kind for one in content.findings] == [Kind.CONTENT, Kind.SECRET]


@entered
async def test_a_session_that_runs_or_is_being_delivered_is_left_alone(stage: Stage) -> None:
    """What is under way is not wrong."""
    await stage.house.choices.read(ADMIN, "labs")
    session = await stage.start()
    session = stage.journal.sessions.get(session.id)
    assert (session.run, session.alyx) == (Run.OPEN, AlyxState.OPEN)
    assert await found(stage, session) == []
    stage.write(session, "holiday photo.jpg", data=BYTES)
    assert [one.kind for one in await found(stage, session)] == [Kind.UNDER_WAY]
    stage.end(session)
    transfer = stage.upload(session)
    await stage.until(lambda: any(row.trouble.blocked for row in stage.rows(transfer).values()))
    told = await found(stage, session)
    assert [one.kind for one in told] == [Kind.UNDER_WAY], told


@entered
async def test_sessions_of_others_are_closed_once_somebody_agrees(stage: Stage) -> None:
    """An old one without end, which no journal knows: its end becomes its start where nothing else is known."""
    alyx = await stage.house.accounts.awake(ADMIN)
    made = await alyx.create("sessions", {"subject": "TestSubject", "number": 5, "start_time": "2026-01-02T10:00:00"})
    assert isinstance(made, dict)
    audit = stage.house.audit
    [one] = (await audit.session(ADMIN, made["id"], safe=True)).findings
    assert (one.kind, one.mend, one.repaired) == (Kind.NEVER_CLOSED, Mend.ASK, False)
    [one] = (await audit.session(ADMIN, made["id"], repair=[one.id])).findings
    assert one.repaired
    assert (await audit.session(ADMIN, made["id"])).findings == ()
    assert (await alyx.read(f"sessions/{made['id']}"))["end_time"].startswith("2026-01-02T10:00:00")


@entered
async def test_a_store_that_cannot_be_asked_is_said(stage: Stage) -> None:
    """Nothing is called missing that was not looked for."""
    session = await recorded(stage)
    await stage.house.credentials.remove("store", STORE, "")
    assert [one.kind for one in await found(stage, session)] == [Kind.STORE_NOT_ASKED]


@entered
async def test_nothing_is_uploaded_to_a_session_that_has_a_double(stage: Stage) -> None:
    """Alyx would give the file to either of them."""
    session = await recorded(stage)
    twin(stage, session)
    only_here(stage, session)
    told = await found(stage, session, safe=True)
    assert {(one.kind, one.mend) for one in told} == {(Kind.DOUBLE, Mend.NONE), (Kind.DISK_ONLY, Mend.NONE)}
    assert "other session" in next(one.hint for one in told if one.kind is Kind.DISK_ONLY)


@entered
async def test_a_repair_waits_for_the_files_of_its_day(stage: Stage) -> None:
    """A register-file for another session of that day saves sessions as it had read them: what is said to one
    meanwhile would be undone, also to a session that this bridge does not know."""
    await stage.house.choices.read(ADMIN, "labs")
    session = await recorded(stage)
    alyx = await stage.house.accounts.awake(ADMIN)
    started = f"{session.date}T08:00:00"
    made = await alyx.create("sessions", {"subject": "TestSubject", "number": 77, "start_time": started, "json": "{}"})
    assert isinstance(made, dict)
    busy = await stage.start()
    stage.write(busy, RAW)
    stage.alyx.plan.add(Fault("slow", method="POST", path="register-file", delay_s=20.0))
    stage.end(busy)
    stage.upload(busy)
    await stage.until(lambda: stage.journal.files.registering(busy.id))
    before = len(stage.alyx.calls)
    told = (await stage.house.audit.session(ADMIN, made["id"], safe=True)).findings
    assert [(one.kind, one.repaired) for one in told] == [(Kind.JSON_TEXT, True)]
    calls = stage.alyx.calls[before:]
    registered, mended = "POST /register-file", f"PATCH /sessions/{made['id']}"
    assert calls.index(registered) < calls.index(mended)


@entered
async def test_a_session_that_another_bridge_delivers_is_left_to_it(stage: Stage) -> None:
    """One of the two would undo the other; a day later it is at rest."""
    alyx = await stage.house.accounts.awake(ADMIN)
    mark = {"bridge_session": "somebody else's", "state": "OPEN"}
    began = stage.house.clock.naive()
    record = {"subject": "TestSubject", "number": 5, "start_time": began, "json": f'{{"cagelab": {json.dumps(mark)}}}'}
    made = await alyx.create("sessions", record)
    assert isinstance(made, dict)
    [one] = (await stage.house.audit.session(ADMIN, made["id"], safe=True)).findings
    assert (one.kind, one.repaired) == (Kind.JSON_TEXT, False)
    assert "may still deliver it. Audit it on that computer" in one.outcome
    await asyncio.sleep(DAY + 60)
    told = (await stage.house.audit.session(ADMIN, made["id"], safe=True)).findings
    assert {(one.kind, one.repaired) for one in told} == {(Kind.JSON_TEXT, True), (Kind.NEVER_CLOSED, False)}


@entered
async def test_hints_say_which_program_brings_a_file_in(stage: Stage) -> None:
    """`backfill` with the folder for a session that no bridge recorded; else the bridge that did."""
    alyx = await stage.house.accounts.awake(ADMIN)
    for number, mark, words in (
        (7, None, "`cagelab-bridge backfill /data/CogLab/Subjects/TestSubject/2026-01-02/007` uploads it"),
        (8, {"cagelab": {"bridge_session": "x", "state": "COMPLETE"}}, "with the bridge that recorded it"),
    ):
        start = "2026-01-02T10:00:00"
        made = await alyx.create(
            "sessions",
            {"subject": "TestSubject", "number": number, "start_time": start, "end_time": start, "json": mark},
        )
        assert isinstance(made, dict)
        folder = f"/data/CogLab/Subjects/TestSubject/2026-01-02/{number:03d}"
        stage.files.make_folder(folder)
        stage.files.write(f"{folder}/{EVENTS}", BYTES)
        [one] = (await stage.house.audit.session(ADMIN, made["id"])).findings
        assert (one.kind, words in one.hint) == (Kind.DISK_ONLY, True), one.hint
