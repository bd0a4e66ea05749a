"""The file system of this computer."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge.errors import BridgeError, FileUnreadable, FileVanished, JournalTrouble
from cagelab_bridge.local_files import LocalFiles
from cagelab_bridge.path_below import PathBelow

UNREADABLE = "/proc/self/mem"  # offset 0 is mapped nowhere: reading fails even for root


@pytest.fixture
def files() -> Iterator[LocalFiles]:
    """SIGIO is given back afterwards."""
    before = signal.getsignal(signal.SIGIO)
    yield LocalFiles()
    signal.signal(signal.SIGIO, before)


def test_a_link_is_no_file(files: LocalFiles, tmp_path: Path) -> None:
    """Neither stat nor walk nor read follows one; a folder or a pipe is no file either."""
    (tmp_path / "real").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "folder").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    assert files.walk(str(tmp_path)) == [str(tmp_path / "real")]
    for name in ("link", "dangling", "folder", "pipe", "nothing", "real/below"):
        assert files.stat(str(tmp_path / name)) is None
    for call in (lambda: files.read(str(tmp_path / "link"), 0, 5), lambda: files.being_written(str(tmp_path / "link"))):
        with pytest.raises(FileUnreadable):
            call()


def test_a_stat_tells_when_the_content_may_have_changed(files: LocalFiles, tmp_path: Path) -> None:
    """Size, both times and inode: a file put in the place of another has another inode."""
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    first = files.stat(str(path))
    assert first is not None
    assert (first.size, first.inode) == (5, path.stat().st_ino)
    other = tmp_path / "y"
    other.write_bytes(b"12345")
    os.utime(other, ns=(first.mtime_ns, first.mtime_ns))
    other.rename(path)
    assert files.stat(str(path)) != first


def test_a_file_is_read_in_pieces(files: LocalFiles, tmp_path: Path) -> None:
    """From an offset, at most so many bytes; nothing behind the end."""
    (tmp_path / "x").write_bytes(b"0123456789")
    assert files.read(str(tmp_path / "x"), 3, 4) == b"3456"
    assert files.read(str(tmp_path / "x"), 8, 4) == b"89"
    assert files.read(str(tmp_path / "x"), 10, 4) == b""


def test_a_file_that_is_gone_is_said_to_have_vanished(files: LocalFiles, tmp_path: Path) -> None:
    """With its path."""
    gone = str(tmp_path / "gone")
    for call in (lambda: files.read(gone, 0, 1), lambda: files.force_to_disk(gone), lambda: files.being_written(gone)):
        with pytest.raises(FileVanished, match="gone"):
            call()


def test_a_file_that_cannot_be_read_is_said_so(files: LocalFiles) -> None:
    """With its path, the system's reason, and what to do."""
    with pytest.raises(FileUnreadable, match=UNREADABLE) as caught:
        files.read(UNREADABLE, 0, 1)
    assert os.strerror(errno.EIO) in caught.value.message
    assert "retry" in caught.value.hint


