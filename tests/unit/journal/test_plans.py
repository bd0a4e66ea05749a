"""No statement reads a whole table: what the journal answers must not become slower with each year of sessions."""

from __future__ import annotations

import re
import sqlite3
from importlib import resources
from pathlib import Path

import pytest

from cagelab_bridge.journal.database import Database

QUERIES = resources.files("cagelab_bridge.journal").joinpath("queries")
# Statements that walk along a table, and why that is not long.
WALKS = {
    "account_list": "a handful of rows",
    "life_last": "from the end, one row",
    "download_list": "newest first, until there are enough",
    "session_list": "newest first, until there are enough",
    "transfer_list": "newest first, until there are enough",
}
WALK = re.compile(r"SCAN (?P<table>\w+)(?: USING (?:COVERING )?INDEX (?P<index>\w+))?$")


def statements() -> dict[str, str]:
    """Every statement of queries/ by name."""
    found: dict[str, str] = {}
    for file in QUERIES.iterdir():
        parts = re.split(r"^-- name: (\w+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
    return found


def walks(connection: sqlite3.Connection, statement: str) -> list[str]:
    """Steps of its plan that go through a table, or an index that holds every row of one, from end to end."""
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    partial = {
        row[0]
        for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'")
    }
    nothing = dict.fromkeys(re.findall(r":(\w+)", statement), "")
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", nothing)]
    found = (WALK.fullmatch(step) for step in steps)
    return [walk[0] for walk in found if walk and walk["table"] in tables and walk["index"] not in partial]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    """A journal's tables, read beside it."""
    folder: Path = tmp_path_factory.mktemp("journal")
    Database(folder).close()
    return sqlite3.connect(folder / "journal.db")


@pytest.mark.parametrize("name", sorted(statements()))
def test_no_statement_walks_through_a_table(name: str, tables: sqlite3.Connection) -> None:
    """Each is led by an index to the rows it means, or through one that holds only what is unfinished."""
    found = walks(tables, statements()[name])
    if name in WALKS:
        assert found, f"{name} does not walk any more: take it from the list"
    else:
        assert found == []


def test_a_walk_would_be_seen(tables: sqlite3.Connection) -> None:
    """The test above can fail."""
    assert walks(tables, "SELECT * FROM file WHERE md5 = :md5") == ["SCAN file"]
    assert walks(tables, "SELECT accepted_at FROM request ORDER BY accepted_at") != []
