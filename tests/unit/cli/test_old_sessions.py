"""What the folders of old sessions tell, and that looking changes nothing."""

from __future__ import annotations

import csv
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cagelab_bridge.cli.backfilling import copies, details, matfile, old_session, tree
from cagelab_bridge.cli.backfilling.mat_reader import MatReader
from cagelab_bridge.cli.backfilling.old_session import OldSession
from cagelab_bridge.cli.backfilling.report import Report, Row, Word, summary
from cagelab_bridge.cli.backfilling.tree import Oddity, Place
from cagelab_bridge.errors import InvalidInput
from tests.unit.cli import old_files
from tests.unit.cli.old_files import SESSION, write

DAY, STAMP = "2025-03-01", "2025-03-01-10-20-30"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STEM = f"{STAMP}_001_TestSubject"


def place(root: Path, *parts: str) -> Place:
    folder = root.joinpath(*parts) if parts else root / "CogLab" / "subjects" / "TestSubject" / DAY / "001"
    folder.mkdir(parents=True, exist_ok=True)
    found = tree.place_of(str(folder))
    assert found is not None
    return found


def read(found: Place, zone: str = "UTC", now: datetime = NOW) -> OldSession:
    with MatReader() as reader:
        return old_session.read(found, ZoneInfo(zone), now, reader)


def told(folder: Path) -> details.Details:
    with MatReader() as reader:
        return details.read(folder.iterdir(), reader)


def walked(root: Path) -> tuple[list[Place], dict[str, str]]:
    found = list(tree.walk(str(root)))
    odd = {os.path.relpath(one.folder, root): one.why for one in found if isinstance(one, Oddity)}
    return [one for one in found if isinstance(one, Place)], odd


# -- the tree ----------------------------------------------------------------------------------------------------------


def test_both_layouts_are_found_from_wherever_one_looks(tmp_path: Path) -> None:
    """With a lab above the subject and without, in either spelling; a root may be any folder above or a session."""
    with_lab = place(tmp_path, "CogLab", "subjects", "TestSubject", DAY, "001")
    capital = place(tmp_path, "OtherLab", "Subjects", "COGP-003", DAY, "12")
    without = place(tmp_path, "Algernon", DAY, "007")
    found, odd = walked(tmp_path)
    assert (found, odd) == ([without, with_lab, capital], {})
    assert [(one.lab, one.subject, one.date, one.number) for one in found] == [
        ("", "Algernon", DAY, 7),
        ("CogLab", "TestSubject", DAY, 1),
        ("OtherLab", "COGP-003", DAY, 12),
    ]
    folder = Path(with_lab.folder)
    for root in (folder, *list(folder.parents)[:4]):
        assert list(tree.walk(str(root))) == [with_lab], root


@pytest.mark.parametrize(
    ("folder", "why"),
    [
        ("TestSubject/001", "no day"),
        ("TestSubject/2025-02-30/001", "no day"),
        ("TestSubject/20250301/001", "no day"),
        ("TestSubject/2025-03-01/1234", "no session number"),
        ("TestSubject/2025-03-01/000", "no session number"),
        ("TestSubject/2025-03-01/notes_001", "no session number"),
        ("TestSubject/2025-03-01", "no session folder"),
        ("TestSubject", "no session folder"),
    ],
)
def test_files_that_belong_to_no_session_are_told(tmp_path: Path, folder: str, why: str) -> None:
    """Digits in a name are no number, and nothing is left out in silence; a folder without files is nothing."""
    (tmp_path / folder / "empty").mkdir(parents=True)
    assert walked(tmp_path) == ([], {})
    for name in ("a.mat", "b.mat", ".hidden"):
        write(tmp_path / folder / name, b"x")
    found, odd = walked(tmp_path)
    assert (found, list(odd)) == ([], [folder])
    assert why in odd[folder]
    assert "a.mat and 1 more" in odd[folder]


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link to a folder is told: a session behind two paths would be two."""
    found = place(tmp_path, "data", "TestSubject", DAY, "001")
    (tmp_path / "data" / "again").symlink_to(tmp_path / "data" / "TestSubject")
    assert walked(tmp_path / "data") == ([found], {"again": "It is a link: name the folder itself."})


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Others go on."""
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    found = place(tmp_path, "TestSubject", DAY, "001")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    try:
        assert walked(tmp_path) == ([found], {"closed": "It cannot be read: Permission denied."})
    finally:
        closed.chmod(0o700)


