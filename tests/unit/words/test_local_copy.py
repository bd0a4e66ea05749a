"""Copying a file to a new name: complete or not at all, and never over another."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from cagelab_bridge import local_files
from cagelab_bridge.errors import FileChanged, FileUnreadable, FileVanished, JournalTrouble
from cagelab_bridge.local_files import LocalFiles


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of an hour ago, larger than what is read at once."""
    path = tmp_path / "source.mat"
    path.write_bytes(os.urandom(local_files.AT_ONCE + 5))
    os.utime(path, ns=(1_700_000_000_123_456_789,) * 2)
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where it goes."""
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder" / "copy.mat"


def test_a_copy_has_the_bytes_and_the_time_of_its_source(source: Path, target: Path) -> None:
    """And the source stays what it was; nothing else is left in the folder."""
    before = (source.read_bytes(), source.stat().st_mtime_ns, source.stat().st_ino)
    assert LocalFiles().copy(str(source), str(target)) is True
    assert (target.read_bytes(), target.stat().st_mtime_ns) == before[:2]
    assert (source.read_bytes(), source.stat().st_mtime_ns, source.stat().st_ino) == before
    assert list(target.parent.iterdir()) == [target]
    assert target.stat().st_nlink == 1


@pytest.mark.parametrize("links", [True, False])
def test_a_copy_replaces_nothing(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """A file that is there stays, even one that came while the copy was made."""
    target.write_bytes(b"there already")
    assert LocalFiles().copy(str(source), str(target)) is False
    seen = iter([False, True, True])
    monkeypatch.setattr(os.path, "lexists", lambda _path: next(seen))
    if not links:
        monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    with pytest.raises(FileUnreadable):
        LocalFiles().copy(str(source), str(target))
    assert target.read_bytes() == b"there already"
    assert list(target.parent.iterdir()) == [target]


def refuse(number: int) -> object:
    def refused(*_arguments: object, **_options: object) -> None:
        raise OSError(number, os.strerror(number))

    return refused


def test_a_disk_without_links_takes_a_copy_as_well(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems know no second name for a file."""
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    assert LocalFiles().copy(str(source), str(target)) is True
    assert target.read_bytes() == source.read_bytes()
    assert list(target.parent.iterdir()) == [target]


def test_a_source_that_changes_meanwhile_is_not_copied(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next session saves to the same place: half of each is nobody's data."""
    copy = local_files._copy_bytes

    def and_write(path: str, unfinished: Path) -> None:
        copy(path, unfinished)
        source.write_bytes(b"of the next session")

    monkeypatch.setattr(local_files, "_copy_bytes", and_write)
    with pytest.raises(FileChanged):
        LocalFiles().copy(str(source), str(target))
    assert list(target.parent.iterdir()) == []


def test_a_full_disk_leaves_no_piece(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and what was written is gone."""
    monkeypatch.setattr(os, "utime", refuse(errno.ENOSPC))
    with pytest.raises(JournalTrouble, match="No space left"):
        LocalFiles().copy(str(source), str(target))
    assert list(target.parent.iterdir()) == []


def test_a_piece_of_an_earlier_attempt_is_in_nobodys_way(source: Path, target: Path) -> None:
    """The computer lost power while it copied: the next attempt begins anew."""
    (target.parent / ".copy.mat.unfinished").write_bytes(b"half")
    assert LocalFiles().copy(str(source), str(target)) is True
    assert list(target.parent.iterdir()) == [target]


def test_what_is_not_there_is_not_copied(source: Path, target: Path) -> None:
    """Neither from a missing file nor through a link, nor into a folder that is not there."""
    link = source.with_name("link.mat")
    link.symlink_to(source)
    for missing in (source.with_name("nothing.mat"), link):
        with pytest.raises(FileVanished):
            LocalFiles().copy(str(missing), str(target))
    with pytest.raises(FileUnreadable):
        LocalFiles().copy(str(source), str(target.parent / "deeper" / "copy.mat"))
