"""From an accepted transfer to its files, on a real disk."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.local_files import LocalFiles
from cagelab_bridge.models import AccountKey, AlyxState, File, Run, Session, Spec, Transfer
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.services.delivery.listing import Listing
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.transfers import Transfers, UploadOrder

List = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A session folder."""
    made = tmp_path / "data" / "Ann" / "2026-11-20" / "001"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def journal(tmp_path: Path, folder: Path) -> Iterator[Journal]:
    """It knows one started session in that folder."""
    made = Journal(tmp_path / "state")
    made.sessions.insert(
        Session(
            id="s",
            spec=Spec(subject="Ann"),
            account=AccountKey(alyx_url="http://a", username="ann"),
            date="2026-11-20",
            number=1,
            folder=str(folder),
            run=Run.OPEN,
            alyx=AlyxState.OPEN,
            accepted_at="2026-11-20T10:00:00Z",
        )
    )
    yield made
    made.close()


async def listed(journal: Journal, *paths: str, repository: str = "aws") -> dict[str, File]:
    """Upload these and list them; files by relative path."""
    runtime = SystemRuntime()
    transfers = Transfers(journal, runtime, LabTime(runtime, None), lambda _session: None, list)  # type: ignore[arg-type]  # only stamps are made
    transfer: Transfer = transfers.upload("", "s", UploadOrder(paths=paths, repository=repository))
    await Listing(journal, runtime, None, None, "").carry(transfer.id)  # type: ignore[arg-type]  # the repository is named
    assert journal.transfers.get(transfer.id).listed
    return {file.relative_path: file for file in journal.files.page(transfer.id)}


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 10)


async def test_a_folder_is_listed_with_its_sub_folders(folder: Path, journal: Journal) -> None:
    """Every regular file with its size; hidden ones, links and pipes are left out."""
    write(folder, "a.b.mat", "alf/c.d.npy", ".hidden", "alf/.DS_Store", ".git/config")
    (folder / "link.mat").symlink_to(folder / "a.b.mat")
    (folder / "elsewhere").symlink_to("/etc")
    os.mkfifo(folder / "pipe.mat")
    found = await listed(journal)
    assert {name: file.size for name, file in found.items()} == {"a.b.mat": 10, "alf/c.d.npy": 10}
    assert journal.transfers.recent()[0].power_safe


@pytest.mark.parametrize("path", ["outside", "outside/secret.txt", "alias.txt"])
async def test_a_link_leads_nowhere_even_when_it_is_named(
    folder: Path, journal: Journal, tmp_path: Path, path: str
) -> None:
    """Nothing outside the session folder is read: neither a linked folder, nor a file behind one, nor a linked file."""
    secret = tmp_path / "private" / "secret.txt"
    write(secret.parent, secret.name)
    (folder / "outside").symlink_to(secret.parent)
    (folder / "alias.txt").symlink_to(secret)
    found = await listed(journal, path)
    assert all(file.trouble.blocked and file.size == -1 for file in found.values())


async def test_a_name_that_is_no_text_does_not_stop_the_others(folder: Path, journal: Journal) -> None:
    """A file written on a machine with another encoding is blocked or left out; the rest is listed."""
    write(folder, "a.b.mat")
    write(folder, os.fsdecode(b"caf\xe9.raw.mat"))
    found = await listed(journal)
    assert "a.b.mat" in found
    assert not found["a.b.mat"].trouble.blocked


async def test_a_file_that_vanishes_meanwhile_does_not_stop_the_others(
    folder: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A temporary file that goes away while the folder is listed is no trouble of the transfer."""
    write(folder, "a.b.mat", "z.temp.mat")
    walk = os.walk

    def unlucky(*arguments: Any, **named: Any) -> Iterator[Any]:
        for entry in walk(*arguments, **named):
            (folder / "z.temp.mat").unlink(missing_ok=True)
            yield entry

    monkeypatch.setattr(os, "walk", unlucky)
    found = await listed(journal)
    assert found["a.b.mat"].size == 10


async def test_a_file_that_vanishes_before_it_is_forced_to_disk_does_not_stop_the_others(
    folder: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, a moment later."""
    write(folder, "a.b.mat", "z.temp.mat")
    force = LocalFiles.force_to_disk

    def unlucky(files: LocalFiles, path: str) -> None:
        (folder / "z.temp.mat").unlink(missing_ok=True)
        force(files, path)

    monkeypatch.setattr(LocalFiles, "force_to_disk", unlucky)
    found = await listed(journal)
    assert found["a.b.mat"].size == 10


async def test_a_transfer_is_listed_once(folder: Path, journal: Journal) -> None:
    """After a crash in between it is listed again, and no path stands there twice."""
    write(folder, "a.b.mat")
    first = await listed(journal)
    transfer = journal.transfers.recent()[0]
    journal.files.insert(dataclasses.replace(first["a.b.mat"], id="again"))
    assert [file.id for file in journal.files.page(transfer.id)] == [first["a.b.mat"].id]
