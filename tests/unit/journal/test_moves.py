"""The statements in SQL allow what the table of moves allows, and nothing else."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cagelab_bridge.errors import InternalError
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import ALYX_MOVES, FILE_MOVES, RUN_MOVES, SETTLED, AlyxState, File, FileState, Run
from tests.unit.journal.nouns import HASHES, file, session, transfer

PAIRS = list(itertools.product(FileState, FileState))


def hashed(journal: Journal, row: File) -> None:
    journal.files.hashed(row, HASHES)


def registered(journal: Journal, row: File) -> None:
    journal.files.registered(row, revision="", dataset_id="d", record_id="x", endpoint="e", bucket="b", key="k")


def dismissed(journal: Journal, row: File) -> None:
    if journal.files.dismiss_rest(row.transfer_id, "enough") != 1:
        raise InternalError


def mover(was: FileState, wanted: FileState) -> Callable[[Journal, File], None]:
    """The method that makes this move."""
    if wanted is FileState.DISMISSED:
        return dismissed
    if (was, wanted) == (FileState.HASHED, FileState.REGISTERED):
        return registered
    if wanted is FileState.HASHED:
        return hashed
    if wanted in (FileState.ACCEPTED, FileState.REGISTERED):
        return lambda journal, row: journal.files.again(row, wanted)
    return lambda journal, row: journal.files.moved(row, wanted)


def put(journal: Journal, state: FileState) -> File:
    """A file in that state, whatever moves there are."""
    journal.sessions.insert(session())
    journal.transfers.insert(transfer())
    journal.files.insert(file())
    beside = sqlite3.connect(journal.path)
    with beside:
        beside.execute("UPDATE file SET state = ?", (state.value,))
    beside.close()
    return journal.files.get("f")


@pytest.mark.parametrize(("was", "wanted"), PAIRS)
def test_a_file_moves_exactly_as_the_table_allows(journal: Journal, was: FileState, wanted: FileState) -> None:
    """Every pair of states: a legal move is made, an illegal one is refused and changes nothing."""
    row = put(journal, was)
    move = mover(was, wanted)
    if wanted in FILE_MOVES[was]:
        move(journal, row)
        assert journal.files.get("f").state is wanted
    else:
        with pytest.raises(InternalError):
            move(journal, row)
        assert journal.files.get("f") == row


@pytest.mark.parametrize(("was", "now"), [pair for pair in PAIRS if pair[0] is not pair[1]])
def test_a_file_that_moved_meanwhile_is_not_moved_again(journal: Journal, was: FileState, now: FileState) -> None:
    """Who acts on an old view of the row is refused, wherever the row is by then."""
    row = replace(put(journal, now), state=was)
    for wanted in FILE_MOVES[was] - {FileState.DISMISSED, FileState.HASHED}:
        with pytest.raises(InternalError):
            mover(was, wanted)(journal, row)
    assert journal.files.get("f").state is now


def test_the_states_of_models_are_those_of_the_schema(journal: Journal) -> None:
    """Every state can be stored, and no other word."""
    for state in FileState:
        put_again(journal, state)
    beside = sqlite3.connect(journal.path)
    with pytest.raises(sqlite3.IntegrityError):
        beside.execute("UPDATE file SET state = 'LOST'")
    columns: dict[str, list[str]] = {"run": list(Run), "alyx": list(AlyxState)}
    for column, states in columns.items():
        for word in states:
            beside.execute(f"UPDATE session SET {column} = ?", (word,))
        with pytest.raises(sqlite3.IntegrityError):
            beside.execute(f"UPDATE session SET {column} = 'LOST'")
    beside.close()


def put_again(journal: Journal, state: FileState) -> None:
    if state is FileState.ACCEPTED:
        put(journal, state)
    beside = sqlite3.connect(journal.path)
    with beside:
        beside.execute("UPDATE file SET state = ?", (state.value,))
    beside.close()
    assert [file.state for file in journal.files.page("t")] == [state]


@pytest.mark.parametrize(("run", "alyx"), list(itertools.product(Run, AlyxState)))
def test_a_session_moves_exactly_as_the_tables_allow(memory: Path, run: Run, alyx: AlyxState) -> None:
    """Every pair of states: start, register, end and close succeed where both tables allow it."""
    moves: dict[str, tuple[bool, Callable[[Journal], None]]] = {
        "start": (Run.OPEN in RUN_MOVES[run], lambda journal: journal.sessions.start(session())),
        "end": (Run.ENDED in RUN_MOVES[run], lambda journal: journal.sessions.ended(session(run=Run.ENDED))),
        "abandon": (
            Run.ABANDONED in RUN_MOVES[run],
            lambda journal: journal.sessions.ended(session(run=Run.ABANDONED)),
        ),
        "register": (
            AlyxState.OPEN in ALYX_MOVES[alyx],
            lambda journal: journal.sessions.registered("s", alyx_id="i", url="u", alyx_number=1, swept=True),
        ),
        "close": (
            AlyxState.CLOSED in ALYX_MOVES[alyx] and run in (Run.ENDED, Run.ABANDONED),
            lambda journal: journal.sessions.closed("s"),
        ),
    }
    for name, (legal, move) in moves.items():
        journal = Journal(memory / name)
        journal.sessions.insert(session(run=run, alyx=alyx))
        before = journal.sessions.get("s")
        try:
            move(journal)
        except InternalError:
            assert not legal, name
            assert journal.sessions.get("s") == before
        else:
            assert legal, name
        finally:
            journal.close()


def test_what_is_settled_stays_settled() -> None:
    """DONE and DISMISSED lead nowhere, every other state leads on, and any can be dismissed."""
    for state, moves in FILE_MOVES.items():
        assert (not moves) == (state in SETTLED)
        assert state in SETTLED or FileState.DISMISSED in moves
    assert set(FILE_MOVES) == set(FileState)
    assert set(RUN_MOVES) == set(Run)
    assert set(ALYX_MOVES) == set(AlyxState)
