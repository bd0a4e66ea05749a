"""`session.json` follows the journal, and disturbs nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge.errors import FileVanished, JournalTrouble
from cagelab_bridge.local_files import LocalFiles
from cagelab_bridge.models import FileState, Session, Trouble
from cagelab_bridge.services.records import record_keeper, second_record
from cagelab_bridge.services.transfers import UploadOrder
from tests.unit.services.stage import PASSWORD, SECRET_KEY, Stage, entered, staged


class Writes:
    """Counts what is written through `stage.files`, and lets it fail."""

    def __init__(self, stage: Stage) -> None:
        self.at: list[float] = []
        self.trouble: Exception | None = None
        self._stage = stage
        self._write = stage.files.write_atomic
        stage.files.write_atomic = self  # type: ignore[method-assign]  # a disk that can be watched

    def __call__(self, path: str, data: bytes | bytearray) -> None:
        self.at.append(self._stage.runtime.monotonic())
        if self.trouble:
            raise self.trouble
        self._write(path, data)


def document(stage: Stage, session: Session) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stage.files.files[f"{session.folder}/session.json"].data)
    return found


def keeps(stage: Stage) -> Writes:
    writes = Writes(stage)
    stage.house.records.start()
    return writes


@entered
async def test_the_record_says_how_the_session_ended(stage: Stage) -> None:
    """Once the session is complete, its record equals the journal, and nothing of it is uploaded."""
    keeps(stage)
    session = await stage.start()
    stage.write(session, "events.table.1.tsv", "events.table.2.tsv")
    _, transfer = stage.end(session, upload=UploadOrder())
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    await stage.house.records.stop()
    rows = second_record.read(stage.files.files[f"{session.folder}/session.json"].data)
    assert rows.session == stage.journal.sessions.get(session.id)
    assert list(rows.transfers) == stage.journal.transfers.of_session(session.id)
    assert {file.relative_path: file.state for file in rows.files} == {
        "events.table.1.tsv": FileState.DONE,
        "events.table.2.tsv": FileState.DONE,
    }
    assert set(stage.rows(transfer)) == {"events.table.1.tsv", "events.table.2.tsv"}


@entered
async def test_the_record_of_another_program_is_data(stage: Stage) -> None:
    """A session.json that the bridge did not write is uploaded and never touched; the operator is told."""
    keeps(stage)
    session = await stage.start()
    await stage.house.records.stop()
    stage.house.records.start()
    stage.write(session, "session.json", data=b'{"mine": 1}')
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.get(transfer).listed)
    assert set(stage.rows(transfer)) == {"session.json"}
    await stage.house.records.stop()
    assert stage.files.files[f"{session.folder}/session.json"].data == b'{"mine": 1}'
    notices = stage.house.records.notices()
    assert [notice.field for notice in notices] == ["second_record"]
    assert "not written by the bridge" in notices[0].message


@staged
async def test_the_record_of_another_session_is_not_overwritten(stage: Stage) -> None:
    """A journal that was lost must stay recoverable, even if its folder is used again."""
    await stage.enter()
    keeps(stage)
    first, second = await stage.start(), await stage.start()
    await stage.house.records.stop()
    copy = stage.files.files[f"{first.folder}/session.json"].data
    stage.files.files[f"{second.folder}/session.json"].data = copy
    stage.house.records.start()
    stage.end(second)
    await stage.until(stage.house.records.notices)
    assert stage.files.files[f"{second.folder}/session.json"].data == copy
    assert "another session" in stage.house.records.notices()[0].message
    await stage.house.records.stop()


async def busy(stage: Stage, session: Session, seconds: int) -> None:
    """Files of the session move, ten times a second; the last thing said is "moved"."""
    row = next(iter(stage.rows(stage.journal.transfers.of_session(session.id)[0].id).values()))
    for number in range(seconds * 10):
        stage.journal.files.trouble(row, Trouble(reason=f"moves {number}"))
        await stage.runtime.sleep(0.1)
    stage.journal.files.trouble(row, Trouble(reason="moved"))


@entered
async def test_many_changes_make_few_writings(stage: Stage) -> None:
    """While files move, the record is written once per second, and at the stop."""
    writes = keeps(stage)
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == 1)
    writes.at.clear()
    await busy(stage, session, 20)
    assert 18 <= len(writes.at) <= 22
    assert min(later - earlier for earlier, later in pairwise(writes.at)) > 0.99
    await stage.house.records.stop()
    assert document(stage, session)["transfers"][0]["files"][0]["trouble"]["reason"] == "moved"


@entered
async def test_what_did_not_change_is_not_written(stage: Stage) -> None:
    """A change that the record does not show, such as bytes sent, writes nothing."""
    writes = keeps(stage)
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == 1)
    await stage.runtime.sleep(10.0)
    before = len(writes.at)
    for number in range(20):
        stage.journal.files.sent(stage.rows(transfer)["events.table.1.tsv"], number)
        await stage.runtime.sleep(1.0)
    assert len(writes.at) == before
    await stage.house.records.stop()


@entered
async def test_a_session_with_very_many_files_is_written_every_half_minute(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pause grows with the number of files: 10,000 are written every 30 s, the session's end at once."""
    monkeypatch.setattr(record_keeper, "FILES_PER_SECOND", 2)  # as if these 60 were 10,000
    writes = keeps(stage)
    session = await stage.start()
    stage.write(session, *(f"events.table.{number}.tsv" for number in range(60)))
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).total == 60)
    before = len(writes.at)
    await busy(stage, session, 100)
    assert 2 <= len(writes.at) - before <= 5
    stage.end(session)
    ended = stage.runtime.monotonic()
    await stage.until(lambda: document(stage, session)["session"]["run"] == "ENDED")
    assert stage.runtime.monotonic() - ended < 2.0
    await stage.house.records.stop()


