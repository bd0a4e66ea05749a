"""The delivery: what one thing's trouble means for the others, and how it goes on."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from cagelab_bridge.errors import JournalTrouble, NoCredentials
from cagelab_bridge.models import AlyxState, FileState, Trouble
from cagelab_bridge.sandbox.faults import Fault
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.delivery.rounds import CREDENTIALS_POLL, JOURNAL_POLL
from cagelab_bridge.services.transfers import UploadOrder
from tests.simulation.world import STORE
from tests.unit.services.stage import ADMIN, PASSWORD, SECRET_KEY, Stage, entered, staged


@entered
async def test_a_blocked_file_does_not_stop_the_others(stage: Stage) -> None:
    """A file without a dataset type is blocked with a reason and a hint; its neighbours are delivered."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv", "holiday.jpg", "mock.table.2.npy")
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == 2)
    blocked = stage.rows(transfer)["holiday.jpg"]
    assert blocked.trouble.blocked
    assert "No dataset type" in blocked.trouble.reason
    assert "retry" in blocked.trouble.hint
    await stage.until(lambda: stage.house.delivery.idle)


@staged
async def test_what_waits_for_credentials_goes_on_when_they_come(stage: Stage) -> None:
    """Without key pair a file waits (it is not blocked) and asks nobody; with it, it goes on at once."""
    await stage.house.accounts.log_in(ADMIN.alyx_url, "admin", Secret(PASSWORD), remember=False)
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).waiting)
    file = stage.rows(transfer)["events.table.1.tsv"]
    assert (file.state, file.trouble.blocked) == (FileState.REGISTERED, False)
    assert file.trouble.reason == NoCredentials(f"There is no key pair for the store {STORE}.").message
    await asyncio.sleep(10 * CREDENTIALS_POLL)
    assert stage.store.sent == []
    await stage.house.credentials.put_store(STORE, "key", Secret(SECRET_KEY), keep=False)
    stage.house.delivery.wake_all()
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done, patience=CREDENTIALS_POLL / 2)
    assert stage.rows(transfer)["events.table.1.tsv"].trouble == Trouble()


@entered
async def test_a_mistake_of_ours_in_one_session_does_not_stop_another(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unforeseen exception blocks the session it happened in, says so, and nothing else."""
    first, second = await stage.start(), await stage.start()
    carry = stage.house.delivery._sessions.carry

    async def broken(session_id: str) -> None:
        if session_id == first.id:
            raise ZeroDivisionError
        await carry(session_id)

    monkeypatch.setattr(stage.house.delivery._sessions, "carry", broken)
    stage.end(first)
    stage.end(second)
    await stage.until(lambda: stage.journal.sessions.get(second.id).completed)
    trouble = stage.journal.sessions.get(first.id).trouble
    assert trouble.blocked
    assert "mistake" in trouble.reason
    assert "ZeroDivisionError" in trouble.reason


@entered
async def test_a_full_disk_pauses_the_delivery_of_a_session(stage: Stage) -> None:
    """While the journal cannot be written a session waits; once there is room it is delivered without being asked."""
    session = await stage.start()
    full = Full(stage, "before session_closed", "before close")
    stage.end(session)
    await asyncio.sleep(5 * JOURNAL_POLL)
    assert full.hits > 1
    full.over = True
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed, patience=60)


@entered
async def test_a_full_disk_pauses_the_delivery_of_files(stage: Stage) -> None:
    """While the journal cannot be written files wait; once there is room they are delivered without being asked."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv", "mock.table.2.npy")
    full = Full(stage, "before file_hashed")
    transfer = stage.upload(session)
    await asyncio.sleep(5 * JOURNAL_POLL)
    assert full.hits
    full.over = True
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == 2, patience=60)


class Full:
    """The disk is full whenever these are to be committed, until it is over."""

    def __init__(self, stage: Stage, *names: str) -> None:
        self._names = names
        self.hits = 0
        self.over = False
        stage.edge = self._edge

    def _edge(self, name: str) -> None:
        if name in self._names and not self.over:
            self.hits += 1
            raise JournalTrouble


@entered
async def test_a_session_accepted_while_alyx_is_away_is_registered_once_when_it_is_back(stage: Stage) -> None:
    """PENDING with a reason is an answer; the record comes later, with the time of the start."""
    stage.house.choices.refresh(ADMIN)
    await asyncio.sleep(5)
    stage.away()
    began = stage.runtime.monotonic()
    session = await stage.start()
    assert stage.runtime.monotonic() - began <= 2.5
    assert session.alyx is AlyxState.PENDING
    assert session.trouble.reason
    assert not session.trouble.blocked
    await asyncio.sleep(600)
    stage.back()
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN)
    records = stage.records("session")
    assert [record["start_time"].isoformat() for record in records] == [session.start_time]


