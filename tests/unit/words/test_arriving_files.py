"""Files that come from a store: hidden until proven, never in place of another."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from cagelab_bridge.arriving_files import LocalArrivals
from cagelab_bridge.errors import FileBusy, InvalidInput, WrongContent, WrongState

DATA = b"trial\tresponse\n1\tleft\n" * 1000
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
SHA1 = hashlib.sha1(DATA, usedforsecurity=False).hexdigest()
NAME = "CogLab/Subjects/Sub01/2026-11-20/001/events.table.tsv"


def bring(root: Path, data: bytes = DATA, digest: str = MD5, size: int = len(DATA)) -> str:
    arrival = LocalArrivals().begin(str(root), NAME, "id", digest)
    try:
        arrival.take(data[arrival.count :])
        return arrival.finish(size)
    finally:
        arrival.close()


@pytest.mark.parametrize(("digest", "proof"), [(MD5, "md5"), (MD5.upper(), "md5"), (SHA1, "sha1"), ("", "size")])
def test_a_file_gets_its_name_when_it_is_proven(tmp_path: Path, digest: str, proof: str) -> None:
    """By the hash that Alyx has, MD5 or SHA-1 in either case, else by its size."""
    assert bring(tmp_path, digest=digest) == proof
    assert (tmp_path / NAME).read_bytes() == DATA
    assert [path.name for path in (tmp_path / NAME).parent.iterdir()] == ["events.table.tsv"]


def test_an_interrupted_file_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """What came before is counted and hashed again, not fetched again."""
    first = LocalArrivals().begin(str(tmp_path), NAME, "id", MD5)
    first.take(DATA[:5000])
    first.close()
    second = LocalArrivals().begin(str(tmp_path), NAME, "id", MD5)
    assert second.count == 5000
    assert not (tmp_path / NAME).exists()
    second.take(DATA[5000:])
    assert second.finish(len(DATA)) == "md5"


@pytest.mark.parametrize(("data", "size"), [(DATA[:-1] + b"x", len(DATA)), (DATA[:-1], len(DATA))])
def test_wrong_bytes_never_get_the_name(tmp_path: Path, data: bytes, size: int) -> None:
    """They are forgotten, so that the next attempt begins anew."""
    with pytest.raises(WrongContent):
        bring(tmp_path, data, size=size)
    assert list((tmp_path / NAME).parent.iterdir()) == []
    assert bring(tmp_path) == "md5"


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """The same content counts as present; another one is told and kept."""
    arrivals = LocalArrivals()
    place = tmp_path / NAME
    assert arrivals.present(str(place), len(DATA), MD5) == ""
    bring(tmp_path)
    assert arrivals.present(str(place), len(DATA), MD5) == "md5"
    assert arrivals.present(str(place), -1, "") == "size"
    place.write_bytes(b"notes of somebody")
    for size, digest in ((len(DATA), MD5), (-1, MD5), (len(DATA), "")):
        with pytest.raises(WrongState):
            arrivals.present(str(place), size, digest)
    with pytest.raises(WrongState):
        bring(tmp_path)
    assert place.read_bytes() == b"notes of somebody"


def test_two_downloads_of_one_file_do_not_mix(tmp_path: Path) -> None:
    """The second waits its turn."""
    first = LocalArrivals().begin(str(tmp_path), NAME, "id", MD5)
    with pytest.raises(FileBusy):
        LocalArrivals().begin(str(tmp_path), NAME, "id", MD5)
    first.close()
    LocalArrivals().begin(str(tmp_path), NAME, "id", MD5).close()


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "a//b", "", "a/./b", "a\0b"])
def test_no_path_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    """Alyx's records are not believed: only plain names below the folder are written."""
    with pytest.raises(InvalidInput):
        LocalArrivals().begin(str(tmp_path / "root"), name, "id", MD5)
    assert list(tmp_path.rglob("x")) == []


def test_a_link_leads_nobody_out(tmp_path: Path) -> None:
    """A folder that is a link is refused, and nothing is written behind it."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "CogLab").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInput):
        LocalArrivals().begin(str(tmp_path / "root"), NAME, "id", MD5)
    assert list((tmp_path / "elsewhere").iterdir()) == []
