"""A lost journal is rebuilt from what lies beside the data, and everything is finished without doubles."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AlyxState, FileState, Run, Session
from cagelab_bridge.services.records import record_keeper, second_record
from cagelab_bridge.services.records.recovery import Found, Outcome, Recovery
from cagelab_bridge.services.transfers import UploadOrder
from tests.unit.services.stage import Stage, entered

NAMES = ("events.table.1.tsv", "alf/mock.table.2.npy")
PATIENCE = 2 * 86400.0  # virtual seconds


def state(stage: Stage) -> Path:
    return Path(stage.settings.state_folder)


def recover(stage: Stage, *, root: str = "/data", dry_run: bool = False) -> list[Found]:
    """What `cagelab-bridge recover` does while the bridge rests."""
    journal = Journal(state(stage))
    try:
        return Recovery(journal, stage.files, dry_run=dry_run).run(root)
    finally:
        journal.close()


async def lose(stage: Stage) -> None:
    """The process is gone, and with it the state folder."""
    await stage.house.records.stop()
    await stage.close()
    wipe(stage)


def wipe(stage: Stage) -> None:
    """The state folder is empty."""
    for path in state(stage).iterdir():
        path.unlink()


def outcomes(found: list[Found]) -> list[tuple[str, Outcome]]:
    return [(one.path, one.outcome) for one in found]


async def finished(stage: Stage) -> Session:
    """A session with two uploads that is in Alyx and the store, and in its record."""
    stage.house.records.start()
    session = await stage.start()
    stage.write(session, *NAMES, data=b"x" * 9000)
    stage.end(session, upload=UploadOrder(), qc="PASS", narrative="done")
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed, PATIENCE)
    await stage.house.records.stop()
    return stage.journal.sessions.get(session.id)


def truth(stage: Stage, session_id: str) -> None:
    """The session once, complete; each file once, PASS, in the store as it was read."""
    rows = stage.records("session")
    ours = [row for row in rows if (row["json"] or {}).get("cagelab", {}).get("bridge_session") == session_id]
    assert len(ours) == 1
    assert ours[0]["json"]["cagelab"]["state"] == "COMPLETE"
    assert ours[0]["narrative"] == "done"
    datasets = stage.records("dataset", session=ours[0]["id"])
    assert sorted(row["name"] for row in datasets) == ["events.table.1.tsv", "mock.table.2.npy"]
    for row in datasets:
        assert row["qc"] in ("PASS", 10)
        assert [entry["exists"] for entry in stage.records("file_record", dataset=row["id"])] == [True]
        stored = [thing.data for key, thing in stage.store.objects.items() if str(row["id"]) in key]
        assert [hashlib.md5(data).hexdigest() for data in stored] == [row["hash"]]


@entered
async def test_a_finished_session_comes_back_as_it_was(stage: Stage) -> None:
    """Nothing of it is sent or asked again: DONE stays DONE with its ids, complete stays complete."""
    session = await finished(stage)
    files = [file for one in stage.journal.transfers.of_session(session.id) for file in stage.rows(one.id).values()]
    await lose(stage)
    found = recover(stage)
    assert [(one.outcome, one.transfers, one.files) for one in found] == [(Outcome.RECOVERED, 1, 2)]
    stage.open()
    calls, sent = len(stage.alyx.calls), len(stage.store.sent)
    assert stage.journal.sessions.get(session.id) == session
    for file in files:
        assert stage.journal.files.get(file.id) == file
    await stage.enter()
    await stage.runtime.sleep(3600.0)
    assert not [call for call in stage.alyx.calls[calls:] if call.startswith(("PATCH", "DELETE", "POST /register"))]
    assert not [call for call in stage.store.sent[sent:] if call.startswith("PUT")]


@entered
async def test_every_older_record_leads_to_the_same_end(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """However old the record is at the loss, of all that Alyx and the store have nothing is made twice."""
    monkeypatch.setattr(record_keeper, "SHORTEST", 0.0)
    monkeypatch.setattr(record_keeper, "MOMENT", 0.0)
    versions: list[bytes] = []
    write = stage.files.write_atomic

    def noted(path: str, data: bytes | bytearray) -> None:
        versions.append(bytes(data))
        write(path, data)

    stage.files.write_atomic = noted  # type: ignore[method-assign]  # every version is of interest here
    session = await finished(stage)
    assert len(versions) >= 8
    states = {file.state for data in versions for file in second_record.read(data).files}
    assert states >= {FileState.ACCEPTED, FileState.HASHED, FileState.REGISTERED, FileState.DONE}
    for version in versions:
        await lose(stage)
        stage.files.files[f"{session.folder}/session.json"].data = version
        assert [one.outcome for one in recover(stage)] == [Outcome.RECOVERED]
        stage.open()
        await stage.enter()
        rows = second_record.read(version)
        if rows.session.run is Run.RESERVED:
            continue
        if rows.session.run is Run.OPEN:
            stage.end(rows.session, upload=UploadOrder(), qc="PASS", narrative="done")
        await stage.until(lambda: stage.journal.sessions.get(session.id).completed, PATIENCE)
        truth(stage, session.id)


@pytest.mark.parametrize("loss", range(1, 13))
@entered
async def test_a_loss_at_any_moment_is_survived(stage: Stage, monkeypatch: pytest.MonkeyPatch, loss: int) -> None:
    """The journal is lost right after the n-th writing of the record; the bridge then finishes what it finds there."""
    monkeypatch.setattr(record_keeper, "SHORTEST", 0.0)
    monkeypatch.setattr(record_keeper, "MOMENT", 0.0)
    gone, written = asyncio.Event(), 0
    write = stage.files.write_atomic

    def counted(path: str, data: bytes | bytearray) -> None:
        nonlocal written
        written += 1
        if written <= loss:
            write(path, data)
        if written == loss:
            gone.set()

    stage.files.write_atomic = counted  # type: ignore[method-assign]  # the moment of the loss
    stage.house.records.start()
    session = await stage.start()
    stage.write(session, *NAMES, data=b"x" * 9000)
    stage.end(session, upload=UploadOrder(), qc="PASS", narrative="done")
    await stage.runtime.wait_for(gone.wait(), PATIENCE)
    await lose(stage)
    assert [one.outcome for one in recover(stage)] == [Outcome.RECOVERED]
    stage.open()
    await stage.enter()
    if stage.journal.sessions.get(session.id).run is Run.OPEN:
        stage.end(session, upload=UploadOrder(), qc="PASS", narrative="done")
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed, PATIENCE)
    truth(stage, session.id)


@entered
async def test_a_dry_run_and_a_second_run_change_nothing(stage: Stage) -> None:
    """A dry run says the same and writes no row; a second run finds everything known."""
    session = await finished(stage)
    await lose(stage)
    dry = recover(stage, dry_run=True)
    journal = Journal(state(stage))
    assert journal.sessions.recent() == []
    journal.close()
    assert recover(stage) == dry
    again = recover(stage)
    assert [(one.outcome, one.transfers, one.files) for one in again] == [(Outcome.KNOWN, 0, 0)]
    stage.open()
    assert stage.journal.sessions.get(session.id) == session


@entered
async def test_the_journal_wins(stage: Stage) -> None:
    """Rows the journal has are left alone, however the record differs."""
    session = await finished(stage)
    path = f"{session.folder}/session.json"
    rows = second_record.read(stage.files.files[path].data)
    other = dataclasses.replace(rows.session, end_narrative="forged", run=Run.ABANDONED)
    stage.files.files[path].data = second_record.render(dataclasses.replace(rows, session=other))
    await stage.close()
    assert [one.outcome for one in recover(stage)] == [Outcome.KNOWN]
    stage.open()
    assert stage.journal.sessions.get(session.id) == session


@entered
async def test_an_older_journal_gets_what_it_lacks(stage: Stage) -> None:
    """A backup that knows the session but not its uploads gets them, and looks before it registers anything."""
    stage.house.records.start()
    session = await stage.start()
    await stage.close()
    backup = {path: path.read_bytes() for path in state(stage).iterdir()}
    stage.open()
    await stage.enter()
    stage.house.records.start()
    stage.write(session, *NAMES, data=b"x" * 9000)
    stage.end(session, upload=UploadOrder(), qc="PASS", narrative="done")
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed, PATIENCE)
    await stage.house.records.stop()
    await lose(stage)
    for path, data in backup.items():
        path.write_bytes(data)
    found = recover(stage)
    assert [(one.outcome, one.transfers, one.files) for one in found] == [(Outcome.ADDED, 1, 2)]
    stage.open()
    await stage.enter()
    stage.end(session, qc="PASS", narrative="done")
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed, PATIENCE)
    truth(stage, session.id)


def moved(stage: Stage, session: Session, folder: str, *, copy: bool = False) -> None:
    """Move (or copy) a session's folder."""
    for path in list(stage.files.files):
        if path.startswith(f"{session.folder}/"):
            there = folder + path.removeprefix(session.folder)
            stage.files.files[there] = dataclasses.replace(stage.files.files[path], inode=len(stage.files.files) + 50)
            stage.files.versions[there] = stage.files.versions.get(path, [])
            if not copy:
                del stage.files.files[path]


