"""The files of the rehearsal are what a CageLab task leaves."""

from __future__ import annotations

from array import array
from pathlib import Path

import h5py
import pytest

from cagelab_bridge.cli.rehearsal import files, matfile

NAMES = files.Names(stamp="2026-01-31-10-00-00", number=1, subject="TestSubject")


def test_the_mat_file_is_one_that_hdf5_reads(tmp_path: Path) -> None:
    """MATLAB's user block, its class attribute, and the values column after column."""
    values = array("d", range(12))
    matfile.write(tmp_path / "a.mat", "trials", 3, values)
    assert (tmp_path / "a.mat").read_bytes()[:10] == b"MATLAB 7.3"
    with h5py.File(tmp_path / "a.mat") as file:
        assert file.userblock_size == 512
        assert file["trials"].attrs["MATLAB_class"] == b"double"
        assert file["trials"][:].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def test_a_mat_file_that_was_cut_off_is_found_out(tmp_path: Path) -> None:
    """The end-of-file address is the file's size: HDF5 refuses a shorter one."""
    matfile.write(tmp_path / "a.mat", "trials", 3, array("d", range(12)))
    whole = (tmp_path / "a.mat").read_bytes()
    (tmp_path / "b.mat").write_bytes(whole[:-8])
    with pytest.raises(OSError, match="truncated"):
        h5py.File(tmp_path / "b.mat")


def test_the_files_have_cagelabs_names(tmp_path: Path) -> None:
    """Six files: a MAT of some 24 MB, a diary, events, details, one in a sub-folder, one of an unknown type."""
    paths = files.write(tmp_path, NAMES)
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "opticka.raw.2026-01-31-10-00-00_001_TestSubject.mat",
        "_matlab_diary.2026-01-31-10-00-00_001_TestSubject.log",
        "events.table.2026-01-31-10-00-00_001_TestSubject.tsv",
        "opticka.details.2026-01-31-10-00-00_001_TestSubject.json",
        "eyetracking/matlab.raw.2026-01-31-10-00-00_001_TestSubject.mat",
        "touch.samples.2026-01-31-10-00-00_001_TestSubject.csv",
    ]
    assert all(path.stat().st_size > 0 for path in paths)
    assert 20_000_000 < paths[0].stat().st_size < 50_000_000
