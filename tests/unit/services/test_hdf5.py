"""Telling a finished HDF5 file from one whose writer died."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from cagelab_bridge.services.delivery import hdf5

WRITER = Path(__file__).with_name("hdf5_writer.py")
LIBVERS = ("earliest", "v108", "latest")  # superblocks 0, 2 and 3
# What MATLAB puts into the user block of a v7.3 file.
MATLAB_TEXT = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(508) + b"\x00\x02IM"


def verdict(data: bytes) -> bool | None:
    return hdf5.ends_early(data[: hdf5.HEAD], len(data))


def complete(path: Path, userblock: int = 0, libver: str = "earliest") -> bytes:
    with h5py.File(path, "w", userblock_size=userblock, libver=libver) as file:
        file.create_dataset("rows", data=range(5000))
    if userblock:
        with path.open("r+b") as file:
            file.write(MATLAB_TEXT)
    return path.read_bytes()


@pytest.mark.parametrize("libver", LIBVERS)
@pytest.mark.parametrize("userblock", [0, 512, 1024, 8192])
def test_a_closed_file_is_complete(tmp_path: Path, userblock: int, libver: str) -> None:
    """Whatever the version of the superblock, and however long the user block (512 bytes: MATLAB's v7.3)."""
    assert verdict(complete(tmp_path / "x.h5", userblock, libver)) is False


@pytest.mark.parametrize("libver", LIBVERS)
@pytest.mark.parametrize("userblock", ["0", "512"])
@pytest.mark.parametrize("flushed", ["flushed", "never flushed"])
def test_a_file_whose_writer_was_killed_ends_early(tmp_path: Path, userblock: str, libver: str, flushed: str) -> None:
    """A process that is killed while it appends leaves a file that opens, but lacks rows: never complete."""
    path = tmp_path / "torn.h5"
    done = subprocess.run([sys.executable, WRITER, path, userblock, libver, flushed], check=False)
    assert done.returncode == -signal.SIGKILL
    assert verdict(path.read_bytes()) is True


@pytest.mark.parametrize("libver", LIBVERS)
@pytest.mark.parametrize("cut", [1, 1000, "half", "superblock"])
def test_a_file_that_lost_its_end_ends_early(tmp_path: Path, libver: str, cut: int | str) -> None:
    """One byte less than the superblock says is enough, and so is a superblock that is cut off itself."""
    data = complete(tmp_path / "x.mat", 512, libver)
    kept = {"half": len(data) // 2, "superblock": 512 + 20}.get(str(cut)) or len(data) - int(cut)
    assert verdict(data[:kept]) is True


def test_a_file_that_goes_on_behind_its_end_is_not_complete(tmp_path: Path) -> None:
    """Bytes behind the end were written and never entered: their writer died before it closed the file."""
    assert verdict(complete(tmp_path / "x.h5") + bytes(4096)) is True


def test_a_user_block_that_was_added_later_is_counted(tmp_path: Path) -> None:
    """Putting 512 bytes in front of a file moves its end: the addresses in it count from the superblock then."""
    data = complete(tmp_path / "x.h5")
    assert verdict(MATLAB_TEXT + data) is False
    assert verdict(MATLAB_TEXT + data[:-1]) is True


@pytest.mark.parametrize(("missing", "early"), [(0, False), (1, True)])
def test_superblock_version_1_has_four_bytes_more(tmp_path: Path, missing: int, early: bool) -> None:
    """Files with their own number of chunks per node have it; only the superblock is looked at."""
    data = complete(tmp_path / "x.h5")
    end = (len(data) + 4).to_bytes(8, "little")
    newer = data[:8] + b"\x01" + data[9:24] + bytes(4) + data[24:40] + end + data[48:]
    assert verdict(newer[: len(newer) - missing]) is early


def test_an_undefined_end_is_no_end(tmp_path: Path) -> None:
    """An end-of-file address that was never written cannot vouch for the file."""
    data = bytearray(complete(tmp_path / "x.h5"))
    data[40:48] = b"\xff" * 8
    assert verdict(bytes(data)) is True


def test_a_header_that_was_never_written_is_a_torn_file() -> None:
    """Zeros where the header should be: the writer died before it wrote that."""
    assert verdict(bytes(40_000)) is True


@pytest.mark.parametrize("data", [b"", b"\x00", b"MATLAB 5.0 MAT-file".ljust(4000), b"x" * 600, bytes(100)])
def test_of_other_files_it_says_nothing(data: bytes) -> None:
    """An older MAT file, text, or a few bytes are not judged."""
    assert verdict(data) is None


def test_of_a_superblock_from_the_future_it_says_nothing(tmp_path: Path) -> None:
    """A version this code does not know is not called torn."""
    data = bytearray(complete(tmp_path / "x.h5", libver="latest"))
    data[8] = 9
    assert verdict(bytes(data)) is None


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/a/x.mat", True),
        ("/a/X.MAT", True),
        ("/a/x.h5", True),
        ("/a/x.hdf5", True),
        ("/a/x.nwb", True),
        ("/a/x.npy", False),
    ],
)
def test_only_names_of_such_files_are_looked_at(path: str, named: bool) -> None:
    """MAT, HDF5 and NWB."""
    assert hdf5.is_named_so(path) is named
