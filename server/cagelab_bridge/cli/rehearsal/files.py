"""The files a CageLab task leaves in its session folder."""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cagelab_bridge.cli.rehearsal import matfile

SAMPLES, TRIALS = 1000, 3000  # doubles: 24 MB
UNKNOWN_TYPE = "touch.samples"  # a dataset type Alyx does not have at first


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the names of a session's files are made of: start as yyyy-mm-dd-HH-MM-SS, number, subject."""

    stamp: str
    number: int
    subject: str

    def of(self, kind: str, extension: str) -> str:
        """`opticka.raw.2026-01-31-10-00-00_001_TestSubject.mat`."""
        return f"{kind}.{self.stamp}_{self.number:03d}_{self.subject}.{extension}"


def relative_paths(names: Names) -> list[str]:
    """The files `write` makes, relative to the session folder; the last one is of a type Alyx does not know."""
    return [
        names.of("opticka.raw", "mat"),
        names.of("_matlab_diary", "log"),
        names.of("events.table", "tsv"),
        names.of("opticka.details", "json"),
        f"eyetracking/{names.of('matlab.raw', 'mat')}",
        names.of(UNKNOWN_TYPE, "csv"),
    ]


def write(folder: Path, names: Names) -> list[Path]:
    """Write the six files of a session into its folder, in the order of `relative_paths`."""
    raw, diary, events, details, eye, touch = paths = [folder / path for path in relative_paths(names)]
    chance = Random(f"{names.stamp}{names.number}")  # noqa: S311 - sample data, not a secret
    eye.parent.mkdir()
    matfile.write(raw, "trials", TRIALS, _samples(chance, SAMPLES * TRIALS))
    matfile.write(eye, "gaze", 2, _samples(chance, 20_000))
    diary.write_text("".join(_diary(names)), encoding="utf-8")
    events.write_text("".join(_events(chance)), encoding="utf-8")
    details.write_text(json.dumps(_details(names), indent=2), encoding="utf-8")
    touch.write_text("time,x,y\n" + "".join(_touches(chance)), encoding="utf-8")
    return paths


def _samples(chance: Random, count: int) -> array[float]:
    return array("d", (chance.random() for _ in range(count)))


def _diary(names: Names) -> list[str]:
    head = [f"===>>> Session {names.number:03d} of {names.subject}\n", "---> Touch screen is ready\n"]
    return head + [f"===> Trial {trial}: correct\n" for trial in range(1, 241)]


def _events(chance: Random) -> list[str]:
    rows = ["onset\tduration\ttrial_type\tresponse\n"]
    onset = 0.0
    for trial in range(1, 241):
        onset += 2 + chance.random()
        rows.append(f"{onset:.4f}\t{chance.random():.4f}\tsample{trial % 4}\tcorrect\n")
    return rows


def _details(names: Names) -> dict[str, object]:
    return {"task": "MatchToSample", "subject": names.subject, "session": names.number, "reward_ml": 0.2}


def _touches(chance: Random) -> list[str]:
    return [f"{index / 60:.4f},{chance.random():.3f},{chance.random():.3f}\n" for index in range(2000)]
