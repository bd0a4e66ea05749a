"""Accepting files, trying again, giving up."""

from __future__ import annotations

import pytest

from cagelab_bridge.errors import AlreadyExists, FileUnreadable, InvalidInput, NotFound, WrongState
from cagelab_bridge.models import FileState
from cagelab_bridge.services.transfers import UploadOrder
from tests.unit.services.stage import Stage, entered


@entered
@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "..",
        "../x",
        "a/../../x",
        "{}/../002/x.mat",
        "{}0/x.mat",
        "//etc/passwd",
        "/data/CogLab/Subjects",
        "a\0b",
    ],
)
async def test_a_path_outside_the_session_folder_is_refused(stage: Stage, path: str) -> None:
    """Nothing but the session's own folder is ever read, however the path is written."""
    session = await stage.start()
    with pytest.raises(InvalidInput) as caught:
        stage.upload(session, path.format(session.folder))
    assert caught.value.about == "path"
    assert stage.journal.transfers.of_session(session.id) == []


@entered
@pytest.mark.parametrize(
    "path", ["events.table.1.tsv", "./events.table.1.tsv", "{}/events.table.1.tsv", "x/../events.table.1.tsv"]
)
async def test_a_path_inside_is_taken_relative_or_absolute(stage: Stage, path: str) -> None:
    """Relative paths are below the session folder."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv", "mock.table.2.npy")
    transfer = stage.upload(session, path.format(session.folder))
    await stage.until(lambda: stage.journal.transfers.get(transfer).listed)
    assert list(stage.rows(transfer)) == ["events.table.1.tsv"]


@entered
async def test_a_named_file_that_is_not_there_is_blocked_and_the_others_go(stage: Stage) -> None:
    """The transfer says which file is missing, instead of refusing all of them."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    transfer = stage.upload(session, "events.table.1.tsv", "missing.mat")
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done)
    assert stage.rows(transfer)["missing.mat"].trouble.blocked
    assert "missing.mat" in stage.rows(transfer)["missing.mat"].trouble.reason


@entered
async def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file without the right to read it is blocked alone; the rest of the folder is delivered."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv", "mock.table.2.npy")

    read = stage.files.read

    def refused(path: str, offset: int = 0, count: int = 0) -> bytes:
        if path.endswith("mock.table.2.npy"):
            raise FileUnreadable(f"{path} cannot be read: Permission denied.")
        return read(path, offset, count)

    monkeypatch.setattr(stage.files, "force_to_disk", refused)
    monkeypatch.setattr(stage.files, "read", refused)
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done, patience=600)
    assert stage.rows(transfer)["mock.table.2.npy"].trouble.blocked


@entered
async def test_hidden_files_stay_unless_they_are_named(stage: Stage) -> None:
    """Hidden files belong to editors, file managers and shares; a named one was meant."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv", ".DS_Store", ".git/config", "alf/._events.table.tsv")
    listed, named = stage.upload(session), stage.upload(session, ".DS_Store")
    await stage.until(lambda: all(stage.journal.transfers.get(identity).listed for identity in (listed, named)))
    assert list(stage.rows(listed)) == ["events.table.1.tsv"]
    assert list(stage.rows(named)) == [".DS_Store"]


@entered
async def test_a_repeated_upload_is_the_same_transfer(stage: Stage) -> None:
    """Same request id and content: the first transfer again; other content is refused; no id: a new one."""
    session = await stage.start()
    upload = stage.house.transfers.upload
    first = upload("r1", session.id, UploadOrder())
    assert upload("r1", session.id, UploadOrder()).id == first.id
    with pytest.raises(AlreadyExists):
        upload("r1", session.id, UploadOrder(paths=("x",)))
    assert upload("", session.id, UploadOrder()).id != first.id


@entered
async def test_a_reservation_takes_no_files(stage: Stage) -> None:
    """Files of a session that never starts would have no record: the hint says what to call first."""
    reserved = await stage.house.sessions.reserve("", subject="TestSubject", lab="", date="", root="")
    with pytest.raises(WrongState) as caught:
        stage.upload(reserved)
    assert "StartSession" in caught.value.hint


@entered
async def test_accepting_a_folder_reads_nothing(stage: Stage) -> None:
    """UploadFiles answers at once: one row, no listing, nothing asked of anybody."""
    session = await stage.start()
    stage.write(session, *(f"events.table.{number}.tsv" for number in range(200)))
    calls = len(stage.alyx.calls)
    transfer = stage.upload(session)
    assert not stage.journal.transfers.get(transfer).listed
    assert len(stage.alyx.calls) == calls


@entered
async def test_retry_counts_what_it_lets_go_on(stage: Stage) -> None:
    """RetryTransfer of one transfer leaves the blocked files of another alone, and says how many it tries."""
    session = await stage.start()
    stage.write(session, "one.jpg", "two.jpg")
    first, second = stage.upload(session, "one.jpg"), stage.upload(session, "two.jpg")
    await stage.until(lambda: stage.journal.files.counts()["blocked"] == 2)
    await stage.house.delivery.stop()  # so that nothing blocks them again meanwhile
    assert stage.house.transfers.retry(first) == (1, 0)
    assert (stage.journal.transfers.sums(first).blocked, stage.journal.transfers.sums(second).blocked) == (0, 1)
    assert stage.house.transfers.retry("") == (1, 0)
    with pytest.raises(NotFound):
        stage.house.transfers.retry("nobody")


@entered
async def test_a_cancelled_transfer_gives_up_what_is_left_and_keeps_what_is_done(stage: Stage) -> None:
    """DONE stays DONE, the rest is DISMISSED with the reason, and the session can become COMPLETE."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv", "holiday.jpg")
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == 1)
    stage.end(session)
    cancelled = stage.house.transfers.cancel(transfer, "private")
    assert cancelled.cancelled
    assert cancelled.trouble.reason == "Cancelled: private"
    found = stage.rows(transfer)
    assert found["events.table.1.tsv"].state is FileState.DONE
    assert (found["holiday.jpg"].state, found["holiday.jpg"].trouble.blocked) == (FileState.DISMISSED, False)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    with pytest.raises(WrongState, match="nothing left"):
        stage.house.transfers.cancel(transfer, "again")


@entered
async def test_files_come_in_pages(stage: Stage) -> None:
    """Each page names the next; together they are all files, once, in the order of their paths."""
    session = await stage.start()
    names = sorted(f"events.table.{number}.tsv" for number in range(7))
    stage.write(session, *names)
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.get(transfer).listed)
    found, after, pages = [], "", 0
    while True:
        page, after = stage.house.transfers.files(transfer, after=after, only_blocked=False, limit=3)
        found += [file.relative_path for file in page]
        pages += 1
        if not after:
            break
    assert (found, pages) == (names, 3)
    whole, after = stage.house.transfers.files(transfer, after="", only_blocked=False, limit=7)
    assert (len(whole), after) == (7, "")


@entered
async def test_the_same_file_in_two_transfers_is_sent_once(stage: Stage) -> None:
    """The earlier transfer goes first; the later one adopts what is there."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    first = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.get(first).listed)
    second = stage.upload(session)
    await stage.until(lambda: all(stage.journal.transfers.sums(identity).done for identity in (first, second)))
    assert sum(call.startswith("PUT") for call in stage.store.sent) == 1
    assert len(stage.records("dataset")) == 1
