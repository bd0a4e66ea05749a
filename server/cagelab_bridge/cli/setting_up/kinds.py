"""The dataset types and data formats of CageLab's files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cagelab_bridge.cli.setting_up.database import Database
from cagelab_bridge.cli.setting_up.step import Step, Write, create, offer, ok, tell
from cagelab_bridge.services.delivery.dataset_names import kinds_of

STAMP = "2026-01-31-10-00-00_001_TestSubject"


class Wanted(NamedTuple):
    """A dataset type; `example`: a file that it must match, and no other type."""

    name: str
    pattern: str
    description: str
    example: str


# The first three and the last three are those of opticka's initDatabase, the last two under the names it looks for.
WANTED = (
    Wanted("opticka.raw", "opticka.raw.*.mat", "Data of one session in opticka (MAT)", f"opticka.raw.{STAMP}.mat"),
    Wanted("opticka.details", "opticka.details.*.json", "Details of one session", f"opticka.details.{STAMP}.json"),
    Wanted("events.table", "events.table.*.tsv", "Events of one session, with HED tags", f"events.table.{STAMP}.tsv"),
    Wanted("matlab.raw", "matlab.raw.*.mat", "Data of one session in MATLAB (MAT)", f"matlab.raw.{STAMP}.mat"),
    Wanted("_matlab_diary", "_matlab_diary.*.log", "MATLAB's command window", f"_matlab_diary.{STAMP}.log"),
    Wanted(
        "eyetracking.raw.tobii",
        "eyetracking.raw.tobii*.mat",
        "Eye positions, Tobii",
        f"eyetracking.raw.tobii.{STAMP}.mat",
    ),
    Wanted("eyetracking.raw.irec", "eyetracking.raw.irec*", "Eye positions, iRec", f"eyetracking.raw.irec.{STAMP}.csv"),
    Wanted(
        "eyetracking.raw.eyelink",
        "eyetracking.raw.eyelink*.edf",
        "Eye positions, EyeLink (EDF)",
        f"eyetracking.raw.eyelink.{STAMP}.edf",
    ),
)
FORMATS = {".edf": "Eye positions as the EyeLink writes them"}


def types(database: Database) -> Iterator[Step]:
    """Each kind of file has one type, be it under another name."""
    for wanted in WANTED:
        yield _type(database, wanted)


def _type(database: Database, wanted: Wanted) -> Step:
    matching = kinds_of(wanted.example, database.types)
    if len(matching) == 1:
        same = matching[0] == wanted.name
        return ok("dataset type", wanted.name, "is there." if same else f"is there under the name {matching[0]!r}.")
    if matching:
        message = f"{wanted.example} fits {' and '.join(matching)}: Alyx refuses such a file."
        hint = f"Make their patterns tell such names apart: {database.admin('data/datasettype')}"
        return tell("error", "dataset type", wanted.name, message, hint)
    if wanted.name in database.types:
        pattern = database.types[wanted.name].get("filename_pattern") or ""
        return offer(
            "dataset type",
            wanted.name,
            f"Its pattern is {pattern!r}: {wanted.example} does not fit.",
            f"The pattern becomes {wanted.pattern!r}.",
            Write(path=f"dataset-types/{wanted.name}", body={"filename_pattern": wanted.pattern}, change=True),
        )
    body = {"name": wanted.name, "filename_pattern": wanted.pattern, "description": wanted.description}
    return create("dataset type", wanted.name, f"is missing; its pattern is {wanted.pattern}.", "dataset-types", body)


def formats(database: Database) -> Iterator[Step]:
    """Each extension has one format: without, Alyx 3.6.1 answers 500 to the file."""
    for extension in dict.fromkeys("." + wanted.example.rpartition(".")[2] for wanted in WANTED):
        known = sorted(name for name, row in database.formats.items() if row.get("file_extension") == extension)
        if len(known) == 1:
            yield ok("data format", extension, f"is there ({known[0]}).")
        elif known:
            hint = f"Delete one of them: {database.admin('data/dataformat')}"
            message = f"{' and '.join(known)} have this extension: Alyx refuses such a file."
            yield tell("error", "data format", extension, message, hint)
        else:
            name = extension[1:]
            body = {"name": name, "file_extension": extension, "description": FORMATS.get(extension, f"{name} file")}
            yield create("data format", extension, "is missing.", "data-formats", body)