def test_a_folder_that_cannot_be_listed_does_not_look_empty(
    files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a session would be called complete without its files."""
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(FileUnreadable, match="Permission denied"):
        files.walk(str(tmp_path))


WRITER = """
import sys
file = open(sys.argv[1], "ab")
print("open", flush=True)
sys.stdin.read()
"""


def test_a_writer_in_another_process_is_seen_until_it_is_done(files: LocalFiles, tmp_path: Path) -> None:
    """MATLAB may keep a file open without writing for longer than any quiet time."""
    path = tmp_path / "x"
    path.write_bytes(b"1")
    assert not files.being_written(str(path))
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdin is not None
        assert writer.stdout.readline() == b"open\n"
        assert files.being_written(str(path))
        writer.stdin.close()
        writer.wait(timeout=30)
        assert not files.being_written(str(path))


def test_a_reader_is_no_writer(files: LocalFiles, tmp_path: Path) -> None:
    """Somebody who looks at the file does not stop its delivery."""
    path = tmp_path / "x"
    path.write_bytes(b"1")
    with path.open("rb"):
        assert not files.being_written(str(path))


def test_a_broken_lease_does_not_end_the_process(files: LocalFiles) -> None:
    """SIGIO's default action would."""
    os.kill(os.getpid(), signal.SIGIO)
    assert signal.getsignal(signal.SIGIO) is signal.SIG_IGN


def test_a_folder_is_made_with_its_parents_once(files: LocalFiles, tmp_path: Path) -> None:
    """True for the one who made it, False for everybody after."""
    path = str(tmp_path / "a" / "b" / "001")
    assert files.make_folder(path)
    assert not files.make_folder(path)
    assert files.is_folder(path)
    assert files.list_folders(str(tmp_path / "a")) == ["b"]
    assert files.list_folders(str(tmp_path / "nothing")) == []


MAKER = """
import sys
from cagelab_bridge.local_files import LocalFiles
files = LocalFiles()
print("ready", flush=True)
sys.stdin.readline()
print(" ".join(str(number) for number in range(300) if files.make_folder(f"{sys.argv[1]}/{number:03d}")))
"""


def test_two_processes_never_make_the_same_folder(tmp_path: Path) -> None:
    """Making the folder is the reservation: of two programs exactly one gets each number."""
    target = str(tmp_path / "new" / "day")
    command = [sys.executable, "-c", MAKER, target]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as second,
    ):
        for process in (first, second):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        made = []
        for process in (first, second):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in (first, second):
            assert process.stdout is not None
            made.append({int(number) for number in process.stdout.readline().split()})
    assert made[0] | made[1] == set(range(300))
    assert made[0] & made[1] == set()


@pytest.mark.parametrize(
    ("problem", "kind", "said"),
    [
        (errno.ENOSPC, JournalTrouble, "Make room"),
        (errno.EROFS, JournalTrouble, "Make room"),
        (errno.EACCES, FileUnreadable, "another root"),
    ],
)
def test_a_folder_that_cannot_be_made_says_what_to_do(
    files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: int, kind: type[BridgeError], said: str
) -> None:
    """A full disk needs room, a missing right another root."""

    def refuse(_path: Path) -> None:
        raise OSError(problem, os.strerror(problem))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(kind) as caught:
        files.make_folder(str(tmp_path / "001"))
    assert os.strerror(problem) in caught.value.message
    assert said in caught.value.hint


def test_a_file_where_the_folder_should_be_is_refused(files: LocalFiles, tmp_path: Path) -> None:
    """It is not taken for the folder."""
    (tmp_path / "001").write_text("")
    for path in (tmp_path / "001", tmp_path / "001" / "below"):
        with pytest.raises(FileUnreadable):
            files.make_folder(str(path))


def test_free_space_is_that_of_the_nearest_folder_there_is(files: LocalFiles, tmp_path: Path) -> None:
    """The data folder need not exist yet."""
    assert files.free_bytes(str(tmp_path / "not" / "yet")) > 0


def test_forcing_to_disk_reaches_the_file_and_its_folder(
    files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a power cut could take a file that was called power-safe."""
    (tmp_path / "x").write_bytes(b"1")
    forced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: forced.append(os.fstat(handle).st_ino))
    files.force_to_disk(str(tmp_path / "x"))
    assert forced == [(tmp_path / "x").stat().st_ino, tmp_path.stat().st_ino]


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_replaces_nothing(
    files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """No file, no folder, no link, also one that leads nowhere; nor is it made behind a link. Nothing is left of the
    attempt."""

    def no_links(*_arguments: Any, **_named: Any) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if not links:
        monkeypatch.setattr(os, "link", no_links)
    folder = tmp_path / "real"
    folder.mkdir()
    files.write_new(PathBelow(str(tmp_path), "real/new"), b"whole")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"new": b"whole"}
    (folder / "to nowhere").symlink_to(tmp_path / "nowhere")
    (folder / "folder").mkdir()
    (tmp_path / "linked").symlink_to(folder)
    before = sorted(os.listdir(folder))
    for name in ("real/new", "real/to nowhere", "real/folder", "linked/other"):
        with pytest.raises(FileUnreadable) as caught:
            files.write_new(PathBelow(str(tmp_path), name), b"x")
        assert caught.value.hint
    assert (sorted(os.listdir(folder)), (folder / "new").read_bytes()) == (before, b"whole")
    assert not (tmp_path / "nowhere").exists()