# -- when --------------------------------------------------------------------------------------------------------------


def test_the_start_stands_in_the_names_and_the_end_is_the_last_change(tmp_path: Path) -> None:
    """The earliest stamp of the folder's day; the change in the lab's zone. Hidden files and links do not count."""
    found = place(tmp_path)
    folder = Path(found.folder)
    write(folder / f"opticka.raw.{STEM}.mat", b"1234", changed="2025-03-01T11:00:00")
    write(folder / "raw_video" / "mock.img.2025-03-01-10-20-29.npy", b"12", changed="2025-03-01T11:05:00")
    write(folder / ".DS_Store", b"123", changed="2025-03-01T12:00:00")
    (folder / "link.mat").symlink_to(folder / f"opticka.raw.{STEM}.mat")
    old = read(found)
    assert (old.start, old.end) == ("2025-03-01T10:20:29", "2025-03-01T11:05:00")
    assert (old.files, old.size, old.young) == (2, 6, False)
    assert read(found, "Asia/Shanghai").end == "2025-03-01T19:05:00"


@pytest.mark.parametrize(
    ("name", "changed", "start", "end", "said"),
    [
        (f"a.{STAMP}.mat", "2025-06-01T00:00:00", "2025-03-01T10:20:30", "2025-03-01T10:20:30", "on a later day"),
        (f"a.{STAMP}.mat", "2025-02-01T00:00:00", "2025-03-01T10:20:30", "2025-03-01T10:20:30", ""),
        ("a.mat", "2025-03-01T11:00:00", "", "2025-03-01T11:00:00", "start is not known"),
        ("a.2025-03-02-10-20-30.mat", "2025-03-01T11:00:00", "", "2025-03-01T11:00:00", "another day (2025-03-02)"),
        ("a.2025-13-01-10-20-30.mat", "2025-03-01T11:00:00", "", "2025-03-01T11:00:00", "start is not known"),
        ("a.12025-03-01-10-20-301.mat", "2025-03-01T11:00:00", "", "2025-03-01T11:00:00", "start is not known"),
    ],
)
def test_times_that_cannot_be_are_not_taken(
    tmp_path: Path, name: str, changed: str, start: str, end: str, said: str
) -> None:
    """A tree that was copied has changes of the day of the copy; a stamp may be of another day, or none."""
    found = place(tmp_path)
    write(Path(found.folder) / name, b"x", changed=changed)
    old = read(found)
    assert (old.start, old.end) == (start, end)
    assert said in " ".join(old.said)
    assert bool(said) == bool(old.said)


def test_a_folder_that_changed_just_now_is_young(tmp_path: Path) -> None:
    """It may still be recorded; a file from the future of a wrong clock does not keep it young for ever."""
    found = place(tmp_path)
    write(Path(found.folder) / "a.mat", b"x", changed="2025-12-31T23:30:00")
    assert read(found).young
    assert not read(found, now=datetime(2026, 1, 1, 1, tzinfo=UTC)).young
    assert not read(found, now=datetime(2025, 12, 31, tzinfo=UTC)).young


# -- what the files say ------------------------------------------------------------------------------------------------


def test_details_and_events_tell_who_where_and_how_many(tmp_path: Path) -> None:
    """Names from the session's structure, trials from the events, the rest into Alyx's json; the MAT is not opened."""
    old_files.details(tmp_path / f"opticka.details.{STEM}.json")
    old_files.events(tmp_path / f"events.table.{STEM}.tsv", 120, 97)
    write(tmp_path / f"opticka.raw.{STEM}.mat", b"no MAT file at all")
    found = told(tmp_path)
    assert found.names == {
        "lab": ("CogLab",),
        "location": ("Box-1",),
        "experimenters": ("researcher",),
        "projects": ("demo",),
        "procedures": ("Behavior training/tasks",),
    }
    assert (found.n_trials, found.n_correct_trials, found.said) == (120, 97, [])
    assert found.facts == {"session": SESSION, "task": "match", "rewardTime": 250}


@pytest.mark.parametrize("written", [old_files.newer_mat, old_files.older_mat])
def test_mat_files_tell_where_the_details_are_missing(tmp_path: Path, written: Any) -> None:
    """Version 7.3 and the older ones: the session's structure, and the number of trials."""
    written(tmp_path / f"opticka.raw.{STEM}.mat", {**SESSION, "researcherName": "Änn", "brainRegion": ""}, 42)
    found = told(tmp_path)
    assert (found.names["experimenters"], found.names["projects"]) == (("Änn",), ("demo",))
    assert (found.n_trials, found.n_correct_trials, found.said) == (42, None, [])
    assert "brain_region" not in found.names


