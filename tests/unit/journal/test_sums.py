"""What files add up to is kept beside them, and is what counting them would give."""

from __future__ import annotations

import dataclasses
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge.journal import database
from cagelab_bridge.journal.database import Database
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import FILE_MOVES, FileState, Trouble
from tests.unit.journal.nouns import HASHES, file, session, transfer

COUNTED = """
    SELECT transfer_id, count(*) AS total, sum(state = 'DONE') AS done, sum(state = 'DISMISSED') AS dismissed,
        sum(blocked) AS blocked, sum(waiting) AS waiting, sum(max(size, 0)) AS bytes_total,
        sum(bytes_sent) AS bytes_sent,
        sum((state NOT IN ('DONE', 'DISMISSED')) * (max(size, 0) - bytes_sent)) AS bytes_left
    FROM file GROUP BY transfer_id ORDER BY transfer_id
"""
KEPT = """
    SELECT transfer_id, total, done, dismissed, blocked, waiting, bytes_total, bytes_sent, bytes_left
    FROM sums ORDER BY transfer_id
"""


def read(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows, read beside the journal."""
    beside = sqlite3.connect(folder / "journal.db")
    try:
        return beside.execute(query).fetchall()
    finally:
        beside.close()


def fill(journal: Journal) -> None:
    """Two transfers of ten files each."""
    journal.sessions.insert(session())
    for name in ("t", "u"):
        journal.transfers.insert(transfer(name))
        for number in range(10):
            journal.files.insert(file(f"{name}{number}", of=name, path=f"a.{number}.npy"))


def step(journal: Journal, chance: random.Random) -> None:
    """Anything that may happen to a file."""
    found = journal.files.get(f"{chance.choice('tu')}{chance.randrange(10)}")
    state = chance.choice(sorted(FILE_MOVES[found.state]) or [None])
    act = chance.randrange(6)
    if act == 0:
        waiting = bool(chance.randrange(2))
        journal.files.trouble(found, Trouble(reason="so", blocked=not waiting, waiting=waiting, since="2026"))
    elif act == 1:
        journal.files.sent(found, chance.randrange(12))
    elif act == 2:
        journal.files.unblock(found.transfer_id)
    elif act == 3 and found.state is FileState.ACCEPTED:
        journal.files.hashed(found, HASHES)
    elif state is FileState.DISMISSED:
        if chance.randrange(4) == 0:
            journal.files.dismissed(found, "no")
    elif state in (FileState.ACCEPTED, FileState.REGISTERED) and found.state is not FileState.HASHED:
        journal.files.again(found, state)
    elif state is not None:
        journal.files.moved(found, state)


@pytest.mark.parametrize("seed", range(5))
def test_the_sums_are_those_of_the_files(memory: Path, journal: Journal, seed: int) -> None:
    """After whatever happened to them, in whatever order."""
    fill(journal)
    chance = random.Random(seed)
    for _ in range(300):
        step(journal, chance)
    journal.files.dismiss_rest("u", "enough")
    counted = read(memory, COUNTED)
    assert len({row[2] for row in counted} | {row[3] for row in counted}) > 1  # something did happen
    assert read(memory, KEPT) == counted
    sums = {name: journal.transfers.sums(name) for name in ("t", "u")}
    assert [(sums[row[0]].total, sums[row[0]].done, sums[row[0]].bytes_sent) for row in counted] == [
        (row[1], row[2], row[7]) for row in counted
    ]
    assert journal.files.counts()["waiting"] == sum(row[1] - row[2] - row[3] for row in counted)
    assert journal.files.counts()["bytes_waiting"] == sum(row[8] for row in counted if row[1] > row[2] + row[3])


def test_what_is_undone_is_not_counted(memory: Path, journal: Journal) -> None:
    """Sums and files are one commit."""

    def broken() -> None:
        with journal.transaction("outer"):
            journal.files.dismiss_rest("t", "no")
            raise ZeroDivisionError

    fill(journal)
    with pytest.raises(ZeroDivisionError):
        broken()
    assert read(memory, KEPT) == read(memory, COUNTED)


def test_an_older_journal_gets_its_sums(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were there before are counted when the journal is brought forward."""
    steps = database._steps()
    monkeypatch.setattr(database, "_steps", lambda: steps[:1])
    Database(memory).close()
    beside = sqlite3.connect(memory / "journal.db")
    beside.execute(
        "INSERT INTO session (id, subject, lab, location, experimenters, projects, procedures, task_protocol, "
        "narrative, brain_region, rig, json, alyx_url, username, date, number, folder, run, alyx, accepted_at)"
        " VALUES ('s','','','','[]','[]','[]','','','','','','','','2026-11-20',1,'/s','OPEN','OPEN','2026')"
    )
    beside.execute(
        "INSERT INTO transfer (id, session_id, paths, repository, accepted_at) VALUES ('t','s','[]','','2026')"
    )
    for number, state in enumerate(("DONE", "HASHED", "DISMISSED")):
        beside.execute(
            "INSERT INTO file (id, transfer_id, session_id, path, relative_path, state, size)"
            " VALUES (?,'t','s',?,?,?,7)",
            (str(number), f"/s/{number}", str(number), state),
        )
    beside.commit()
    beside.close()
    monkeypatch.setattr(database, "_steps", lambda: steps)
    Database(memory).close()
    assert read(memory, KEPT) == read(memory, COUNTED) == [("t", 3, 1, 1, 0, 0, 21, 0, 7)]


def test_a_size_that_cannot_be_is_no_trouble(memory: Path, journal: Journal) -> None:
    """A damaged record beside the data may name any number: it is put back all the same."""
    journal.sessions.insert(session())
    journal.transfers.insert(transfer())
    for number in range(3):
        lost = dataclasses.replace(file(str(number), path=str(number)), size=2**63 - 1, state=FileState.STORED)
        assert journal.restoring.file(lost)
        journal.files.moved(lost, FileState.VERIFIED)
    assert journal.transfers.sums("t").total == 3
    assert journal.files.counts()["bytes_waiting"] == 0
    assert read(memory, KEPT)[0][6] == 3 * 2**46
