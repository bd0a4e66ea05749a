"""`backfill`: a tree of old sessions goes into Alyx and the store once, whatever is killed meanwhile."""

from __future__ import annotations

import csv
import hashlib
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from minio import Minio

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.house.old_tree import NO_START, ODD_FILE, TORN, Old, OldTree, grown
from tests.acceptance.house.test_audit import Alyx
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import asked
from tests.unit.cli import old_files

SESSIONS = 291  # with the folders that are none, 300
MADE_BEFORE = range(30, 36)  # indexes of sessions that another program made in Alyx
READERS = 8


@pytest.fixture
def short(tmp_path: Path, lab: Lab) -> Iterator[Bridge]:
    """A bridge that is certain after two seconds that a lost request is over, as with an Alyx of its own."""
    bridge = Bridge(tmp_path, ALYX_QUARANTINE_SECONDS="2", FILES_QUIET_SECONDS="0.05")
    bridge.start()
    bridge.enter(lab)
    yield bridge
    bridge.end()


class Verb:
    """`backfill` of a tree, against a bridge."""

    def __init__(self, bridge: Bridge, root: Path) -> None:
        self.bridge, self.root = bridge, root
        self.report = bridge.folder / "report.csv"

    def begun(self) -> subprocess.Popen[str]:
        """It runs."""
        command = [sys.executable, "-m", "cagelab_bridge.cli", *self.words()]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=self.bridge.environ, **pipes)  # type: ignore[call-overload,no-any-return]  # as subprocess has it

    def run(self, *more: str) -> tuple[int, str]:
        """To its end: exit code, and what it printed."""
        done = self.bridge.command(*self.words(), *more)
        assert done.stdout, done.stderr
        return done.returncode, done.stdout

    def words(self) -> list[str]:
        """The command."""
        return ["backfill", str(self.root), "--report", str(self.report), "--at-once", "12"]

    def rows(self) -> dict[str, dict[str, str]]:
        """The report by folder; each folder stands there once."""
        with self.report.open(newline="") as file:
            found = list(csv.DictReader(file))
        by_folder = {row["folder"]: row for row in found}
        assert len(by_folder) == len(found)
        return by_folder

    def accepted(self) -> int:
        """How many sessions the bridge has taken."""
        listed = session_pb2.ListSessionsRequest(limit=1000)
        return len(self.bridge.call("ListSessions", listed).sessions)


def killed_when(verb: Verb, accepted: int, *, bridge: bool = False) -> None:
    """Begin, and kill the command (or the bridge) as soon as so many sessions are accepted."""
    running = verb.begun()
    wait_until(lambda: verb.accepted() >= accepted or running.poll() is not None)
    assert running.poll() is None, running.communicate()
    if bridge:
        verb.bridge.end(signal.SIGKILL)
    else:
        running.kill()
    out, err = running.communicate(timeout=30)
    if bridge:
        assert running.returncode == 11, (out, err)
        assert "bridge" in err


def made_before(alyx: Alyx, tree: OldTree) -> dict[tuple[str, str, int], str]:
    """Sessions that opticka made: json as text, SHA-1, said to exist, never uploaded. Their ids."""
    ids = {}
    [repository, *_] = alyx.send("GET", "labs/CogLab")["repositories"]
    for index in MADE_BEFORE:
        old = tree.sessions[index]
        facts = {"subject": old.subject, "number": old.number, "start_time": old.start, "narrative": "by hand"}
        record = alyx.send("POST", "sessions", facts | {"users": ["researcher"], "json": json.dumps({"phase": index})})
        ids[old.key] = record["id"]
        name, data = min(old.files.items())
        file = {"filenames": [name], "hashes": [hashlib.sha1(data).hexdigest()], "filesizes": [len(data)]}
        place = {"name": repository, "labs": "CogLab", "path": f"{old.subject}/{old.date}/{old.number:03d}"}
        alyx.send("POST", "register-file", place | file | {"created_by": "researcher"})
    return ids


def test_three_hundred_old_sessions_go_in_once(short: Bridge, lab: Lab, first_day: date) -> None:
    """Killed three times (twice the command, once the bridge), finished, and done once more: every session once, every
    file once, what cannot be delivered is told, and the tree is as it was."""
    tree = grown(short.folder / "archive", first_day, SESSIONS)
    assert len(tree.sessions) + len(tree.others) == 300
    ids = made_before(Alyx(lab), tree)
    before = old_files.state(tree.root)
    verb = Verb(short, tree.root)
    killed_when(verb, 60)
    killed_when(verb, 140, bridge=True)
    short.start()
    short.enter(lab)
    killed_when(verb, 220)
    code, _ = verb.run()
    assert code == 20  # a file of no dataset type is blocked
    check_report(tree, verb.rows(), ids, again=False)
    check_alyx(short, lab, tree, ids)
    code, said = verb.run()
    assert code == 20
    check_report(tree, verb.rows(), ids, again=True)
    check_alyx(short, lab, tree, ids)
    assert f"{SESSIONS - 1} known" in said
    assert old_files.state(tree.root) == before


