"""Deleting a file for good: that very file, which nobody has open, in its folder, without a second name."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cagelab_bridge.errors import BridgeError, FileBusy, FileChanged, FileUnreadable, FileVanished
from cagelab_bridge.local_files import LocalFiles
from cagelab_bridge.path_below import PathBelow
from cagelab_bridge.ports import FileStat


@pytest.fixture
def files() -> Iterator[LocalFiles]:
    """SIGIO is given back afterwards."""
    before = signal.getsignal(signal.SIGIO)
    yield LocalFiles()
    signal.signal(signal.SIGIO, before)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A file in a folder below the root."""
    path = tmp_path / "session" / "raw" / "a.mat"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"12345")
    return path


def below(tmp_path: Path) -> PathBelow:
    return PathBelow(str(tmp_path), "session/raw/a.mat", alone=True)


def stat_of(path: Path) -> FileStat:
    found = path.stat()
    return FileStat(size=found.st_size, mtime_ns=found.st_mtime_ns, ctime_ns=found.st_ctime_ns, inode=found.st_ino)


def refused(files: LocalFiles, tmp_path: Path, stat: FileStat, kind: type[BridgeError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        files.remove(below(tmp_path), stat)
    assert caught.value.hint


def test_the_very_file_is_deleted(files: LocalFiles, place: Path, tmp_path: Path) -> None:
    """And nothing beside it."""
    (place.parent / "b.mat").write_bytes(b"other")
    files.remove(below(tmp_path), stat_of(place))
    assert os.listdir(place.parent) == ["b.mat"]


@pytest.mark.parametrize("mode", ["rb", "r+b"])
def test_a_file_that_is_open_stays(files: LocalFiles, place: Path, tmp_path: Path, mode: str) -> None:
    """For reading as well as for writing; once it is closed it can go."""
    stat = stat_of(place)
    with place.open(mode):
        refused(files, tmp_path, stat, FileBusy, "is open in a program")
        assert place.exists()
    files.remove(below(tmp_path), stat)
    assert not place.exists()


def test_another_file_stays(files: LocalFiles, place: Path, tmp_path: Path) -> None:
    """Written to, or put in its place, since it was looked at; or gone."""
    stat = stat_of(place)
    place.write_bytes(b"54321")
    refused(files, tmp_path, stat, FileChanged, "changed just now")
    (tmp_path / "new").write_bytes(b"12345")
    stat = stat_of(place)
    (tmp_path / "new").rename(place)
    refused(files, tmp_path, stat, FileChanged, "changed just now")
    assert place.exists()
    place.unlink()
    refused(files, tmp_path, stat, FileVanished, "no longer there")


def test_links_stay_and_what_they_mean(files: LocalFiles, place: Path, tmp_path: Path) -> None:
    """A link in its place, a link on the way, a second name."""
    stat = stat_of(place)
    real = place.rename(tmp_path / "real.mat")
    place.symlink_to(real)
    refused(files, tmp_path, stat, FileUnreadable, "is a link")
    place.unlink()
    real.rename(place)
    folder = place.parent.rename(tmp_path / "elsewhere")
    place.parent.symlink_to(folder)
    refused(files, tmp_path, stat_of(folder / "a.mat"), FileUnreadable, "behind one")
    assert (folder / "a.mat").exists()
    place.parent.unlink()
    folder.rename(place.parent)
    os.link(place, tmp_path / "second.mat")
    refused(files, tmp_path, stat_of(place), FileUnreadable, "another name elsewhere")
    assert place.exists()


def test_refusals_of_the_disk_are_told(
    files: LocalFiles, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that may only be read, and one that cannot tell who has a file open: the file stays."""

    def read_only(path: str, *, dir_fd: int | None = None) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", read_only)
        refused(files, tmp_path, stat_of(place), FileUnreadable, "cannot be deleted: Read-only file system")

    def no_leases(_handle: int, _command: int, _argument: int) -> int:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(fcntl, "fcntl", no_leases)
    refused(files, tmp_path, stat_of(place), FileUnreadable, "cannot be told")
    assert place.exists()


def test_lines_are_put_behind_what_is_there(files: LocalFiles, tmp_path: Path) -> None:
    """A torn line is ended first; a link is not written through, a file that is not there not made."""
    path = tmp_path / "manifest"
    with pytest.raises(BridgeError):
        files.append(PathBelow(str(tmp_path), "manifest"), b"x")
    path.write_bytes(b"one\ntor")
    files.append(PathBelow(str(tmp_path), "manifest"), b"two")
    files.append(PathBelow(str(tmp_path), "manifest"), b"three")
    assert path.read_bytes() == b"one\ntor\ntwo\nthree\n"
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(FileUnreadable):
        files.append(PathBelow(str(tmp_path), "link"), b"x")
    assert path.read_bytes().endswith(b"three\n")