def tail(session: Session) -> str:
    return "/".join(session.folder.split("/")[-3:])


@entered
async def test_a_moved_folder_is_recovered_in_its_new_place(stage: Stage) -> None:
    """With the end of the path as it was, session, uploads and files go on from the new place."""
    stage.house.records.start()
    session = await stage.start()
    stage.write(session, *NAMES, data=b"x" * 9000)
    stage.away()
    stage.end(session, upload=UploadOrder(), qc="PASS", narrative="done")
    await stage.until(lambda: stage.journal.transfers.of_session(session.id)[0].listed)
    await stage.house.records.stop()
    await lose(stage)
    new = f"/data/elsewhere/{tail(session)}"
    moved(stage, session, new)
    found = recover(stage)
    assert [(one.outcome, one.path) for one in found] == [(Outcome.RECOVERED, f"{new}/session.json")]
    assert session.folder in found[0].why
    stage.back()
    stage.open()
    await stage.enter()
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed, PATIENCE)
    assert stage.journal.sessions.get(session.id).folder == new
    truth(stage, session.id)


@entered
async def test_a_folder_of_another_day_or_subject_is_set_aside(stage: Stage) -> None:
    """A record that was moved into another session's folder is reported, not guessed."""
    session = await finished(stage)
    await lose(stage)
    for place in ("/data/Ann/2026-11-20/001", "/data/TestSubject/2026-11-21/001", "/data/backup/old"):
        moved(stage, session, place, copy=True)
    stage.files.files.pop(f"{session.folder}/session.json")
    found = recover(stage)
    assert {one.outcome for one in found} == {Outcome.SET_ASIDE}
    assert len(found) == 3
    assert all(one.why for one in found)


