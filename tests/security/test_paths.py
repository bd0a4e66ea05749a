"""Attacks through the names and the kinds of files that are to be uploaded."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cagelab_bridge.errors import FileTrouble, FileUnreadable, InvalidInput
from cagelab_bridge.local_files import LocalFiles
from cagelab_bridge.models import FileState
from cagelab_bridge.path_below import PathBelow
from cagelab_bridge.services import plain_paths
from cagelab_bridge.store.hashing import hash_file
from cagelab_bridge.store.transport import Request
from tests.local_computer import local_files
from tests.unit.services.stage import Stage, entered

SECRET = b"-----BEGIN PRIVATE KEY-----"
NAME = "events.table.1.tsv"
HOSTILE = (
    "../x",
    "/etc/passwd",
    "a/../../x",
    "..\\x",
    "C:/x",
    "//host/share",
    "%2e%2e/",
    "%2e%2e/x",
    "．．/x",  # noqa: RUF001 - fullwidth dots
    "a\0b",
    "a\nb",
    "-rf",
    "~",
    "~root/x",
    "x" * 300,
    "/".join(["deep"] * 1000),
    "a\udc80b",
    "",
    ".",
    "..",
    "a/",
    "a//b",
    "./a",
    "CON",
    "aux.txt",
    "lpt1.tsv",
    "a:stream",
    ".hidden",
    "trailing.",
    "trailing ",
    "${HOME}",
    "`id`",
    "a*",
    "a?",
    'a"b',
    "a\u202eb",
)


@pytest.fixture
def files() -> Iterator[LocalFiles]:
    with local_files() as files:
        yield files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A session's folder, with one honest file; a secret lies beside it."""
    place = tmp_path / "TestSubject" / "2026-11-20" / "001"
    (place / "alf").mkdir(parents=True)
    (place / "alf" / NAME).write_bytes(b"honest")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / NAME).write_bytes(SECRET)
    return place


@pytest.mark.parametrize("path", HOSTILE, ids=ascii)
def test_attack_33_no_odd_path_is_taken_from_another_computer(path: str) -> None:
    """Absolute, leading out, encoded, of another system, or odd: refused before anything is opened."""
    with pytest.raises(InvalidInput) as refused:
        plain_paths.checked(["fine.txt", path])
    refused.value.message.encode()  # what is said of it can be said


def test_attack_33_plain_paths_are_taken_as_they_are() -> None:
    """Collections, revisions, the names CageLab gives: all fine."""
    names = ("alf/events.table.1.tsv", "#2026-11-20#/a_b-c.mat", "opticka.raw.2026-11-20-10-00-00_001_T 1.mat", "a")
    assert plain_paths.checked(names) == names


def test_attack_33_no_path_of_ours_leads_out_either() -> None:
    """What the bridge itself puts together is refused when a part leads upwards."""
    for path in ("../x", "a/../../x", "/etc/passwd", "a\0"):
        with pytest.raises(InvalidInput):
            PathBelow("/data", path)


def link_file(folder: Path, secrets: Path) -> None:
    (folder / "odd").symlink_to(secrets / NAME)


def link_inside(folder: Path, _: Path) -> None:
    (folder / "odd").symlink_to(folder / "alf" / NAME)


def link_to_process(folder: Path, _: Path) -> None:
    (folder / "odd").symlink_to("/proc/self/environ")


def link_folder(folder: Path, secrets: Path) -> None:
    (folder / "odd").symlink_to(secrets)


def hard_link(folder: Path, secrets: Path) -> None:
    (folder / "odd").hardlink_to(secrets / NAME)


def pipe(folder: Path, _: Path) -> None:
    os.mkfifo(folder / "odd")


