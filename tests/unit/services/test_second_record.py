"""The document beside the data: every field there and back, and nothing guessed."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import File, FileState, Session, Transfer
from cagelab_bridge.services.records import second_record
from cagelab_bridge.services.records.second_record import LEFT_OUT, Record
from tests.unit.services.random_rows import record

ROUNDS = 200


def test_every_field_of_random_rows_comes_back() -> None:
    """What is written is read again as it was, whatever the fields hold."""
    for seed in range(ROUNDS):
        rows = record(random.Random(seed))
        assert second_record.read(second_record.render(rows)) == rows, seed


def in_pieces(rows: Record, many: int) -> bytes:
    """The document as it is printed for a session of very many files: so many at a time."""
    printer = second_record.Printer(rows.session, bridge_version=rows.bridge_version, host=rows.host)
    data = bytearray(printer.begin())
    for transfer in rows.transfers:
        data += printer.transfer(transfer)
        files = [file for file in rows.files if file.transfer_id == transfer.id]
        for start in range(0, len(files), many):
            data += printer.files(files[start : start + many])
    return bytes(data + printer.end())


@pytest.mark.parametrize("many", [1, 2, 100])
def test_pieces_make_the_same_document(many: int) -> None:
    """However many files are printed at a time."""
    most = 0
    for seed in range(ROUNDS):
        rows = record(random.Random(seed))
        assert in_pieces(rows, many) == second_record.render(rows), seed
        most = max(most, len(rows.files))
    assert most > 3  # there were sessions of several pieces


def test_random_rows_come_back_out_of_the_journal(tmp_path: Path) -> None:
    """Restored rows are read from the journal as they were: no column is forgotten. Restored twice, they stay."""
    for seed in range(ROUNDS // 4):
        rows = record(random.Random(seed))
        journal = Journal(tmp_path / str(seed))
        before = rows.session
        if before.account is not None and not before.account.alyx_url:  # a session without account has none of either
            before = dataclasses.replace(before, account=None)
        for expected in (True, False):
            assert journal.restoring.session(before) is expected
            assert [journal.restoring.transfer(one) for one in rows.transfers] == [expected] * len(rows.transfers)
            assert [journal.restoring.file(one) for one in rows.files] == [expected] * len(rows.files)
        assert journal.sessions.get(before.id) == before
        assert tuple(journal.transfers.of_session(before.id)) == rows.transfers
        assert [journal.files.get(one.id) for one in rows.files] == list(rows.files)
        journal.close()


def test_a_field_that_is_left_out_is_left_out_on_purpose() -> None:
    """The document names every field of session, transfer and file but those of LEFT_OUT."""
    rows = next(rows for seed in range(ROUNDS) if (rows := record(random.Random(seed))).files)
    document = json.loads(second_record.render(rows))
    transfer = next(one for one in document["transfers"] if one["files"])
    assert set(document["session"]) == {field.name for field in dataclasses.fields(Session)}
    assert set(transfer) - {"files"} == {field.name for field in dataclasses.fields(Transfer)} - LEFT_OUT[Transfer]
    for file in transfer["files"]:
        assert set(file) <= {field.name for field in dataclasses.fields(File)} - LEFT_OUT[File]


def test_people_can_read_it() -> None:
    """It says first what it is and not to edit it; names stand in their own letters; paths are relative."""
    rows = next(rows for seed in range(ROUNDS) if (rows := record(random.Random(seed))).files)
    text = second_record.render(rows).decode()
    assert text.splitlines()[1].startswith('  "about": "What cagelab-bridge knows')
    assert "Do not edit it" in text.splitlines()[1]
    assert '"relative_path": "alf/a b0.ünï.npy"' in text
    assert text.count("/data/Ann/2026-11-20/001") == 1


def test_the_owner_is_told_from_the_head_alone() -> None:
    """A few bytes say whose the file is, however long it is."""
    rows = record(random.Random(1))
    head = second_record.render(rows)[: second_record.HEAD]
    assert second_record.is_ours(head)
    assert second_record.owner(head) == rows.session.id
    for other in (b"", b"{}", b'{\n  "about": "my session"\n}', b"\0" * 100):
        assert not second_record.is_ours(other)
        assert second_record.owner(other) == ""


def test_a_moved_folder_moves_every_path() -> None:
    """Session, transfers and files are those of the new place."""
    rows = next(rows for seed in range(ROUNDS) if (rows := record(random.Random(seed))).files)
    moved = second_record.placed(rows, "/mnt/x/Ann/2026-11-20/001")
    assert moved.session.folder == "/mnt/x/Ann/2026-11-20/001"
    paths = [path for transfer in moved.transfers for path in transfer.paths] + [file.path for file in moved.files]
    assert paths
    assert all(path.startswith("/mnt/x/Ann/2026-11-20/001/") for path in paths)
    assert second_record.placed(moved, rows.session.folder) == rows


def _first(document: dict[str, Any], list_name: str) -> dict[str, Any]:
    transfer: dict[str, Any] = next(one for one in document["transfers"] if one["files"])
    file: dict[str, Any] = transfer["files"][0]
    return transfer if list_name == "transfers" else file


DAMAGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "no format": lambda document: document.pop("format"),
    "another version": lambda document: document.update(version=2),
    "no session": lambda document: document.pop("session"),
    "no transfers": lambda document: document.pop("transfers"),
    "a missing field": lambda document: document["session"].pop("id"),
    "an unknown field": lambda document: document["session"].update(colour="red"),
    "an unknown state": lambda document: document["session"].update(run="SLEEPING"),
    "a number as text": lambda document: document["session"].update(number="1"),
    "a flag as number": lambda document: document["session"].update(intent=1),
    "a number SQLite cannot hold": lambda document: document["session"].update(number=2**63),
    "a null": lambda document: document["session"].update(folder=None),
    "a list of numbers": lambda document: document["session"].update(warnings=[1]),
    "a text for a list": lambda document: document["session"].update(warnings="careful"),
    "a way out": lambda document: _first(document, "files").update(relative_path="../002/x.mat"),
    "another way out": lambda document: _first(document, "files").update(relative_path="a/../../x.mat"),
    "an absolute path": lambda document: _first(document, "files").update(relative_path="/etc/passwd"),
    "a transfer that leads out": lambda document: _first(document, "transfers").update(paths=[".."]),
    "a path of its own": lambda document: _first(document, "files").update(path="/etc/passwd"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_not_exactly_as_written_is_refused(damage: str) -> None:
    """Nothing is guessed, and no path leads out of the session folder."""
    rows = next(rows for seed in range(ROUNDS) if (rows := record(random.Random(seed))).files)
    document = json.loads(second_record.render(rows))
    DAMAGES[damage](document)
    with pytest.raises(InvalidInput):
        second_record.read(json.dumps(document).encode())


def test_a_document_cut_short_anywhere_is_refused() -> None:
    """Half a file is no record."""
    data = second_record.render(record(random.Random(4)))
    for end in range(0, len(data) - 2, 97):
        with pytest.raises(InvalidInput):
            second_record.read(data[:end])


def test_a_file_takes_little_room() -> None:
    """Only what is known of a file is written: there may be 100,000 of them."""
    rows = record(random.Random(2))
    transfer = Transfer(id="t", session_id=rows.session.id, paths=(), repository="aws", accepted_at="x", listed=True)
    file = File(
        id="f" * 36,
        transfer_id="t",
        session_id=rows.session.id,
        path=f"{rows.session.folder}/x",
        relative_path="x",
        state=FileState.DONE,
        md5="0" * 32,
        sha256="1" * 64,
        sha1="2" * 40,
        dataset_id="3" * 36,
        record_id="4" * 36,
    )
    few = Record(session=rows.session, transfers=(transfer,), files=(file,), bridge_version="1", host="h")
    more = dataclasses.replace(few, files=(file, file))
    assert len(second_record.render(more)) - len(second_record.render(few)) < 600