@entered
async def test_of_two_copies_the_one_in_its_place_counts(stage: Stage) -> None:
    """Both are reported; without the original, two copies are ambiguous and none is taken."""
    session = await finished(stage)
    copies = [f"/data/{name}/{tail(session)}" for name in ("a", "z")]
    for place in copies:
        moved(stage, session, place, copy=True)
    await lose(stage)
    found = recover(stage)
    assert sorted(outcomes(found)) == sorted(
        [(f"{place}/session.json", Outcome.COPY) for place in copies]
        + [(f"{session.folder}/session.json", Outcome.RECOVERED)]
    )
    wipe(stage)
    del stage.files.files[f"{session.folder}/session.json"]
    assert [one.outcome for one in recover(stage)] == [Outcome.SET_ASIDE] * 2


@entered
async def test_a_copy_outside_the_root_is_told_from_a_moved_folder(stage: Stage) -> None:
    """While the session still lies where it was, a copy elsewhere is not its new place."""
    session = await finished(stage)
    moved(stage, session, f"/backup/{tail(session)}", copy=True)
    await lose(stage)
    assert [one.outcome for one in recover(stage, root="/backup")] == [Outcome.COPY]


CONTENTS: dict[str, tuple[bytes, Outcome]] = {
    "empty": (b"", Outcome.SET_ASIDE),
    "zeros": (b"\0" * 500, Outcome.SET_ASIDE),
    "another program's": (b'{"session": 3}', Outcome.FOREIGN),
    "no JSON": (b"hello", Outcome.SET_ASIDE),
}


@pytest.mark.parametrize("kind", CONTENTS)
@entered
async def test_what_is_no_record_is_reported(stage: Stage, kind: str) -> None:
    """A damaged file is set aside; that of another program is told as such; the others are recovered."""
    session = await finished(stage)
    await lose(stage)
    data, outcome = CONTENTS[kind]
    stage.files.write("/data/other/session.json", data)
    assert sorted(outcomes(recover(stage))) == sorted(
        [(f"{session.folder}/session.json", Outcome.RECOVERED), ("/data/other/session.json", outcome)]
    )


@pytest.mark.parametrize("change", [{"version": 9}, {"transfers": None}])
@entered
async def test_a_record_of_another_version_or_damaged_is_set_aside(stage: Stage, change: dict[str, Any]) -> None:
    """The reason is told, and the journal stays as it is."""
    session = await finished(stage)
    await lose(stage)
    content = stage.files.files[f"{session.folder}/session.json"]
    content.data = json.dumps(json.loads(content.data) | change, indent=2).encode()
    found = recover(stage)
    assert [one.outcome for one in found] == [Outcome.SET_ASIDE]
    assert found[0].why
    assert [one.outcome for one in recover(stage)] == [Outcome.SET_ASIDE]


@entered
async def test_a_folder_that_has_another_session_by_now_is_set_aside(stage: Stage) -> None:
    """The folder was used again after the loss: the journal's session keeps it."""
    session = await finished(stage)
    await lose(stage)
    rows = second_record.read(stage.files.files[f"{session.folder}/session.json"].data)
    journal = Journal(state(stage))
    journal.restoring.session(dataclasses.replace(rows.session, id="another", alyx=AlyxState.LOCAL))
    journal.close()
    found = recover(stage)
    assert [one.outcome for one in found] == [Outcome.SET_ASIDE]
    assert "another" in found[0].why