def listener(folder: Path, _: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(folder)  # the name of a socket is short
        try:
            made.bind("odd")
        finally:
            os.chdir(here)


def device(folder: Path, _: Path) -> None:
    try:
        os.mknod(folder / "odd", 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero: endless
    except PermissionError:
        pytest.skip("this account may not make devices")


def a_folder(folder: Path, _: Path) -> None:
    (folder / "odd").mkdir()


KINDS = (link_file, link_inside, link_to_process, hard_link, pipe, listener, device, a_folder)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_attack_34_only_plain_files_are_opened(
    files: LocalFiles, folder: Path, kind: Callable[[Path, Path], None]
) -> None:
    """Links of both kinds, pipes, sockets, devices, folders: refused, at once, by every way of reading."""
    kind(folder, folder.parents[2] / "secrets")
    odd = PathBelow(str(folder), "odd", alone=True)
    began = time.monotonic()
    for read in (lambda: files.read(odd, 0, 100), lambda: files.being_written(odd), lambda: hash_file(files, odd)):
        with pytest.raises(FileTrouble):
            read()
    assert time.monotonic() - began < 2
    listed = files.walk(PathBelow(str(folder), ""))
    assert [path for path in listed if not path.endswith(NAME)] == ([str(odd)] if kind is hard_link else [])


def test_attack_34_nothing_behind_a_linked_folder_is_seen(files: LocalFiles, folder: Path) -> None:
    """Neither listed nor opened, also where the link leads back into the session folder."""
    link_folder(folder, folder.parents[2] / "secrets")
    (folder / "loop").symlink_to(folder / "alf")
    assert files.walk(PathBelow(str(folder), "")) == [str(folder / "alf" / NAME)]
    for name in ("odd", "loop"):
        assert not files.is_folder(PathBelow(str(folder), name))
        behind = PathBelow(str(folder), f"{name}/{NAME}")
        assert files.stat(behind) is None
        with pytest.raises(FileUnreadable, match="link"):
            files.read(behind, 0, 10)
        with pytest.raises(FileUnreadable, match="link"):
            files.walk(PathBelow(str(folder), name))


def test_a_link_above_the_session_folder_is_the_labs_own_business(files: LocalFiles, folder: Path) -> None:
    """A data root that is a link to a larger disk works."""
    root = folder.parents[2] / "root"
    root.symlink_to(folder.parents[1])
    path = PathBelow(str(root / folder.relative_to(folder.parents[1])), f"alf/{NAME}")
    assert files.read(path, 0, 100) == b"honest"
    assert hash_file(files, path).md5 == hashlib.md5(b"honest").hexdigest()
    files.force_to_disk(path)


def test_attack_35_swapping_links_in_never_leads_out(files: LocalFiles, folder: Path) -> None:
    """A folder and a file that are exchanged for links all the time: what is read is honest, or nothing."""
    secrets = folder.parents[2] / "secrets"
    honest = folder / "honest"
    (folder / "alf").rename(honest)
    (folder / "alf").symlink_to(honest)
    over = threading.Event()

    def swap() -> None:
        targets = [secrets, honest]
        while not over.is_set():
            targets.reverse()
            (folder / "next").symlink_to(targets[0])
            (folder / "next").rename(folder / "alf")  # a link, in the place of a link
            (folder / "alf").unlink()
            honest.rename(folder / "alf")  # the folder itself
            (folder / "alf").rename(honest)
            (folder / "alf").symlink_to(honest)

    thread = threading.Thread(target=swap)
    thread.start()
    path, seen, refused = PathBelow(str(folder), f"alf/{NAME}"), 0, 0
    end = time.monotonic() + 5
    try:
        while time.monotonic() < end:
            try:
                assert files.read(path, 0, 100) == b"honest"
                seen += 1
            except FileTrouble:
                refused += 1
            found = files.stat(path)
            assert found is None or found.size == len(b"honest")
    finally:
        over.set()
        thread.join()
    assert seen > 100
    assert refused > 100


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "replaced": lambda data: data[::-1],
    "truncated": lambda data: data[: len(data) // 2],
    "grown": lambda data: data + b"more",
}


@pytest.mark.parametrize("how", sorted(CHANGES))
@entered
async def test_attack_36_a_file_that_changes_while_it_is_sent_is_never_half_registered(stage: Stage, how: str) -> None:
    """What Alyx calls PASS is in the store as it was last on the disk, and as its hash says."""
    session = await stage.start()
    first = bytes(range(256)) * 256
    stage.write(session, NAME, data=first)
    path = f"{session.folder}/{NAME}"

    def change(request: Request) -> None:
        if "partNumber=3&" in request.url and stage.files.files[path].data == first:
            stage.files.write(path, CHANGES[how](first))

    stage.store.before = change
    transfer = stage.upload(session)
    await stage.until(lambda: transfer and [row.state for row in stage.rows(transfer).values()] == [FileState.DONE])
    last = CHANGES[how](first)
    dataset = stage.records("dataset", name=NAME)[-1]
    assert dataset["hash"] == hashlib.md5(last).hexdigest()
    assert [thing.data for key, thing in stage.store.objects.items() if str(dataset["id"]) in key] == [last]
    assert len(stage.store.objects) == 1
