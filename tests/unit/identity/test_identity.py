"""The identity of a bridge: made once, ours alone, and left behind when the disk is copied."""

from __future__ import annotations

import fcntl
import logging
import stat
from pathlib import Path

import pytest

from cagelab_bridge.errors import AlreadyRunning, Forbidden, InvalidInput, NotFound
from cagelab_bridge.identity.computer import Computer
from cagelab_bridge.identity.identity import load, load_or_make, set_aside, take_back

HERE = Computer(machine="here", cards=frozenset(("card",)))
THERE = Computer(machine="here", cards=frozenset(("another card",)))


def test_the_first_call_makes_an_identity_and_later_ones_find_it(tmp_path: Path) -> None:
    """Key and certificate stay as they are; the key is ours alone, the folder too."""
    first = load_or_make(tmp_path / "state", "now", HERE)
    assert load_or_make(tmp_path / "state", "later", HERE) == first == load(tmp_path / "state")
    folder = tmp_path / "state" / "identity"
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "PRIVATE" not in repr(first)
    assert load_or_make(tmp_path / "other", "now", HERE).fingerprint != first.fingerprint


def test_without_an_identity_the_hint_says_how_to_make_one(tmp_path: Path) -> None:
    """Looking does not make one."""
    with pytest.raises(NotFound) as missing:
        load(tmp_path)
    assert "cagelab-bridge init" in missing.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_start_that_was_cut_short_makes_the_identity_whole(tmp_path: Path) -> None:
    """The key is written last: without it there is no identity yet."""
    load_or_make(tmp_path, "now", HERE)
    (tmp_path / "identity" / "key.pem").unlink()
    made = load_or_make(tmp_path, "now", HERE)
    assert load(tmp_path) == made


@pytest.mark.parametrize("how", ["another key", "garbage for a key", "another certificate", "no certificate left"])
def test_a_damaged_identity_is_told_and_never_replaced(tmp_path: Path, how: str) -> None:
    """A new one in silence would be a stranger to all peers."""
    load_or_make(tmp_path / "one", "now", HERE)
    load_or_make(tmp_path / "two", "now", HERE)
    mine, other = tmp_path / "one" / "identity", tmp_path / "two" / "identity"
    if how == "another key":
        (mine / "key.pem").write_bytes((other / "key.pem").read_bytes())
    elif how == "garbage for a key":
        (mine / "key.pem").write_text("garbage")
    elif how == "another certificate":
        (mine / "certificate.pem").write_bytes((other / "certificate.pem").read_bytes())
    else:
        (mine / "certificate.pem").write_text("")
    before = {path.name: path.read_bytes() for path in mine.iterdir()}
    with pytest.raises(InvalidInput):
        load_or_make(tmp_path / "one", "later", HERE)
    assert {path.name: path.read_bytes() for path in mine.iterdir()} == before


@pytest.mark.parametrize("how", ["link", "open folder", "readable"])
def test_a_key_that_others_could_have_is_refused(tmp_path: Path, how: str) -> None:
    """A link may point anywhere; an open folder may have been anybody's."""
    load_or_make(tmp_path / "state", "now", HERE)
    folder = tmp_path / "state" / "identity"
    if how == "link":
        (folder / "key.pem").rename(tmp_path / "elsewhere.pem")
        (folder / "key.pem").symlink_to(tmp_path / "elsewhere.pem")
    elif how == "open folder":
        folder.chmod(0o777)
    else:
        (folder / "key.pem").chmod(0o640)
    with pytest.raises(Forbidden):
        load_or_make(tmp_path / "state", "later", HERE)


def test_a_copied_disk_gets_a_new_identity_and_sets_the_journal_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Two bridges with one identity and one journal would deliver the same sessions twice. Nothing is deleted."""
    first = load_or_make(tmp_path, "now", HERE)
    for name in ("journal.db", "journal.db-wal", "journal.lock", "ballast"):
        (tmp_path / name).write_text(name)
    (tmp_path / "peers").mkdir()
    (tmp_path / "peers" / "control-pc.toml").write_text("x")
    with caplog.at_level(logging.WARNING):
        second = load_or_make(tmp_path, "2026-11-20T15-00-00Z", THERE)
    assert second.fingerprint != first.fingerprint
    (folder,) = set_aside(tmp_path)
    assert folder.name == "set-aside-2026-11-20T15-00-00Z"
    assert (folder / "journal.db").read_text() == "journal.db"
    assert sorted(path.name for path in folder.iterdir()) == [
        "ballast",
        "identity",
        "journal.db",
        "journal.db-wal",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["identity", "journal.lock", "peers", folder.name]
    assert str(folder) in caplog.text
    assert load_or_make(tmp_path, "later", THERE) == second
    assert set_aside(tmp_path) == [folder]


def test_what_was_set_aside_can_be_brought_back(tmp_path: Path) -> None:
    """It was no copy, but a new network card: the old identity and journal count again, those since are set aside."""
    first = load_or_make(tmp_path, "now", HERE)
    (tmp_path / "journal.db").write_text("old")
    second = load_or_make(tmp_path, "then", THERE)
    (tmp_path / "journal.db").write_text("new")
    (left,) = take_back(tmp_path, "later")
    assert load_or_make(tmp_path, "again") == first
    assert (tmp_path / "journal.db").read_text() == "old"
    assert left.name == "set-aside-later"
    assert (left / "journal.db").read_text() == "new"
    assert load(left) == second


def test_nothing_is_brought_back_while_the_bridge_runs(tmp_path: Path) -> None:
    """Its journal is open; and where nothing was set aside, nothing moves."""
    first = load_or_make(tmp_path, "now", HERE)
    assert take_back(tmp_path, "later") == []
    assert load_or_make(tmp_path, "again") == first
    load_or_make(tmp_path, "then", THERE)
    with (tmp_path / "journal.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(AlreadyRunning):
            take_back(tmp_path, "later")
    with pytest.raises(NotFound):
        take_back(tmp_path / "none", "later")


def test_setting_aside_that_was_cut_short_goes_on(tmp_path: Path) -> None:
    """The journal was moved, then the power failed: the next start still finds another computer's identity."""
    first = load_or_make(tmp_path, "now", HERE)
    (tmp_path / "set-aside-then").mkdir(mode=0o700)
    assert load_or_make(tmp_path, "later", THERE) != first
    assert [path.name for path in set_aside(tmp_path)] == ["set-aside-later", "set-aside-then"]


def test_new_cards_are_learned_one_by_one(tmp_path: Path) -> None:
    """A computer whose cards are replaced one after the other stays the same computer."""
    first = load_or_make(tmp_path, "now", HERE)
    for cards in ({"card", "b"}, {"b", "c"}, set(), {"c"}):
        assert load_or_make(tmp_path, "later", Computer(machine="here", cards=frozenset(cards))) == first
    assert load_or_make(tmp_path, "later", HERE) != first


def test_a_state_folder_that_others_may_write_to_is_closed(tmp_path: Path) -> None:
    """Ubuntu's umask lets the group write; who can rename `peers` can replace it."""
    state = tmp_path / "state"
    state.mkdir(mode=0o775)
    state.chmod(0o775)
    load_or_make(state, "now", HERE)
    assert stat.S_IMODE(state.stat().st_mode) == 0o755
