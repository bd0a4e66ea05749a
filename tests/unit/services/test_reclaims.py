"""A file leaves this computer only when everything speaks for it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

import pytest

from cagelab_bridge.errors import FileBusy, FileUnreadable, NoCredentials, NotFound, Unreachable, WrongState
from cagelab_bridge.models import ReclaimStage, Session
from cagelab_bridge.ports import FileStat
from cagelab_bridge.services.reclaiming import manifest
from cagelab_bridge.services.reclaiming.standing import Stand
from tests.simulation.store_network import Object
from tests.simulation.world import STORE
from tests.unit.services.reclaiming import (
    BYTES,
    DAY,
    EVENTS,
    RAW,
    change,
    dataset,
    deleted,
    delivered,
    is_here,
    lines,
    listed,
    object_gone,
    path_of,
    place,
    recorded,
    stands,
)
from tests.unit.services.stage import Stage, entered


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
async def test_the_folder_of_a_backfilled_session_is_only_read(stage: Stage) -> None:
    """Whoever let the bridge read an archive did not let it delete there."""
    session = await recorded(stage)
    stage.journal.backfills.insert(session.id)
    assert "only read" in (await stage.house.reclaims.look(session.id)).reason
    with pytest.raises(WrongState, match="only read"):
        await deleted(stage, session, EVENTS)
    assert is_here(stage, session)


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
    def answer(_path: str) -> bool:
        return _path == path_of(session)

    stage.files.being_written = answer  # type: ignore[method-assign]  # a writer of this test's own


def written_once_it_was_listed(stage: Stage, session: Session) -> None:
    """A program opens it between the first look and the last one."""
    looks = 0

    def answer(_path: str) -> bool:
        nonlocal looks
        looks += _path == path_of(session)
        return looks > 1

    stage.files.being_written = answer  # type: ignore[method-assign]  # a writer of this test's own


def touched_before_it_was_read(stage: Stage, session: Session) -> None:
    """The same bytes, written by somebody who may be about to write others: their page is dirty already."""
    looks = 0

    def answer(_path: str) -> bool:
        nonlocal looks
        looks += _path == path_of(session)
        if looks == 2:
            stage.write(session, EVENTS, data=BYTES)
        return False

    stage.files.being_written = answer  # type: ignore[method-assign]  # a writer of this test's own


def being_read(stage: Stage, session: Session) -> None:
    def refuse(path: str, stat: FileStat) -> None:
        raise FileBusy(f"{path} is open in a program.")

    stage.files.remove = refuse  # type: ignore[method-assign]  # a reader of this test's own


def no_right(stage: Stage, session: Session) -> None:
    def refuse(path: str, stat: FileStat) -> None:
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
ONLY_WHEN_DELETING: dict[Callable[[Stage, Session], None], str] = {
    changed_unseen: "not what was delivered",
    written_once_it_was_listed: "open for writing",
    touched_before_it_was_read: "changed just now",
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
    assert stage.files.files[path_of(session)] is before or plant is touched_before_it_was_read
    assert is_here(stage, session)
    row = stage.journal.reclaims.find(told.file.id)
    assert row is not None
    assert (row.stage, row.deleted_at) == (ReclaimStage.VERIFIED, "")
    if plant in (being_read, no_right):
        assert manifest.read(stage.files.files[path_of(session, manifest.NAME)].data) == {}
    assert stage.journal.reclaims.unsettled() == []


@entered
async def test_a_file_that_was_touched_is_not_ready_while_somebody_writes(stage: Stage) -> None:
    """Its bytes are those that were delivered; what is in the writer's memory may not be."""
    session = await recorded(stage)
    stage.write(session, EVENTS, data=BYTES)
    assert (await stands(stage, session))[EVENTS] is Stand.READY
    being_written(stage, session)
    told = (await listed(stage, session))[EVENTS]
    assert (told.stand, told.reason) == (Stand.STAYS, "It is open for writing.")


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
async def test_an_object_may_be_read_before_it_is_believed(stage: Stage) -> None:
    """A disk of the store that lost bytes shows only when they are read: its checksum is the old one."""
    await stage.restart(reclaim_read_back=True)
    await stage.enter()
    session = await recorded(stage)
    found = (await listed(stage, session))[EVENTS]
    assert found.reclaim is not None
    assert (found.stand, found.reclaim.again_by) == (Stand.READY, "read-back")
    kept = stage.store.objects[place(stage)]
    stage.store.objects[place(stage)] = Object(BYTES[::-1], kept.etag, dataset(stage)["id"])
    told = (await deleted(stage, session, EVENTS))[EVENTS]
    assert (told.stand, "read back" in told.reason, is_here(stage, session)) == (Stand.STAYS, True, True)


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
