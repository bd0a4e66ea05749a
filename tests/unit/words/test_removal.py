"""Deleting a file for good: that very file, which nobody has open, in its folder, without a second name."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge.errors import BridgeError, FileBusy, FileChanged, FileUnreadable, FileVanished
from cagelab_bridge.local_files import LocalFiles
from cagelab_bridge.path_below import PathBelow
from cagelab_bridge.ports import FileStat
from tests.local_computer import local_files, stat_of


@pytest.fixture
def files() -> Iterator[LocalFiles]:
    with local_files() as files:
        yield files


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A file in a folder below the root."""
    path = tmp_path / "session" / "raw" / "a.mat"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"12345")
    return path


def below(tmp_path: Path) -> PathBelow:
    return PathBelow(str(tmp_path), "session/raw/a.mat", alone=True)


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


class Killed(BaseException):
    """The process is gone."""


def just_before(monkeypatch: pytest.MonkeyPatch, name: str, happens: Callable[[], None]) -> None:
    """Something happens right before the first call of that function of `os`."""
    real, done = getattr(os, name), list[bool]()

    def call(*arguments: Any, **named: Any) -> Any:
        if not done:
            done.append(True)
            happens()
        return real(*arguments, **named)

    monkeypatch.setattr(os, name, call)


def test_what_takes_the_name_at_the_last_moment_stays(
    files: LocalFiles, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that saves beside the file and renames it over the name: what it saved was delivered nowhere."""
    rename = os.rename

    def save() -> None:
        (place.parent / ".tmp").write_bytes(b"new, delivered nowhere")
        rename(place.parent / ".tmp", place)

    just_before(monkeypatch, "rename", save)
    refused(files, tmp_path, stat_of(place), FileChanged, "was replaced just now")
    assert os.listdir(place.parent) == ["a.mat"]
    assert place.read_bytes() == b"new, delivered nowhere"


def test_a_second_name_of_the_last_moment_keeps_the_file(
    files: LocalFiles, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would free no room."""
    just_before(monkeypatch, "rename", lambda: os.link(place, tmp_path / "second.mat"))
    refused(files, tmp_path, stat_of(place), FileUnreadable, "another name elsewhere")
    assert os.listdir(place.parent) == ["a.mat"]


def test_whoever_opens_the_file_at_the_last_moment_gets_it_as_it_was(
    files: LocalFiles, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel lets it wait while it is verified that nobody has the file open: it must not wait for nothing."""

    def append() -> None:
        with place.open("ab") as file:
            file.write(b"6")

    program, lease = threading.Thread(target=append), fcntl.fcntl
    leased: list[int] = []

    def noted(handle: int, command: int, argument: int = 0) -> int:
        leased.append(handle)
        return lease(handle, command, argument)

    def begin() -> None:
        program.start()
        end = time.monotonic() + 20
        while lease(leased[0], fcntl.F_GETLEASE) == fcntl.F_WRLCK:
            assert time.monotonic() < end

    monkeypatch.setattr(fcntl, "fcntl", noted)
    just_before(monkeypatch, "rename", begin)
    refused(files, tmp_path, stat_of(place), FileBusy, "is opening")
    program.join(20)
    assert os.listdir(place.parent) == ["a.mat"]
    assert place.read_bytes() == b"123456"


def cut_short(files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed right before the file is gone."""

    def killed() -> None:
        raise Killed

    with monkeypatch.context() as patched:
        just_before(patched, "unlink", killed)
        with pytest.raises(Killed):
            files.remove(below(tmp_path), stat_of(tmp_path / "session" / "raw" / "a.mat"))


def test_a_removal_that_was_cut_short_is_undone(
    files: LocalFiles, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the undoing was; where nothing was moved aside, and where there is no folder, nothing is done."""
    files.put_back(below(tmp_path))
    files.put_back(PathBelow(str(tmp_path), "not/there/a.mat", alone=True))
    cut_short(files, tmp_path, monkeypatch)
    assert os.listdir(place.parent) == [".a.mat.reclaiming"]
    for _ in range(2):
        files.put_back(below(tmp_path))
        assert os.listdir(place.parent) == ["a.mat"]
        assert place.read_bytes() == b"12345"
        os.link(place, place.with_name(".a.mat.reclaiming"))
    files.put_back(below(tmp_path))
    files.remove(below(tmp_path), stat_of(place))
    assert os.listdir(place.parent) == []


def test_a_file_that_took_the_name_of_one_moved_aside_is_not_replaced(
    files: LocalFiles, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are kept, and nothing is deleted there until somebody has looked."""
    cut_short(files, tmp_path, monkeypatch)
    place.write_bytes(b"new")
    with pytest.raises(FileChanged, match=r"kept as \.a\.mat\.reclaiming"):
        files.put_back(below(tmp_path))
    refused(files, tmp_path, stat_of(place), FileUnreadable, "cut short")
    assert {path.name: path.read_bytes() for path in place.parent.iterdir()} == {
        "a.mat": b"new",
        ".a.mat.reclaiming": b"12345",
    }


def test_a_disk_without_links_puts_back_too(
    files: LocalFiles, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a rename, which is not done where it would replace anything."""

    def no_links(*_arguments: Any, **_named: Any) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    cut_short(files, tmp_path, monkeypatch)
    monkeypatch.setattr(os, "link", no_links)
    files.put_back(below(tmp_path))
    assert os.listdir(place.parent) == ["a.mat"]
    cut_short(files, tmp_path, monkeypatch)
    place.write_bytes(b"new")
    with pytest.raises(FileChanged, match="kept as"):
        files.put_back(below(tmp_path))
    assert place.read_bytes() == b"new"


def test_refusals_of_the_disk_are_told(
    files: LocalFiles, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that may only be read, and one that cannot tell who has a file open: the file stays."""

    def read_only(path: str, *_arguments: Any, **_named: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", read_only)
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