@entered
async def test_a_full_disk_is_told_once_and_disturbs_nothing(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Delivery goes on, one line in the log, a notice; when there is room again the record is written by itself."""
    caplog.set_level(logging.INFO)
    writes = keeps(stage)
    writes.trouble = JournalTrouble("The disk is full.", about="disk")
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    stage.end(session, upload=UploadOrder())
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    await stage.runtime.sleep(200.0)
    assert caplog.text.count("The disk is full.") == 1
    assert [notice.field for notice in stage.house.records.notices()] == ["second_record"]
    assert f"{session.folder}/session.json" not in stage.files.files
    writes.trouble = None
    await stage.until(lambda: f"{session.folder}/session.json" in stage.files.files, patience=60.0)
    assert document(stage, session)["session"]["completed"] is True
    assert stage.house.records.notices() == []
    assert len(writes.at) < 20
    await stage.house.records.stop()


@entered
async def test_a_folder_that_was_moved_away_troubles_nobody(stage: Stage) -> None:
    """A finished session's folder may be archived: no notice, no folder made anew."""
    writes = keeps(stage)
    writes.trouble = FileVanished("The folder is no longer there.")
    session = await stage.start()
    stage.end(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    await stage.house.records.stop()
    assert writes.at
    assert stage.house.records.notices() == []


@entered
async def test_a_stop_writes_what_is_pending(stage: Stage) -> None:
    """The last change before the stop is in the record."""
    keeps(stage)
    session = await stage.start()
    await stage.until(lambda: f"{session.folder}/session.json" in stage.files.files)
    stage.end(session, narrative="last words")
    await stage.house.records.stop()
    assert document(stage, session)["session"]["end_narrative"] == "last words"


@entered
async def test_a_start_brings_old_records_up_to_date(stage: Stage) -> None:
    """A bridge that was killed before it wrote a record writes it at its next start."""
    session = await stage.start()
    stage.end(session)
    assert f"{session.folder}/session.json" not in stage.files.files
    stage.house.records.start()
    await stage.until(lambda: f"{session.folder}/session.json" in stage.files.files)
    await stage.house.records.stop()
    assert document(stage, session)["session"]["run"] == "ENDED"


@entered
async def test_a_start_leaves_true_records_alone(stage: Stage) -> None:
    """What is in the record already is not written again at each start."""
    writes = keeps(stage)
    session = await stage.start()
    stage.end(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    await stage.house.records.stop()
    before = len(writes.at)
    stage.house.records.start()
    await stage.runtime.sleep(5.0)
    await stage.house.records.stop()
    assert before
    assert len(writes.at) == before


@entered
async def test_the_record_holds_no_secret(stage: Stage) -> None:
    """Password, token and secret key are in this process's memory, and not in the record."""
    keeps(stage)
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    stage.end(session, upload=UploadOrder())
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    await stage.house.records.stop()
    token = stage.world.core.accounts.token("admin", PASSWORD)
    text = stage.files.files[f"{session.folder}/session.json"].data.decode()
    assert session.id in text
    assert [secret for secret in (PASSWORD, SECRET_KEY, str(token)) if secret in text] == []


# -- on a real disk ----------------------------------------------------------------------------------------------------


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder that cannot be written."""
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """The new content stands under the name, nothing else is left in the folder, also after a process that died."""
    files, path = LocalFiles(), tmp_path / "session.json"
    (tmp_path / ".session.json.new").write_bytes(b"half")
    for data in (b"first", b"second"):
        files.write_atomic(str(path), data)
        assert path.read_bytes() == data
        assert [found.name for found in tmp_path.iterdir()] == ["session.json"]


def test_a_temporary_file_is_never_written_through_a_link(tmp_path: Path) -> None:
    """A link where the temporary file goes is replaced, and what it points to stays as it was."""
    target = tmp_path / "precious"
    target.write_bytes(b"data")
    (tmp_path / ".session.json.new").symlink_to(target)
    LocalFiles().write_atomic(str(tmp_path / "session.json"), b"record")
    assert target.read_bytes() == b"data"
    assert not (tmp_path / "session.json").is_symlink()


def test_a_folder_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    """No folder is made for a record."""
    with pytest.raises(FileVanished):
        LocalFiles().write_atomic(str(tmp_path / "gone" / "session.json"), b"record")
    assert not (tmp_path / "gone").exists()


def test_files_are_found_by_name_and_closed_folders_are_told(tmp_path: Path, locked: Path) -> None:
    """Links are not followed; a folder that cannot be looked into does not stop the search."""
    for name in ("a/session.json", "a/b/session.json", "c/other.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"{}")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "c" / "session.json").symlink_to(tmp_path / "a" / "session.json")
    found, closed = LocalFiles().find(str(tmp_path), "session.json")
    assert found == [str(tmp_path / "a" / "b" / "session.json"), str(tmp_path / "a" / "session.json")]
    assert closed == []
    locked.chmod(0o000)
    closed = LocalFiles().find(str(tmp_path), "session.json")[1]
    assert closed in ([], [str(locked)])  # [] for a super-user, whom nothing is closed to
