"""What a crash, a download, an upload, an audit and a lost journal make of reclaimed files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import FileState, ReclaimStage, Session
from cagelab_bridge.ports import FileStat
from cagelab_bridge.services.reclaiming import manifest, reclaims
from cagelab_bridge.services.reclaiming.standing import Stand
from cagelab_bridge.services.records.recovery import Recovery
from tests.unit.services.reclaiming import (
    BYTES,
    EVENTS,
    RAW,
    deleted,
    delivered,
    is_here,
    lines,
    listed,
    object_gone,
    path_of,
    recorded,
    stands,
)
from tests.unit.services.stage import ADMIN, Stage, entered


class Killed(BaseException):
    """The process is gone."""


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
    def killed(path: str, stat: FileStat) -> None:
        raise Killed

    stage.files.remove = killed  # type: ignore[method-assign]  # the process is killed


def within_the_removal(stage: Stage) -> None:
    def killed(path: str, stat: FileStat) -> None:
        folder, _, name = path.rpartition("/")
        stage.files.files[f"{folder}/.{name}.reclaiming"] = stage.files.files.pop(path)
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
    within_the_removal: True,
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


def wipe(state: Path) -> None:
    for path in state.iterdir():
        path.unlink()


@entered
async def test_a_lost_journal_learns_from_the_manifest(stage: Stage) -> None:
    """What was reclaimed is so again, with its verifications; what is there, or came back, is not; a second look at the
    records adds nothing, and a dry run nothing at all."""
    stage.house.records.start()
    session = await recorded(stage)
    await deleted(stage, session)
    stage.write(session, RAW, data=BYTES)
    before = stage.journal.reclaims.of_session(session.id)
    await stage.house.records.stop()
    await stage.close()
    state = Path(stage.settings.state_folder)
    wipe(state)
    for dry_run, notes in ((True, "reclaimed"), (False, "1 of its files were reclaimed"), (False, "reclaimed")):
        journal = Journal(state)
        try:
            [found] = Recovery(journal, stage.files, dry_run=dry_run).run("/data")
        finally:
            journal.close()
        assert notes in found.why
    stage.open()
    await stage.enter()
    [row] = stage.journal.reclaims.of_session(session.id).values()
    assert row == before[row.file_id]
    assert (row.relative_path, row.stage) == (EVENTS, ReclaimStage.DELETED)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    assert await stands(stage, session) == {EVENTS: Stand.RECLAIMED, RAW: Stand.READY}


def test_a_manifest_is_read_as_far_as_it_is_whole() -> None:
    """Torn lines and files of others say nothing; "kept" takes back."""
    head = manifest.begin("s1")
    line = json.dumps({"path": "a.tsv", "file_id": "f1", "deleted_at": "2026-11-20T09:00:00Z"}).encode()
    kept = json.dumps({"kept": "a.tsv", "file_id": "f1"}).encode()
    assert set(manifest.read(b"\n".join((head, line)))) == {"f1"}
    assert manifest.read(b"\n".join((head, line[:30]))) == {}
    assert set(manifest.read(b"\n".join((head, line[:30], line)))) == {"f1"}
    assert manifest.read(b"\n".join((head, line, kept))) == {}
    assert manifest.read(line) == manifest.read(b"") == manifest.read(head[:40]) == {}
    assert (manifest.owner(head), manifest.owner(line), manifest.owner(b"[1]")) == ("s1", "", "")


@entered
async def test_what_takes_long_goes_on_and_the_next_call_finds_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that has no time left answers what it has; nothing is begun twice because of that."""
    session = await recorded(stage)
    monkeypatch.setattr(reclaims, "CALL", 0.0)
    sent = len(stage.store.sent)
    token, found = "", list[str]()
    for _ in range(20):
        looked = await stage.house.reclaims.look(session.id, token)
        found += [one.file.relative_path for one in looked.files]
        token = looked.token
        if not token:
            break
        await asyncio.sleep(5)
    assert (found, token, len(stage.store.sent) - sent) == ([EVENTS, RAW], "", 2)
    wanted = {file.id: file.md5 for file in delivered(stage, session)}
    assert await stage.house.reclaims.delete(session.id, wanted) == ()
    await asyncio.sleep(5)
    [first] = await stage.house.reclaims.delete(session.id, wanted)
    assert (first.file.relative_path, first.stand) == (EVENTS, Stand.RECLAIMED)
    await asyncio.sleep(5)
    del wanted[first.file.id]
    [second] = await stage.house.reclaims.delete(session.id, wanted)
    assert (second.file.relative_path, second.stand) == (RAW, Stand.RECLAIMED)
    assert len(lines(stage, session)) == 2