def check_report(
    tree: OldTree, rows: dict[str, dict[str, str]], ids: dict[tuple[str, str, int], str], *, again: bool
) -> None:
    """A row for each folder, with what became of it."""
    assert rows.keys() == {str(old.folder) for old in tree.sessions} | tree.others.keys()
    assert {folder: rows[folder]["outcome"] for folder in tree.others} == tree.others
    outcomes: Counter[str] = Counter()
    for index, old in enumerate(tree.sessions):
        row = rows[str(old.folder)]
        outcomes[row["outcome"]] += 1
        assert (row["subject"], row["date"], int(row["number"])) == old.key
        assert (row["start"], row["end"], int(row["files"])) == (old.start, old.end, len(old.files))
        assert row["trials"] == ("" if old.trials is None else str(old.trials))
        assert row["url"]
        expected = {"known"} if again else {"known", "completed" if old.key in ids else "created"}
        if index == ODD_FILE:
            expected = {"blocked"}
            assert "docx" in row["why"]
        assert row["outcome"] in expected, row
        assert int(row["delivered"]) == len(old.files) - (index == ODD_FILE)
    assert "torn" in rows[str(tree.sessions[TORN].folder)]["why"]
    more, same = (row["why"] for folder, row in sorted(rows.items()) if row["outcome"] == "copy")
    assert (more.endswith("mock.table.more.tsv."), same.endswith("file by file.")) == (True, True)
    if not again:
        assert outcomes["created"] > 0


def check_alyx(bridge: Bridge, lab: Lab, tree: OldTree, ids: dict[tuple[str, str, int], str]) -> None:
    """Each session is there once, with its times and counts; each file is one dataset and one object with its bytes."""
    days = sorted({old.date for old in tree.sessions})
    found = asked(bridge, f"sessions?date_range={days[0]},{days[-1]}")
    records = {(row["subject"], row["start_time"][:10], row["number"]): row["id"] for row in found}
    assert len(found) == len(records)
    assert records.keys() == {old.key for old in tree.sessions}
    assert ids.items() <= records.items()
    store = Minio(lab.s3_url.partition("://")[2], access_key=lab.s3_key, secret_key=lab.s3_secret, secure=False)

    def check(index: int) -> None:
        old = tree.sessions[index]
        check_session(bridge, store, old, records[old.key], torn=index == TORN, odd=index == ODD_FILE)

    with ThreadPoolExecutor(READERS) as readers:
        assert len(list(readers.map(check, range(len(tree.sessions))))) == len(tree.sessions)
    without = asked(bridge, f"sessions/{records[tree.sessions[NO_START].key]}")
    assert without["start_time"].endswith("T00:00:00")
    for index in MADE_BEFORE:
        record = asked(bridge, f"sessions/{records[tree.sessions[index].key]}")
        assert (record["narrative"], record["json"]["phase"]) == ("by hand", index)


def check_session(bridge: Bridge, store: Minio, old: Old, alyx_id: str, *, torn: bool, odd: bool) -> None:
    record = asked(bridge, f"sessions/{alyx_id}")
    assert record["json"]["cagelab"]["state"] == ("ENDED" if odd else "COMPLETE")
    assert record["start_time"][:19] == (old.start or f"{old.date}T00:00:00")
    assert record["end_time"][:19] == old.end
    assert (record["n_trials"], record["n_correct_trials"]) == (old.trials, old.correct)
    datasets = asked(bridge, f"datasets?session={alyx_id}")
    wanted = {name: data for name, data in old.files.items() if not name.endswith(".docx")}
    assert sorted(dataset["name"] for dataset in datasets) == sorted(wanted)
    for dataset in datasets:
        data = wanted[dataset["name"]]
        fails = torn and dataset["name"].endswith(".mat")
        assert (dataset["qc"], dataset["hash"]) == ("FAIL" if fails else "PASS", hashlib.md5(data).hexdigest())
        [entry] = dataset["file_records"]
        assert entry["exists"]
        bucket, _, key = entry["data_url"].split("/", 3)[3].partition("/")
        answer = store.get_object(bucket, key)
        assert answer.read() == data
        answer.close()
        answer.release_conn()
