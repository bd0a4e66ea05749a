"""A file leaves this computer only when everything speaks for it, and a start after a crash tells what became of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from cagelab_bridge.errors import FileBusy, FileUnreadable, NoCredentials, NotFound, Unreachable, WrongState
from cagelab_bridge.models import File, FileState, ReclaimStage, Session
from cagelab_bridge.ports import FileStat
from cagelab_bridge.services.reclaiming import manifest
from cagelab_bridge.services.reclaiming.standing import Stand, Standing
from tests.simulation.store_network import Object
from tests.simulation.world import STORE
from tests.unit.services.stage import ADMIN, Stage, entered

EVENTS, RAW = "events.table.1.tsv", "opticka.raw.1.mat"
BYTES = b"what was recorded"
DAY = 24 * 3600.0
HELD = 31 * DAY


class Killed(BaseException):
    """The process is gone."""


async def recorded(stage: Stage, wait: float = HELD) -> Session:
    """A complete session of two files, so long ago (virtual seconds)."""
    await stage.house.choices.read(ADMIN, "labs")
    session = await stage.start(projects=("demo",))
    stage.write(session, EVENTS, RAW, data=BYTES)
    stage.end(session)
    stage.upload(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    await asyncio.sleep(wait)
    return stage.journal.sessions.get(session.id)


async def listed(stage: Stage, session: Session) -> dict[str, Standing]:
    looked = await stage.house.reclaims.look(session.id)
    assert looked.reason == ""
    return {one.file.relative_path: one for one in looked.files}


async def stands(stage: Stage, session: Session) -> dict[str, Stand]:
    return {path: one.stand for path, one in (await listed(stage, session)).items()}


async def deleted(stage: Stage, session: Session, *paths: str) -> dict[str, Standing]:
    """Told to delete these, as they were listed; how they stand then."""
    files = {one.relative_path: one for one in delivered(stage, session)}
    wanted = {files[path].id: files[path].md5 for path in paths or files}
    return {one.file.relative_path: one for one in await stage.house.reclaims.delete(session.id, wanted)}


def delivered(stage: Stage, session: Session) -> list[File]:
    [transfer] = stage.journal.transfers.of_session(session.id)
    return stage.journal.files.page(transfer.id)


def path_of(session: Session, name: str = EVENTS) -> str:
    return f"{session.folder}/{name}"


def is_here(stage: Stage, session: Session, name: str = EVENTS) -> bool:
    return path_of(session, name) in stage.files.files


def lines(stage: Stage, session: Session) -> list[dict[str, Any]]:
    """What the manifest says, without its head."""
    data = stage.files.files[path_of(session, manifest.NAME)].data
    return [json.loads(line) for line in data.splitlines()[1:]]


def dataset(stage: Stage) -> dict[str, Any]:
    return stage.records("dataset", name=EVENTS)[0]


def change(stage: Stage, table: str, identity: str, **values: Any) -> None:
    stage.world.core.state.update(table, identity, values)


def place(stage: Stage) -> str:
    return next(path for path in stage.store.objects if dataset(stage)["id"] in path)


@entered
async def test_nothing_is_deleted_by_looking(stage: Stage) -> None:
    """Both files can go; the journal remembers two verifications at two times; files, Alyx and store are untouched."""
    session = await recorded(stage)
    before = dict(stage.files.files), dict(stage.store.objects), len(stage.alyx.calls)
    found = await listed(stage, session)
    assert {one.stand for one in found.values()} == {Stand.READY}
    row = stage.journal.reclaims.find(found[EVENTS].file.id)
    assert row == found[EVENTS].reclaim
    assert row is not None
    assert row.verified_at < row.again_at
    assert (row.verified_by, row.again_by, row.stage) == ("etag", "etag", ReclaimStage.VERIFIED)
    assert (dict(stage.files.files), dict(stage.store.objects)) == before[:2]
    assert all(call.startswith("GET ") for call in stage.alyx.calls[before[2] :])


@entered
async def test_what_is_named_is_deleted_and_nothing_else(stage: Stage) -> None:
    """The manifest and the journal say what it was, where it is, and when it was proven and deleted."""
    session = await recorded(stage)
    told = (await deleted(stage, session, EVENTS))[EVENTS]
    assert (told.stand, is_here(stage, session), is_here(stage, session, RAW)) == (Stand.RECLAIMED, False, True)
    [line] = lines(stage, session)
    file = told.file
    assert (line["path"], line["size"], line["md5"]) == (EVENTS, len(BYTES), hashlib.md5(BYTES).hexdigest())
    assert f"{line['bucket']}/{line['key']}" == place(stage)
    assert (line["store"], line["dataset_id"]) == (STORE, dataset(stage)["id"])
    assert line["verified_at"] < line["verified_again_at"] <= line["deleted_at"]
    row = stage.journal.reclaims.find(file.id)
    assert row is not None
    assert (row.stage, row.deleted_at) == (ReclaimStage.DELETED, line["deleted_at"])
    assert await stands(stage, session) == {EVENTS: Stand.RECLAIMED, RAW: Stand.READY}
    assert (await deleted(stage, session, EVENTS))[EVENTS].stand is Stand.RECLAIMED  # said again, nothing done
    assert len(lines(stage, session)) == 1


def changed(stage: Stage, session: Session) -> None:
    stage.write(session, EVENTS, data=BYTES[::-1])


def grown(stage: Stage, session: Session) -> None:
    stage.write(session, EVENTS, data=BYTES * 2)


def changed_unseen(stage: Stage, session: Session) -> None:
    """Other bytes with the time, size and inode of those that were delivered."""
    stage.files.files[path_of(session)].data = BYTES[::-1]


def being_written(stage: Stage, session: Session) -> None:
    def answer(path: str) -> bool:
        return path == path_of(session)

    stage.files.being_written = answer  # type: ignore[method-assign]  # a writer of this test's own


def being_read(stage: Stage, session: Session) -> None:
    def refuse(path: str, _stat: FileStat) -> None:
        raise FileBusy(f"{path} is open in a program.")

    stage.files.remove = refuse  # type: ignore[method-assign]  # a reader of this test's own


def no_right(stage: Stage, session: Session) -> None:
    def refuse(path: str, _stat: FileStat) -> None:
        raise FileUnreadable(f"{path} cannot be deleted: Read-only file system.")

    stage.files.remove = refuse  # type: ignore[method-assign]  # a disk of this test's own


def not_pass(stage: Stage, _: Session) -> None:
    change(stage, "dataset", dataset(stage)["id"], qc=40)


def not_existing(stage: Stage, _: Session) -> None:
    [entry] = stage.records("file_record", dataset=dataset(stage)["id"])
    change(stage, "file_record", entry["id"], exists=False)


def other_hash(stage: Stage, _: Session) -> None:
    change(stage, "dataset", dataset(stage)["id"], hash="0" * 32)


def dataset_gone(stage: Stage, _: Session) -> None:
    stage.world.core.state.delete("dataset", dataset(stage)["id"])


def unmarked(stage: Stage, _: Session) -> None:
    change(stage, "dataset", dataset(stage)["id"], json=None)


def odd_time(stage: Stage, session: Session) -> None:
    mark = {"bridge_session": session.id, "verified_at": "long ago"}
    change(stage, "dataset", dataset(stage)["id"], json={"cagelab": mark})


def moved_in_alyx(stage: Stage, _: Session) -> None:
    [row] = stage.records("repository", name="aws_CogLab")
    change(stage, "repository", row["id"], data_url=f"{STORE}/elsewhere/")


def object_gone(stage: Stage, _: Session) -> None:
    del stage.store.objects[place(stage)]


def object_other(stage: Stage, _: Session) -> None:
    stage.store.objects[place(stage)] = Object(BYTES[::-1], hashlib.md5(BYTES[::-1]).hexdigest(), dataset(stage)["id"])


def reopened_in_alyx(stage: Stage, session: Session) -> None:
    [row] = stage.records("session", id=session.alyx_id)
    mark = row["json"]["cagelab"] | {"state": "OPEN"}
    change(stage, "session", session.alyx_id, json=row["json"] | {"cagelab": mark})


def foreign_manifest(stage: Stage, session: Session) -> None:
    stage.files.write(path_of(session, manifest.NAME), b"mine\n")


AGAINST: dict[Callable[[Stage, Session], None], str] = {
    changed: "not what was delivered",
    grown: "not what was delivered",
    being_written: "open for writing",
    not_pass: "is FAIL, not PASS",
    not_existing: "does not say that it exists",
    other_hash: "another hash",
    dataset_gone: "does not know its dataset",
    unmarked: "Nobody knows when",
    odd_time: "Nobody knows when",
    moved_in_alyx: "elsewhere",
    object_gone: "does not have its object any more",
    object_other: "other bytes",
    reopened_in_alyx: "does not call the session complete",
}
ONLY_WHEN_DELETING = {
    changed_unseen: "not what was delivered",
    being_read: "open in a program",
    no_right: "Read-only",
    foreign_manifest: "was not written for this session",
}


@entered
@pytest.mark.parametrize("plant", AGAINST)
async def test_whatever_speaks_against_it_keeps_the_file(stage: Stage, plant: Callable[[Stage, Session], None]) -> None:
    """Also when it happens between the list and the order: the file stays, nothing is noted as deleted, and it is said
    why and what to do."""
    session = await recorded(stage)
    assert (await stands(stage, session))[EVENTS] is Stand.READY
    plant(stage, session)
    for told in ((await deleted(stage, session, EVENTS))[EVENTS], (await listed(stage, session))[EVENTS]):
        assert told.stand is Stand.STAYS
        assert AGAINST[plant] in told.reason
        assert told.hint
    assert is_here(stage, session)
    assert not is_here(stage, session, manifest.NAME)


@entered
@pytest.mark.parametrize("plant", ONLY_WHEN_DELETING)
async def test_the_last_look_keeps_the_file(stage: Stage, plant: Callable[[Stage, Session], None]) -> None:
    """What only the whole file, or the deletion itself, tells; a manifest that named it already takes it back."""
    session = await recorded(stage)
    before = stage.files.files[path_of(session)]
    plant(stage, session)
    told = (await deleted(stage, session, EVENTS))[EVENTS]
    assert (told.stand, bool(told.hint)) == (Stand.STAYS, True)
    assert ONLY_WHEN_DELETING[plant] in told.reason
    assert stage.files.files[path_of(session)] is before
    row = stage.journal.reclaims.find(told.file.id)
    assert row is not None
    assert (row.stage, row.deleted_at) == (ReclaimStage.VERIFIED, "")
    if plant in (being_read, no_right):
        assert manifest.read(stage.files.files[path_of(session, manifest.NAME)].data) == {}
    assert stage.journal.reclaims.unsettled() == []


@entered
async def test_a_young_file_is_held_and_nobody_is_asked(stage: Stage) -> None:
    """Thirty days after it was verified; Alyx and the store hear nothing of it before."""
    session = await recorded(stage, 29 * DAY)
    asked, sent = len(stage.alyx.calls), len(stage.store.sent)
    told = (await listed(stage, session))[EVENTS]
    assert (told.stand, told.reclaim) == (Stand.STAYS, None)
    assert "held until 2026-12-20" in told.reason
    assert (await deleted(stage, session, EVENTS))[EVENTS].stand is Stand.STAYS
    assert (len(stage.alyx.calls), len(stage.store.sent)) == (asked, sent)
    await asyncio.sleep(DAY + 60)
    assert (await stands(stage, session))[EVENTS] is Stand.READY


@entered
async def test_two_verifications_at_one_time_are_one(stage: Stage) -> None:
    """Without any hold time, the second one counts a day later."""
    await stage.restart(reclaim_hold_days=0.0)
    await stage.enter()
    session = await recorded(stage, DAY / 2)
    for told in ((await listed(stage, session))[EVENTS], (await deleted(stage, session, EVENTS))[EVENTS]):
        assert told.stand is Stand.STAYS
        assert "24 hours later" in told.reason
    await asyncio.sleep(DAY)
    assert (await stands(stage, session))[EVENTS] is Stand.READY


@entered
async def test_a_session_that_is_not_complete_keeps_all(stage: Stage) -> None:
    """An upload that has work left makes it so again."""
    session = await recorded(stage)
    stage.write(session, "holiday photo.jpg")
    stage.upload(session)
    looked = await stage.house.reclaims.look(session.id)
    assert (looked.files, "not complete" in looked.reason) == ((), True)
    with pytest.raises(WrongState, match="not complete"):
        await deleted_first(stage, session)
    assert is_here(stage, session)


async def deleted_first(stage: Stage, session: Session) -> None:
    first = stage.journal.transfers.of_session(session.id)[0]
    file = next(one for one in stage.journal.files.page(first.id) if one.relative_path == EVENTS)
    await stage.house.reclaims.delete(session.id, {file.id: file.md5})


@entered
async def test_an_upload_accepted_at_the_last_moment_keeps_the_file(stage: Stage) -> None:
    """It may mean that very file."""
    session = await recorded(stage)
    measure, looks = stage.files.read, 0

    def read(path: str, offset: int, count: int) -> bytes:
        nonlocal looks
        looks += path == path_of(session)
        if looks == 1:
            looks += 1
            stage.upload(session, path_of(session, RAW))
        return measure(path, offset, count)

    stage.files.read = read  # type: ignore[method-assign]  # somebody else calls just now
    told = (await deleted(stage, session, EVENTS))[EVENTS] if await listed(stage, session) else None
    assert told is not None
    assert (told.stand, "not complete" in told.reason, is_here(stage, session)) == (Stand.STAYS, True, True)


@entered
async def test_outside_the_data_root_nothing_is_deleted(stage: Stage) -> None:
    """A session whose folder lies elsewhere is told so."""
    session = await recorded(stage)
    await stage.restart(lab_root="/elsewhere")
    await stage.enter()
    looked = await stage.house.reclaims.look(session.id)
    assert "outside the data root /elsewhere" in looked.reason
    with pytest.raises(WrongState, match="outside"):
        await deleted(stage, session)
    assert is_here(stage, session)


@entered
async def test_an_order_means_the_file_that_was_listed(stage: Stage) -> None:
    """Another MD5, a file of another session, or one whose path was delivered anew since is not deleted."""
    session, other = await recorded(stage), await recorded(stage)
    file = delivered(stage, session)[0]
    [told] = await stage.house.reclaims.delete(session.id, {file.id: "0" * 32})
    assert (told.stand, told.reason) == (Stand.STAYS, "It is not what was listed.")
    with pytest.raises(NotFound):
        await stage.house.reclaims.delete(other.id, {file.id: file.md5})
    stage.write(session, EVENTS, data=b"corrected")
    stage.upload(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    [told] = await stage.house.reclaims.delete(session.id, {file.id: file.md5})
    assert told.reason == "It is not what was listed."
    assert is_here(stage, session)


@entered
async def test_servers_that_cannot_be_asked_stop_all(stage: Stage) -> None:
    """No file is called anything that was not looked at."""
    session = await recorded(stage)
    stage.away()
    with pytest.raises(Unreachable):
        await deleted(stage, session)
    stage.back()
    await asyncio.sleep(3600)
    await stage.house.credentials.remove("store", STORE, "")
    with pytest.raises(NoCredentials):
        await stage.house.reclaims.look(session.id)
    assert is_here(stage, session)


# -- killed ----------------------------------------------------------------------------------------------------------


def before_it_is_remembered(stage: Stage) -> None:
    at_edge(stage, "before reclaim_deleting")


def before_the_manifest(stage: Stage) -> None:
    at_edge(stage, "after reclaim_deleting")


def within_the_manifest(stage: Stage) -> None:
    def torn(path: str, line: bytes) -> None:
        stage.files.files[path].data += line[:20]
        raise Killed

    stage.files.append = torn  # type: ignore[method-assign]  # the power fails


def before_the_file_goes(stage: Stage) -> None:
    def killed(_path: str, _stat: FileStat) -> None:
        raise Killed

    stage.files.remove = killed  # type: ignore[method-assign]  # the process is killed


def before_it_is_noted(stage: Stage) -> None:
    at_edge(stage, "before reclaim_deleted")


def at_edge(stage: Stage, name: str) -> None:
    def edge(found: str) -> None:
        if found == name:
            raise Killed

    stage.edge = edge


KILLED: dict[Callable[[Stage], None], bool] = {
    before_it_is_remembered: True,
    before_the_manifest: True,
    within_the_manifest: True,
    before_the_file_goes: True,
    before_it_is_noted: False,
}


@entered
@pytest.mark.parametrize("kill", KILLED)
async def test_a_bridge_that_was_killed_tells_what_became_of_the_file(
    stage: Stage, kill: Callable[[Stage], None]
) -> None:
    """The file is there and nothing says otherwise, or it is gone and journal and manifest say so; then it can be told
    to go again."""
    session = await recorded(stage)
    await listed(stage, session)
    own = {name: getattr(stage.files, name) for name in ("append", "remove")}
    kill(stage)
    with pytest.raises(Killed):
        await deleted(stage, session, EVENTS)
    await stage.crash()
    stage.edge = lambda _name: None
    for name, method in own.items():
        setattr(stage.files, name, method)
    stage.open()
    await stage.enter()
    stage.house.reclaims.start()
    await asyncio.sleep(1)
    assert stage.journal.reclaims.unsettled() == []
    stays = KILLED[kill]
    assert is_here(stage, session) == stays
    found = await stands(stage, session)
    assert found == {EVENTS: Stand.READY if stays else Stand.RECLAIMED, RAW: Stand.READY}
    if is_here(stage, session, manifest.NAME):
        named = manifest.read(stage.files.files[path_of(session, manifest.NAME)].data)
        assert [row.relative_path for row in named.values()] == ([] if stays else [EVENTS])
    assert (await deleted(stage, session, EVENTS))[EVENTS].stand is Stand.RECLAIMED
    assert [row.relative_path for row in named_rows(stage, session)] == [EVENTS]
    await stage.house.reclaims.stop()


def named_rows(stage: Stage, session: Session) -> list[Any]:
    return list(manifest.read(stage.files.files[path_of(session, manifest.NAME)].data).values())


@entered
async def test_a_disk_that_is_not_there_tells_nothing(stage: Stage) -> None:
    """Not mounted after the crash: what was being deleted is neither gone nor kept until the folder is seen again."""
    session = await recorded(stage)
    before_the_file_goes(stage)
    with pytest.raises(Killed):
        await deleted(stage, session, EVENTS)
    away, folders = dict(stage.files.files), set(stage.files.folders)
    stage.files.files.clear()
    stage.files.folders.clear()
    [row] = stage.journal.reclaims.unsettled()
    stage.house.reclaims.start()
    await asyncio.sleep(1)
    assert stage.journal.reclaims.unsettled() == [row]
    stage.files.files |= away
    stage.files.folders |= folders
    assert (await stands(stage, session))[EVENTS] is Stand.READY


@entered
async def test_a_caller_who_goes_away_changes_nothing(stage: Stage) -> None:
    """What was begun is brought to its end, and the next call tells."""
    session = await recorded(stage)
    call = asyncio.ensure_future(deleted(stage, session))
    await stage.until(lambda: bool(stage.journal.reclaims.unsettled()) or not is_here(stage, session))
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert set((await stands(stage, session)).values()) <= {Stand.RECLAIMED, Stand.READY}
    assert not is_here(stage, session)


# -- afterwards ------------------------------------------------------------------------------------------------------


@entered
async def test_a_file_that_came_back_can_go_again(stage: Stage) -> None:
    """As `download` puts it there: with another time and inode, so that it is read before it is called ready."""
    session = await recorded(stage)
    await deleted(stage, session, EVENTS)
    stage.write(session, EVENTS, data=BYTES)
    assert (await stands(stage, session))[EVENTS] is Stand.READY
    assert (await deleted(stage, session, EVENTS))[EVENTS].stand is Stand.RECLAIMED
    assert len(lines(stage, session)) == 2


@entered
async def test_what_somebody_else_removed_is_not_called_reclaimed(stage: Stage) -> None:
    """It is only not there."""
    session = await recorded(stage)
    del stage.files.files[path_of(session)]
    assert (await stands(stage, session))[EVENTS] is Stand.ABSENT
    assert (await deleted(stage, session, EVENTS))[EVENTS].stand is Stand.ABSENT


@entered
async def test_uploading_again_knows_what_was_reclaimed(stage: Stage) -> None:
    """The whole folder has nothing new, and the manifest is no data; a path that is named is dismissed, with the
    reason; the session stays complete."""
    session = await recorded(stage)
    await deleted(stage, session, EVENTS)
    again = stage.upload(session)
    named = stage.upload(session, path_of(session))
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    assert set(stage.rows(again)) == {RAW}
    row = stage.rows(named)[EVENTS]
    assert (row.state, "Reclaimed from this computer" in row.trouble.reason) == (FileState.DISMISSED, True)


@entered
async def test_an_audit_does_not_miss_what_was_reclaimed(stage: Stage) -> None:
    """Neither the file nor its manifest is a finding; an object that is lost afterwards is told as what it is."""
    session = await recorded(stage)
    await deleted(stage, session, EVENTS)
    assert (await stage.house.audit.session(ADMIN, session.alyx_id)).findings == ()
    object_gone(stage, session)
    [found] = (await stage.house.audit.session(ADMIN, session.alyx_id)).findings
    assert (found.kind, "copy of the store" in found.hint) == ("pass-but-missing", True)
