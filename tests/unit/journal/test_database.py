"""The file: durable, locked, migrated once, refused when damaged or full."""

from __future__ import annotations

import re
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from cagelab_bridge.errors import AlreadyRunning, InternalError, JournalTrouble, NotFound
from cagelab_bridge.journal.database import APPLICATION_ID, Database
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Trouble
from tests.unit.journal.nouns import file, session, transfer


def asked(journal: Journal, pragma: str) -> object:
    return journal._database._connection.execute(f"PRAGMA {pragma}").fetchone()[0]


def test_what_is_committed_survives_a_power_cut(journal: Journal) -> None:
    """WAL and FULL, read back from the connection that writes."""
    assert asked(journal, "journal_mode") == "wal"
    assert asked(journal, "synchronous") == 2
    assert asked(journal, "foreign_keys") == 1
    assert asked(journal, "application_id") == APPLICATION_ID


def test_the_state_folder_is_ours_alone(tmp_path: Path) -> None:
    """Names of subjects and people are nobody else's business."""
    Journal(tmp_path / "deep" / "state").close()
    assert (tmp_path / "deep" / "state").stat().st_mode & 0o077 == 0


HOLDER = """
import sys
from pathlib import Path
from cagelab_bridge.journal.journal import Journal
journal = Journal(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_bridge_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    """The sentence names the process; when that one dies, however it dies, the journal is free."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(AlreadyRunning, match=rf"process {holder.pid}\b") as caught:
            Journal(tmp_path)
        assert "--state" in caught.value.hint
        holder.kill()
    Journal(tmp_path).close()


def test_closing_gives_the_lock_back(tmp_path: Path) -> None:
    """A bridge that stopped leaves nothing behind."""
    first = Journal(tmp_path)
    with pytest.raises(AlreadyRunning):
        Journal(tmp_path)
    first.close()
    Journal(tmp_path).close()


def test_migrations_are_recorded_and_not_repeated(tmp_path: Path) -> None:
    """Each step says which program applied it; opening again keeps the rows in flight."""
    Database(tmp_path, version="1.2.3").close()
    journal = Journal(tmp_path)
    journal.sessions.insert(session())
    journal.close()
    Database(tmp_path, version="9.9.9").close()
    beside = sqlite3.connect(tmp_path / "journal.db")
    steps = beside.execute("SELECT number, name, version FROM migration").fetchall()
    assert beside.execute("SELECT count(*) FROM session").fetchone() == (1,)
    beside.close()
    assert steps[0] == (1, "01-first.sql", "1.2.3")
    assert {version for _, _, version in steps} == {"1.2.3"}


def broken(journal: Journal) -> None:
    """Two changes in one transaction, and then a mistake."""
    with journal.transaction("outer"):
        journal.sessions.insert(session())
        with journal.transaction("inner"):
            journal.transfers.insert(transfer())
        raise ZeroDivisionError


def test_a_transaction_is_all_or_nothing(journal: Journal) -> None:
    """What is nested belongs to the outer one, and goes with it."""
    with pytest.raises(ZeroDivisionError):
        broken(journal)
    with pytest.raises(NotFound):
        journal.sessions.get("s")
    with journal.transaction("outer"):
        journal.sessions.insert(session())
        with journal.transaction("inner"):
            journal.transfers.insert(transfer())
    assert journal.transfers.get("t").session_id == "s"


def test_nothing_is_committed_before_the_outer_transaction_ends(journal: Journal) -> None:
    """Another reader sees neither half."""
    beside = sqlite3.connect(journal.path)
    with journal.transaction("outer"):
        with journal.transaction("inner"):
            journal.sessions.insert(session())
        assert beside.execute("SELECT count(*) FROM session").fetchone() == (0,)
    assert beside.execute("SELECT count(*) FROM session").fetchone() == (1,)
    beside.close()


def test_listeners_hear_once_after_the_commit(journal: Journal) -> None:
    """By then the change is there for everybody; several changes of one thing are one call."""
    heard: list[tuple[str, str, int]] = []
    beside = sqlite3.connect(journal.path)

    def listen(kind: str, identity: str) -> None:
        heard.append((kind, identity, beside.execute("SELECT count(*) FROM session").fetchone()[0]))

    stop = journal.listen(listen)
    with journal.transaction("outer"):
        journal.sessions.insert(session())
        journal.sessions.intend("s", under_way=True)
        journal.transfers.insert(transfer())
        assert heard == []
    assert heard == [("session", "s", 1), ("transfer", "t", 1)]
    stop()
    journal.sessions.intend("s", under_way=False)
    assert len(heard) == 2
    beside.close()


def test_listeners_hear_nothing_of_what_was_rolled_back(journal: Journal) -> None:
    """Neither then, nor with the next commit."""
    heard: list[str] = []
    journal.listen(lambda kind, identity: heard.append(f"{kind} {identity}"))
    with pytest.raises(ZeroDivisionError):
        broken(journal)
    with pytest.raises(InternalError):
        journal.sessions.closed("s")
    assert heard == []
    journal.sessions.insert(session("other"))
    assert heard == ["session other"]