def test_damaged_files_are_told_and_stop_nothing(tmp_path: Path) -> None:
    """A torn MAT file, one that is none, JSON that is none, a table of nothing."""
    torn = tmp_path / f"opticka.raw.{STEM}.mat"
    old_files.newer_mat(torn, SESSION, 1)
    torn.write_bytes(torn.read_bytes()[:-100])
    write(tmp_path / f"matlab.raw.{STEM}.mat", b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + b"\xff" * 300)
    write(tmp_path / f"opticka.details.{STEM}.json", b"{not JSON")
    write(tmp_path / f"opticka.details.second.{STEM}.json", b"[1, 2]")
    write(tmp_path / f"events.table.{STEM}.tsv", b"\xff\xfe")
    found = told(tmp_path)
    assert found == details.Details(said=found.said)
    assert [one.split()[0] for one in found.said] == [
        f"opticka.details.{STEM}.json",
        f"opticka.details.second.{STEM}.json",
        f"matlab.raw.{STEM}.mat",
        f"opticka.raw.{STEM}.mat",
    ]
    assert "torn" in found.said[-1]


def test_without_the_libraries_the_report_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are an extra; everything else is read all the same."""
    stubs, files = tmp_path / "stubs", tmp_path / "files"
    for name in ("h5py", "scipy"):
        write(stubs / f"{name}.py", f"raise ModuleNotFoundError(name={name!r})".encode())
    monkeypatch.setenv("PYTHONPATH", f"{stubs}:{os.environ.get('PYTHONPATH', '')}")
    old_files.newer_mat(files / f"opticka.raw.{STEM}.mat", SESSION, 1)
    old_files.older_mat(files / f"matlab.raw.{STEM}.mat", SESSION, 1)
    old_files.events(files / f"events.table.{STEM}.tsv", 3, 2)
    found = told(files)
    assert (found.n_trials, found.n_correct_trials) == (3, 2)
    assert ["cagelab-bridge[backfill]" in one for one in found.said] == [True, True]


def test_nothing_secret_and_no_number_that_json_lacks_goes_into_the_record(tmp_path: Path) -> None:
    """Old programs saved the object that holds the password; MATLAB writes NaN where JSON has none."""
    secret = {"alyx": {"password": "x"}, "AWS_KEY": "x", "nested": [{"Password": "x", "kept": 1}]}
    old_files.details(tmp_path / "opticka.details.a.json", **secret, late=float("nan"))
    found = told(tmp_path)
    assert found.facts["nested"] == [{"kept": 1}]
    assert found.facts["late"] is None
    assert not {"alyx", "AWS_KEY"} & found.facts.keys()
    json.dumps(found.facts, allow_nan=False)


@pytest.mark.parametrize("value", [-1, 1.5, float("inf"), "12", True, None])
def test_counts_that_are_none_are_not_taken(tmp_path: Path, value: Any) -> None:
    """A count is a whole number from 0 on."""
    old_files.details(tmp_path / "opticka.details.a.json", totalTrials=value, totalCorrect=3)
    found = told(tmp_path)
    assert (found.n_trials, found.n_correct_trials) == (None, 3)


def test_a_file_too_long_for_the_record_is_told(tmp_path: Path) -> None:
    """It goes to the store as a file."""
    old_files.details(tmp_path / "opticka.details.a.json", long="x" * details.MOST_JSON)
    found = told(tmp_path)
    assert (found.facts, found.names["lab"]) == ({}, ("CogLab",))
    assert "too long" in found.said[0]


def test_mat_files_of_other_programs_tell_nothing(tmp_path: Path) -> None:
    """No structure that we know: no facts, no complaint."""
    import h5py

    with h5py.File(tmp_path / "a.mat", "w") as file:
        file["in"] = [1.0, 2.0]
        file.create_group("r")["trialN"] = [[1.0, 2.0]]
    assert matfile.read(tmp_path / "a.mat") == {}


def as_text(dataset: Any) -> None:
    import numpy

    dataset.attrs["MATLAB_class"] = numpy.bytes_("char")


def external(session: Any, secret: Path) -> None:
    as_text(session.create_dataset("subjectName", shape=(1, 6), dtype="<u2", external=[(str(secret), 0, 12)]))


def virtual(session: Any, secret: Path) -> None:
    import h5py

    layout = h5py.VirtualLayout(shape=(1, 6), dtype="<u2")
    layout[...] = h5py.VirtualSource(str(secret.with_suffix(".h5")), "text", shape=(1, 6))
    as_text(session.create_virtual_dataset("subjectName", layout))


def linked(session: Any, secret: Path) -> None:
    import h5py

    session["subjectName"] = h5py.ExternalLink(str(secret.with_suffix(".h5")), "/text")


def linked_within(session: Any, _secret: Path) -> None:
    import h5py

    session["subjectName"] = h5py.SoftLink("/elsewhere")


@pytest.mark.parametrize("plant", [external, virtual, linked, linked_within])
def test_mat_files_tell_only_what_lies_in_them(tmp_path: Path, plant: Any) -> None:
    """HDF5 can take its bytes from any other file: a planted one would put what it has into the record."""
    import h5py

    secret = tmp_path / "secret.txt"
    secret.write_bytes("secret".encode("utf-16-le"))
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        as_text(file.create_dataset("text", data=[[*"secret".encode("utf-16-le")[::2]]], dtype="<u2"))
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        as_text(file.create_dataset("elsewhere", data=[[*b"secret"]], dtype="<u2"))
        session = file.create_group("in/session")
        as_text(session.create_dataset("labName", data=[[*b"CogLab"]], dtype="<u2"))
        plant(session, secret)
        file["opts"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/")
    assert matfile.read(tmp_path / "a.mat") == {"session": {"labName": "CogLab"}}


# -- copies ------------------------------------------------------------------------------------------------------------


def test_copies_are_compared_byte_by_byte(tmp_path: Path) -> None:
    """The same size is not the same file; what only the other folder has does not matter."""
    for name in ("one", "other"):
        write(tmp_path / name / "same.mat", b"1234")
        write(tmp_path / name / "sub" / "differs.mat", name[:2].encode())
    write(tmp_path / "one" / "more.mat", b"x")
    write(tmp_path / "other" / "less.mat", b"x")
    said = copies.compared(tmp_path / "one", tmp_path / "other")
    assert said.endswith("or not like this: more.mat, sub/differs.mat.")
    (tmp_path / "one" / "more.mat").unlink()
    (tmp_path / "one" / "sub" / "differs.mat").unlink()
    assert copies.compared(tmp_path / "one", tmp_path / "other").endswith("file by file.")
    assert "not there any more" in copies.compared(tmp_path / "one", tmp_path / "nowhere")


def test_a_report_keeps_what_it_has_and_replaces_only_its_kind(tmp_path: Path) -> None:
    """Row by row, so that it is whole when the program is killed; an earlier report is replaced, nothing else is."""
    place = tmp_path / "report.csv"
    for number in (2, 1):
        with Report(place, tmp_path / "root") as kept:
            for row in range(number):
                kept.keep(Row(folder=f'/old/\x1b{row}, "a"', outcome=Word.CREATED, files=1))
                assert len(list(csv.DictReader(place.read_text().splitlines()))) == row + 1
    [row_read] = csv.DictReader(place.read_text().splitlines())
    assert (row_read["folder"], row_read["outcome"]) == ('/old/\ufffd0, "a"', "created")
    assert summary(kept.rows) == "1 created"
    place.write_text("mine\n")
    for wrong in (place, tmp_path / "root" / "report.csv", tmp_path / "nowhere" / "report.csv"):
        with pytest.raises(InvalidInput):
            Report(wrong, tmp_path / "root")
    assert place.read_text() == "mine\n"


# -- looking changes nothing -------------------------------------------------------------------------------------------


def test_reading_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """Names, bytes, times, rights."""
    found = place(tmp_path)
    folder = Path(found.folder)
    old_files.details(folder / f"opticka.details.{STEM}.json")
    old_files.newer_mat(folder / f"opticka.raw.{STEM}.mat", SESSION, 1)
    old_files.older_mat(folder / f"matlab.raw.{STEM}.mat", SESSION, 1)
    write(folder / "_matlab_diary.txt", b"hello")
    before = old_files.state(tmp_path)
    walked(tmp_path)
    read(found)
    assert old_files.state(tmp_path) == before
