"""`backfill` as people use it: looking first, and slips."""

from __future__ import annotations

import json
import signal
from datetime import date
from pathlib import Path

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.house.old_tree import OldTree, grown
from tests.acceptance.house.test_backfill import Verb
from tests.acceptance.test_whole_session import asked, ended, started
from tests.unit.cli import old_files

FEW = 11  # sessions: none of the special ones


@pytest.fixture
def tree(tmp_path: Path, first_day: date) -> OldTree:
    """A few sessions, and the broken folders."""
    return grown(tmp_path / "archive", first_day, FEW)


def in_alyx(bridge: Bridge, tree: OldTree) -> int:
    days = [one.date for one in tree.sessions]
    return len(asked(bridge, f"sessions?date_range={min(days)},{max(days)}"))


def test_a_dry_run_tells_all_and_changes_nothing(entered: Bridge, tree: OldTree) -> None:
    """The table has every folder and what would become of it; no report, no session, nothing in the tree."""
    before = old_files.state(tree.root)
    counted = in_alyx(entered, tree)
    ran = entered.command("backfill", str(tree.root), "--dry-run")
    assert ran.returncode == 21, ran.stderr
    assert "11 created, 2 copy, 1 empty, 1 young, 1 refused, 4 left out" in ran.stdout
    assert "Nothing was changed" in ran.stdout
    assert "Alyx has no subject 'Nobody'" in ran.stdout
    assert not Path("backfill.csv").exists()
    ran = entered.command("backfill", str(tree.root), "--dry-run", "--json")
    told = json.loads(ran.stdout)
    assert {row["folder"] for row in told["folders"]} == {str(one.folder) for one in tree.sessions} | set(tree.others)
    assert entered.call("ListSessions", session_pb2.ListSessionsRequest()).sessions == []
    assert (in_alyx(entered, tree), old_files.state(tree.root)) == (counted, before)


def test_slips_are_told_before_anything_is_done(entered: Bridge, tree: OldTree, tmp_path: Path) -> None:
    """A folder that is not there, one without sessions, a name that does not exist, a report in the wrong place."""
    root, mine = str(tree.root), tmp_path / "mine.txt"
    mine.write_text("mine\n")
    for code, said, *words in (
        (2, "does not exist", str(tmp_path / "nowhere")),
        (3, "no lab 'CogLub'", root, "--lab", "CogLub"),
        (3, "nothing is ever written", root, "--report", f"{root}/report.csv"),
        (3, "is not a report of a back-fill", root, "--report", str(mine)),
    ):
        ran = entered.command("backfill", *words)
        assert (ran.returncode, said in ran.stderr) == (code, True), ran.stderr
    assert mine.read_text() == "mine\n"
    (tmp_path / "nothing").mkdir()
    ran = entered.command("backfill", str(tmp_path / "nothing"), "--dry-run")
    assert (ran.returncode, "no folder with files" in ran.stdout) == (0, True)
    assert entered.call("ListSessions", session_pb2.ListSessionsRequest()).sessions == []


def test_without_a_bridge_or_a_login_it_says_what_to_do(bridge: Bridge, tree: OldTree, tmp_path: Path) -> None:
    """And leaves everything as it is."""
    words = ("backfill", str(tree.root), "--report", str(tmp_path / "report.csv"))
    ran = bridge.command(*words)
    assert (ran.returncode, "cagelab-bridge login" in ran.stderr) == (6, True), ran.stderr
    bridge.end()
    ran = bridge.command(*words)
    assert ran.returncode == 11
    assert "cagelab-bridge serve" in ran.stderr


def test_a_part_of_a_tree_and_a_bridges_own_sessions(entered: Bridge, tree: OldTree) -> None:
    """Only the subject and the days that are wanted; a session that the bridge recorded itself is left to it."""
    own = started(entered, session_pb2.SessionSpec(subject="TestSubject", lab="CogLab"))
    ended(entered, own.session_id)
    (Path(own.folder) / "events.table.a.tsv").write_bytes(b"x")
    old_files.age(Path(own.folder) / "events.table.a.tsv", "2026-01-01T00:00:00")
    verb = Verb(entered, tree.root)
    code, _ = verb.run("--subject", "TestSubject", "--to", tree.sessions[-1].date)
    assert code == 21  # folders that are no session have no subject
    wanted = {str(one.folder) for one in tree.sessions if one.subject == "TestSubject"}
    assert 0 < len(wanted) < FEW
    rows = verb.rows()
    assert {folder for folder, row in rows.items() if row["outcome"] in ("created", "known")} == wanted
    verb.root = Path(own.folder).parents[3]
    code, said = verb.run()
    assert (code, "1 recorded" in said) == (0, True)
    assert verb.rows()[own.folder]["why"].startswith("A bridge recorded it")


def test_an_interruption_is_told(entered: Bridge, tree: OldTree) -> None:
    """With Ctrl-C the report says what is under way, and the bridge goes on with it."""
    verb = Verb(entered, tree.root)
    running = verb.begun()
    wait_until(lambda: verb.accepted() >= 2 or running.poll() is not None)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, "goes on" in err) == (130, True), (out, err)
    assert "under way" in out or "created" in out
    accepted = verb.accepted()
    listed = session_pb2.ListSessionsRequest(only_unfinished=True)
    wait_until(lambda: not entered.call("ListSessions", listed).sessions)
    assert verb.accepted() == accepted


def test_a_session_that_grows_is_delivered_again(entered: Bridge, tree: OldTree) -> None:
    """A file that was put into an old folder later is found by the next run."""
    verb = Verb(entered, tree.sessions[0].folder)
    verb.run()
    late = tree.sessions[0].folder / "mock.table.late.tsv"
    old_files.write(late, b"late", changed=tree.sessions[0].end)
    code, said = verb.run()
    row = verb.rows()[str(tree.sessions[0].folder)]
    assert (code, row["outcome"]) == (0, "added")
    assert "mock.table.late.tsv" in row["why"]
    assert "1 added" in said
    audited = entered.command("audit", row["session_id"])
    assert audited.returncode == 0, audited.stdout