@entered
async def test_a_trouble_that_lasts_is_written_once_and_says_since_when(stage: Stage) -> None:
    """Every attempt that fails the same way leaves the journal and the watchers alone; the age of the trouble grows."""
    session = await stage.start()
    stage.away()
    stage.end(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).trouble.reason)
    first = stage.journal.sessions.get(session.id).trouble
    told: list[str] = []
    stage.journal.listen(lambda kind, _identity: told.append(kind))
    await asyncio.sleep(3600)
    assert first.since
    assert stage.journal.sessions.get(session.id).trouble == first
    assert told == []


@entered
async def test_retry_asks_a_server_that_was_left_alone_at_once(stage: Stage) -> None:
    """After a long outage the bridge asks rarely; RetryTransfer asks now, as its user expects."""
    session = await stage.start()
    stage.away()
    stage.end(session)
    await asyncio.sleep(2 * 3600)
    pace = stage.house.accounts.pace
    await stage.until(lambda: pace.wait(ADMIN.alyx_url) > 60)
    stage.back()
    stage.house.transfers.retry("")
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed, patience=30)


@entered
async def test_retry_tries_blocked_submissions_again(stage: Stage) -> None:
    """A record that Alyx refused while nobody waited is sent again by RetryTransfer, once its cause is mended."""
    stage.away()
    body = '{"name": "late.kind", "filename_pattern": "late.kind.*", "description": "x"}'
    made = await stage.house.queries.create(ADMIN, "r1", "dataset-types", body)
    stage.back()
    refusal = stage.alyx.plan.add(Fault("error", method="POST", path="dataset-types", status=400))
    await stage.until(lambda: stage.journal.submissions.get(made.id).trouble.blocked)
    stage.alyx.plan.faults.remove(refusal)
    stage.house.transfers.retry("")
    await stage.until(lambda: stage.journal.submissions.get(made.id).delivered, patience=120)


@entered
async def test_a_cancelled_transfer_says_cancelled_and_nothing_else(stage: Stage) -> None:
    """A file that was under way when its transfer was cancelled is DISMISSED with that reason, and not blocked."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")

    def cancel(_request: Any) -> None:
        if not stage.journal.transfers.get(transfer).cancelled:
            stage.house.transfers.cancel(transfer, "private")

    stage.store.before = cancel
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.get(transfer).cancelled)
    await stage.until(lambda: stage.house.delivery.idle)
    file = stage.rows(transfer)["events.table.1.tsv"]
    assert file.state is FileState.DISMISSED
    assert dataclasses.replace(file.trouble, since="") == Trouble(reason="Cancelled: private")


@entered
async def test_a_transfer_cancelled_while_it_is_listed_sends_nothing(stage: Stage) -> None:
    """Cancelling before the files are listed keeps all of them on this computer."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    transfer = stage.upload(session, repository="aws_CogLab")
    await asyncio.sleep(0)  # the listing has begun: its thread reads the folder
    stage.house.transfers.cancel(transfer, "private")
    await stage.until(lambda: stage.house.delivery.idle)
    assert stage.store.sent == []
    assert all(file.state is FileState.DISMISSED for file in stage.rows(transfer).values())


@entered
async def test_what_was_blocked_gets_another_chance_at_the_next_start(stage: Stage) -> None:
    """A restart is a way to mend things, too: blocked files are tried again."""
    session = await stage.start()
    stage.write(session, "holiday.jpg")
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).blocked)
    stage.world.core.state.insert(
        "dataset_type",
        stage.records("dataset_type")[0] | {"id": "0" * 32, "name": "holiday", "filename_pattern": "holiday.jpg"},
    )
    await stage.restart()
    assert stage.journal.transfers.sums(transfer).blocked == 0


@entered
async def test_an_upload_after_completion_takes_complete_back_and_gives_it_again(stage: Stage) -> None:
    """A session that gets more files is not COMPLETE until they are there."""
    session = await stage.start()
    stage.end(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    stage.write(session, "events.table.1.tsv")
    transfer = stage.upload(session)
    assert not stage.journal.sessions.get(session.id).completed
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    assert stage.journal.transfers.sums(transfer).done == 1


@entered
async def test_an_upload_named_at_the_end_is_accepted_with_it(stage: Stage) -> None:
    """EndSession with an upload is one commit: the end and the transfer, or neither."""
    session = await stage.start()
    full = Full(stage, "before end")
    with pytest.raises(JournalTrouble):
        stage.end(session, upload=UploadOrder())
    full.over = True
    assert stage.journal.transfers.of_session(session.id) == []
    assert stage.journal.sessions.get(session.id).end_time == ""


@entered
async def test_a_new_token_is_used_for_every_question(stage: Stage) -> None:
    """A token that was refused is used by nobody any more: after the next login the files of a session go on."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    first = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(first).done == 1)
    stage.world.core.accounts.revoke("admin")
    stage.write(session, "mock.table.2.npy")
    stage.alyx.plan.add(Fault("lost", method="POST", path="register-file", count=1))  # so that Alyx is asked anew
    second = stage.upload(session, "mock.table.2.npy")
    await stage.until(lambda: stage.rows(second) and stage.rows(second)["mock.table.2.npy"].trouble.waiting)
    await stage.enter()
    await stage.until(lambda: stage.journal.transfers.sums(second).done == 1)