def test_a_file_belongs_to_a_transfer_and_a_transfer_to_a_session(journal: Journal) -> None:
    """The schema refuses orphans."""
    with pytest.raises(sqlite3.IntegrityError):
        journal.transfers.insert(transfer())
    journal.sessions.insert(session())
    with pytest.raises(sqlite3.IntegrityError):
        journal.files.insert(file())


def filled(folder: Path, count: int = 200) -> Path:
    """A journal of some size, closed."""
    journal = Journal(folder)
    with journal.transaction("fill"):
        for number in range(1, count + 1):
            journal.sessions.insert(session(f"s{number}", number=number))
    journal.close()
    return folder / "journal.db"


DAMAGED = """
import sys
from pathlib import Path
from cagelab_bridge.errors import JournalTrouble
from cagelab_bridge.journal.journal import Journal
folder, good = Path(sys.argv[1]), Path(sys.argv[2])
try:
    Journal(folder)
except JournalTrouble as trouble:
    print(trouble.message, trouble.hint, sep="|")
    (folder / "journal.db").write_bytes(good.read_bytes())
    for leftover in folder.glob("journal.db-*"):
        leftover.unlink()
    Journal(folder).close()
    print("mended")
"""


def damaged(folder: Path, place: str) -> list[str]:
    """What a process says that opens a journal with flipped bytes."""
    path, good = filled(folder / "state"), folder / "good.db"
    good.write_bytes(path.read_bytes())
    data = bytearray(path.read_bytes())
    start = {"header": 0, "root": 100, "middle": len(data) // 2 // 4096 * 4096}[place]
    for offset in range(start, start + (16 if place == "header" else 4096 - start % 4096)):
        data[offset] ^= 0xFF
    path.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", DAMAGED, str(folder / "state"), str(good)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return [*done.stdout.splitlines(), *done.stderr.splitlines()[-1:]]


@pytest.mark.parametrize("place", ["header", "root", "middle"])
def test_a_damaged_journal_is_refused_and_not_thrown_away(tmp_path: Path, place: str) -> None:
    """The sentence names it, the hint says to set it aside (nobody has to make room)."""
    said = damaged(tmp_path, place)
    message, _, hint = said[0].partition("|")
    assert str(tmp_path / "state") in message
    assert "Set it aside" in hint


def test_a_refused_journal_is_let_go(tmp_path: Path) -> None:
    """Neither lock nor file stay open: once the damage is mended the same process can open it."""
    said = damaged(tmp_path, "header")
    assert said[1:] == ["mended"]


def test_a_folder_that_cannot_be_written_is_refused_in_words(tmp_path: Path) -> None:
    """The state folder's name is taken by a file."""
    (tmp_path / "state").write_text("")
    with pytest.raises(JournalTrouble, match="state"):
        Journal(tmp_path / "state")


FULL_DISK = """
import resource, sys
from pathlib import Path
from cagelab_bridge.errors import JournalTrouble
from cagelab_bridge.journal.journal import Journal
from tests.unit.journal.nouns import session
journal = Journal(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, resource.RLIM_INFINITY))
heard, acknowledged = [], 0
journal.listen(lambda kind, identity: heard.append(identity))
try:
    for number in range(1, 1000):
        journal.sessions.insert(session(f"s{number}", number=number))
        acknowledged = number
except JournalTrouble as trouble:
    print(acknowledged, trouble.retryable, trouble.hint, sep="|")
assert len(heard) == acknowledged
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.sessions.insert(session("later", number=1000))
journal.close()
"""


def test_a_full_disk_refuses_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """JournalTrouble with a hint; what was acknowledged is there, what was refused is not, and later it goes on."""
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=root,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    count, retryable, hint = done.stdout.strip().split("|")
    assert (retryable, "Make room" in hint) == ("True", True)
    journal = Journal(tmp_path)
    found = {found.id for found in journal.sessions.recent(limit=10_000)}
    journal.close()
    assert int(count) > 5
    assert found == {f"s{number}" for number in range(1, int(count) + 1)} | {"later"}


SECRET_NAMES = re.compile(r"password|secret|token|access|credential|passwd|api_?key", re.IGNORECASE)


def test_no_column_is_made_for_a_secret(journal: Journal) -> None:
    """Secrets never enter the journal; a place for one would be the first step."""
    beside = sqlite3.connect(journal.path)
    schema = beside.execute("SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p").fetchall()
    beside.close()
    assert len(schema) > 50
    assert [pair for pair in schema if SECRET_NAMES.search(pair[1])] == []


def test_trouble_is_cleared_by_an_empty_one(journal: Journal) -> None:
    """What works again has no reason, no hint, and is neither blocked nor waiting."""
    journal.sessions.insert(session())
    journal.sessions.trouble("s", Trouble(reason="x", hint="y", blocked=True, waiting=True))
    journal.sessions.trouble("s", Trouble())
    assert journal.sessions.get("s").trouble == Trouble()
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
