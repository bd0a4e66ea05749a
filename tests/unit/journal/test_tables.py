"""What is written into the journal comes out again."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from cagelab_bridge.errors import AlreadyExists, InternalError, NotFound
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey, AlyxState, Amendment, FileState, Run, Sums, Trouble
from tests.unit.journal.nouns import ANN, HASHES, SPEC, file, session, submission, transfer

TROUBLE = Trouble(reason="why", hint="what now", blocked=True, waiting=True, since="2026-11-20T10:00:00.000000Z")


def test_a_session_comes_out_as_it_went_in(journal: Journal) -> None:
    """Every field, through reservation, start, registration, end and trouble."""
    reserved = dataclasses.replace(session(run=Run.RESERVED, alyx=AlyxState.LOCAL), account=None, client_pid=0)
    journal.sessions.insert(reserved)
    assert journal.sessions.get("s") == reserved
    started = session()
    journal.sessions.start(started)
    assert journal.sessions.get("s") == started
    journal.sessions.intend("s", under_way=True)
    assert journal.sessions.get("s") == dataclasses.replace(started, intent=True)
    journal.sessions.registered("s", alyx_id="id", url="http://a/sessions/id", alyx_number=7, swept=True)
    ended = dataclasses.replace(
        started,
        alyx=AlyxState.OPEN,
        alyx_id="id",
        url="http://a/sessions/id",
        alyx_number=7,
        run=Run.ENDED,
        end_time="2026-11-20T11:00:00.000001",
        qc="PASS",
        end_narrative="done",
        n_trials=0,
        n_correct_trials=None,
        end_json='{"b": 1}',
        trouble=TROUBLE,
        completed=True,
        swept=True,
    )
    journal.sessions.ended(ended)
    journal.sessions.trouble("s", TROUBLE)
    journal.sessions.completed("s", told=True)
    assert journal.sessions.get("s") == ended
    assert journal.sessions.in_folder("/data/s") == ended
    assert journal.sessions.in_folder("/data") is None


def test_a_transfer_comes_out_as_it_went_in(journal: Journal) -> None:
    """Every field."""
    journal.sessions.insert(session())
    journal.transfers.insert(transfer())
    assert journal.transfers.get("t") == transfer()
    journal.transfers.trouble("t", TROUBLE)
    assert journal.transfers.get("t").trouble == TROUBLE
    journal.transfers.listed("t", power_safe=True, repository="aws2")
    journal.transfers.cancelled("t", "enough")
    found = journal.transfers.get("t")
    assert (found.listed, found.power_safe, found.cancelled, found.repository) == (True, True, True, "aws2")
    assert dataclasses.replace(found.trouble, since="") == Trouble(reason="enough")


def test_a_file_comes_out_as_it_went_in(journal: Journal) -> None:
    """Every field, through all its states."""
    carry(journal)
    files = journal.files
    now = file()
    assert files.get("f") == now
    files.hashed(now, HASHES)
    now = dataclasses.replace(
        now,
        state=FileState.HASHED,
        size=12,
        mtime_ns=2**60,
        inode=2**62,
        md5=HASHES.md5,
        sha256=HASHES.sha256,
        sha1=HASHES.sha1,
        part_size=5,
        part_md5s=HASHES.part_md5s,
    )
    assert files.get("f") == now
    files.intend(now, "2026-11-20")
    now = dataclasses.replace(now, intent=True, revision="2026-11-20")
    assert files.get("f") == now
    place: dict[str, Any] = {"revision": "r", "dataset_id": "d", "record_id": "x"}
    place |= {"endpoint": "http://e", "bucket": "b", "key": "k/y"}
    files.registered(now, **place)
    now = dataclasses.replace(now, state=FileState.REGISTERED, intent=False, **place)
    files.begun(now, "upload")
    files.sent(now, 5)
    files.trouble(now, TROUBLE)
    now = dataclasses.replace(now, upload_id="upload", bytes_sent=5, trouble=TROUBLE)
    assert files.get("f") == now
    files.moved(now, FileState.STORED)
    files.moved(dataclasses.replace(now, state=FileState.STORED), FileState.VERIFIED, "etag")
    now = dataclasses.replace(now, state=FileState.VERIFIED, bytes_sent=12, verified_by="etag", trouble=Trouble())
    assert files.get("f") == now


def test_a_submission_comes_out_as_it_went_in(journal: Journal) -> None:
    """Every field."""
    journal.submissions.insert(submission())
    assert journal.submissions.get("w") == submission()
    journal.submissions.intend("w", under_way=True)
    journal.submissions.trouble("w", TROUBLE)
    assert journal.submissions.get("w") == dataclasses.replace(submission(), intent=True, trouble=TROUBLE)
    journal.submissions.delivered("w", '{"id": 1}')
    assert journal.submissions.get("w") == dataclasses.replace(submission(), delivered=True, answer='{"id": 1}')
    assert journal.submissions.due() == []


def carry(journal: Journal) -> None:
    """One session with one transfer of one file."""
    journal.sessions.insert(session())
    journal.transfers.insert(transfer())
    journal.files.insert(file())


def test_what_is_not_there_is_said_by_its_id(journal: Journal) -> None:
    """NotFound, with the noun."""
    for get, noun in (
        (journal.sessions.get, "session"),
        (journal.transfers.get, "transfer"),
        (journal.files.get, "file"),
    ):
        with pytest.raises(NotFound, match=f"no {noun} nobody") as caught:
            get("nobody")
        assert caught.value.about == noun


def test_a_session_moves_only_as_the_table_allows(journal: Journal) -> None:
    """No start twice, no end before the start, no record twice, no close before the end."""
    journal.sessions.insert(session("r", run=Run.RESERVED, alyx=AlyxState.LOCAL))
    illegal: list[Callable[[], None]] = [
        lambda: journal.sessions.ended(session("r", run=Run.ENDED)),
        lambda: journal.sessions.registered("r", alyx_id="i", url="u", alyx_number=1, swept=True),
        lambda: journal.sessions.closed("r"),
        lambda: journal.sessions.completed("nobody", told=True),
    ]
    for move in illegal:
        with pytest.raises(InternalError):
            move()
    journal.sessions.start(session("r"))
    with pytest.raises(InternalError):
        journal.sessions.start(session("r"))
    journal.sessions.registered("r", alyx_id="i", url="u", alyx_number=1, swept=True)
    with pytest.raises(InternalError):
        journal.sessions.registered("r", alyx_id="other", url="u", alyx_number=1, swept=True)
    with pytest.raises(InternalError):
        journal.sessions.closed("r")
    journal.sessions.ended(session("r", run=Run.ENDED))
    with pytest.raises(InternalError):
        journal.sessions.ended(session("r", run=Run.ABANDONED))
    journal.sessions.closed("r")
    assert journal.sessions.get("r").alyx_id == "i"


def test_a_request_answers_the_same_again_and_refuses_other_content(journal: Journal) -> None:
    """Per method; a call without id is not remembered; what is forgotten is new again."""
    outcome, remember = journal.requests.outcome, journal.requests.remember
    assert outcome("StartSession", "r1", "digest") is None
    remember("StartSession", "r1", "digest", "s", "2026-11-20T10:00:00Z")
    assert outcome("StartSession", "r1", "digest") == "s"
    with pytest.raises(AlreadyExists, match="r1"):
        outcome("StartSession", "r1", "other")
    assert outcome("EndSession", "r1", "other") is None
    remember("StartSession", "", "digest", "s", "2026-11-20T10:00:00Z")
    assert outcome("StartSession", "", "digest") is None
    assert journal.requests.forget("2026-11-20T10:00:00Z") == 0
    assert journal.requests.forget("2026-11-20T10:00:01Z") == 1
    assert outcome("StartSession", "r1", "digest") is None


def test_unblocking_counts_and_touches_nothing_else(journal: Journal) -> None:
    """Files of one transfer or of all; waiting for credentials stays."""
    journal.sessions.insert(session())
    for name in ("t", "u"):
        journal.transfers.insert(transfer(name))
        for number in range(3):
            made = file(f"{name}{number}", of=name, path=f"{number}")
            journal.files.insert(made)
            if number:
                journal.files.trouble(made, Trouble(reason="x", blocked=number == 1, waiting=number == 2))
    assert journal.files.unblock("t") == 1
    assert journal.files.unblock() == 1
    assert journal.files.unblock() == 0
    assert (journal.transfers.sums("t").waiting, journal.transfers.sums("t").blocked) == (1, 0)
    journal.sessions.trouble("s", TROUBLE)
    assert (journal.sessions.unblock(), journal.sessions.unblock()) == (1, 0)
    journal.transfers.trouble("t", TROUBLE)
    assert (journal.transfers.unblock("u"), journal.transfers.unblock("t")) == (0, 1)
    journal.submissions.insert(submission())
    journal.submissions.trouble("w", TROUBLE)
    assert (journal.submissions.unblock(), journal.submissions.unblock()) == (1, 0)


def test_dismissing_the_rest_counts_and_keeps_what_is_done(journal: Journal) -> None:
    """DONE stays; the rest is DISMISSED with the reason, neither blocked nor waiting."""
    carry(journal)
    deliver(journal, "f")
    for number in range(2):
        journal.files.insert(file(f"g{number}", path=f"g{number}"))
    journal.files.trouble(journal.files.get("g0"), TROUBLE)
    assert journal.files.dismiss_rest("t", "enough") == 2
    assert journal.files.dismiss_rest("t", "enough") == 0
    assert journal.files.get("f").state is FileState.DONE
    assert dataclasses.replace(journal.files.get("g0").trouble, since="") == Trouble(reason="enough")
    assert journal.transfers.sums("t") == Sums(
        total=3, done=1, dismissed=2, bytes_total=12 + 2 * 3_000_000_000, bytes_sent=12
    )
    assert journal.files.counts()["waiting"] == 0


def deliver(journal: Journal, name: str) -> None:
    """All the way to DONE."""
    files = journal.files
    files.hashed(files.get(name), HASHES)
    files.registered(files.get(name), revision="", dataset_id="d", record_id="x", endpoint="e", bucket="b", key="k")
    for state in (FileState.STORED, FileState.VERIFIED, FileState.DONE):
        files.moved(files.get(name), state)


def test_unfinished_transfers_are_those_with_something_left(journal: Journal) -> None:
    """Not listed yet, or with a file neither DONE nor DISMISSED, and not cancelled; newest first."""
    journal.sessions.insert(session())
    for number, name in enumerate(("new", "empty", "open", "done", "dismissed", "cancelled")):
        journal.transfers.insert(transfer(name, at=f"2026-11-20T10:00:0{number}.000000Z"))
    for name in ("empty", "open", "done", "dismissed"):
        journal.transfers.listed(name, power_safe=True, repository="aws")
    for name in ("open", "done", "dismissed"):
        journal.files.insert(file(f"f-{name}", of=name))
    deliver(journal, "f-done")
    journal.files.dismiss_rest("dismissed", "")
    journal.transfers.cancelled("cancelled", "")
    assert [found.id for found in journal.transfers.recent(only_unfinished=True)] == ["open", "new"]
    assert [found.id for found in journal.transfers.recent(limit=2)] == ["cancelled", "dismissed"]
    assert journal.transfers.recent(session_id="other") == []


def test_an_older_transfer_of_the_same_path_goes_first(journal: Journal) -> None:
    """By acceptance, then by id; not while it is blocked, nor when it is done; other sessions do not count."""
    journal.sessions.insert(session())
    journal.sessions.insert(session("other", number=2))
    for name, at in (("a", "1"), ("b", "2"), ("c", "2")):
        journal.transfers.insert(transfer(name, at=f"2026-11-20T10:00:0{at}.000000Z"))
        journal.files.insert(file(f"f{name}", of=name))
    journal.transfers.insert(transfer("x", of="other", at="2026-11-20T09:00:00.000000Z"))
    journal.files.insert(file("fx", of="x", session_id="other"))

    def waits() -> list[str]:
        return [name for name in ("fa", "fb", "fc") if journal.files.earlier_twin(journal.files.get(name))]

    assert waits() == ["fb", "fc"]
    journal.files.trouble(journal.files.get("fa"), TROUBLE)
    assert waits() == ["fc"]
    deliver(journal, "fb")
    assert waits() == []


def test_lists_of_sessions_are_filtered(journal: Journal) -> None:
    """By subject and days, newest first; a reservation is no work, a session that may have a double is some."""
    for number, (name, run) in enumerate((("a", Run.OPEN), ("b", Run.RESERVED), ("c", Run.OPEN)), 1):
        journal.sessions.insert(session(name, run=run, alyx=AlyxState.LOCAL, number=number))
    journal.sessions.completed("c", told=True)
    assert [found.id for found in journal.sessions.due()] == ["a", "c"]
    journal.sessions.swept("c")
    recent = journal.sessions.recent
    assert [found.id for found in recent()] == ["c", "b", "a"]
    assert [found.id for found in recent(only_unfinished=True)] == ["a"]
    assert [found.id for found in recent(limit=1, last_date="2026-11-20", first_date="2026-11-20")] == ["c"]
    assert recent(subject="Nobody") == recent(first_date="2026-11-21") == recent(last_date="2026-11-19") == []
    assert [found.id for found in journal.sessions.due()] == ["a"]
    assert journal.sessions.numbers(SPEC.subject, "2026-11-20") == {1, 2, 3}


def test_accounts_are_known_by_their_last_proof(journal: Journal) -> None:
    """The last proved first; a logout is remembered until the next proof."""
    bob = AccountKey(alyx_url="http://b", username="bob")
    journal.accounts.proved(ANN, "2026-11-20T10:00:00Z")
    journal.accounts.proved(bob, "2026-11-20T11:00:00Z")
    journal.accounts.logged_out(bob)
    assert journal.accounts.list() == [(bob, True), (ANN, False)]
    journal.accounts.proved(ANN, "2026-11-20T12:00:00Z")
    assert journal.accounts.list() == [(ANN, False), (bob, True)]


def test_choices_are_replaced_as_a_whole(journal: Journal) -> None:
    """What is no longer in Alyx is no longer offered."""
    assert journal.choices.get("http://a", "labs") is None
    journal.choices.put("http://a", "labs", [{"name": "CogLab"}, {"name": "Old"}], "1")
    journal.choices.put("http://a", "labs", [{"name": "CogLab"}], "2")
    assert journal.choices.get("http://a", "labs") == ([{"name": "CogLab"}], "2")
    assert json.dumps(journal.choices.get("http://b", "labs")) == "null"


def test_a_row_of_a_file_is_the_noun_and_no_more(journal: Journal) -> None:
    """It is made without its constructor, which would find a column that has no field."""
    journal.sessions.insert(session())
    journal.transfers.insert(transfer())
    journal.files.insert(file())
    assert vars(journal.files.get("f")).keys() == {field.name for field in dataclasses.fields(file())}


def test_a_list_belongs_to_who_asked(journal: Journal) -> None:
    """What is remembered between two changes is not what a caller sorts or adds to."""
    journal.sessions.insert(session())
    journal.transfers.insert(transfer())
    for ask in (journal.transfers.recent, journal.sessions.watched, journal.files.discards, journal.accounts.list):
        before = ask()
        ask().clear()
        assert ask() == before
    assert journal.transfers.recent() == journal.transfers.of_session("s")


def test_a_number_is_claimed_under_the_old_subject_until_alyx_knows_the_new_one(journal: Journal) -> None:
    """A change of the number that is still on its way is executed under the subject that the record has."""
    moving, other = session("a"), session("b", number=2)
    journal.sessions.insert(moving)
    journal.sessions.insert(other)
    journal.sessions.intend("a", under_way=True, number=7)
    change = Amendment(amended_at=moving.accepted_at, field="subject", old_values=(SPEC.subject,), new_values=("Else",))
    spec = dataclasses.replace(SPEC, subject="Else")
    moved = dataclasses.replace(moving, spec=spec, amendments=(change,), amended=True)
    journal.sessions.amended(moved)
    assert journal.sessions.numbers_of_others(other, SPEC.subject) == ({1}, {7})
    journal.sessions.registered("a", alyx_id="id", url="http://a/sessions/id", alyx_number=7, swept=True)
    journal.sessions.amendment_told(moved, 4)
    assert journal.sessions.numbers_of_others(other, SPEC.subject) == ({1}, set())
