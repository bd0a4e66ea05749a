"""What Alyx and ONE make of a file's name."""

from __future__ import annotations

from typing import Any

import pytest

from cagelab_bridge.errors import Gravity
from cagelab_bridge.services.delivery.dataset_names import ALF, bad_collection, findings, split
from tests.unit.sandbox.core_client import CoreClient

TYPES: dict[str, dict[str, Any]] = {
    "opticka.raw": {"filename_pattern": "opticka.raw.*.mat"},
    "mock.table": {"filename_pattern": "mock.table.*"},
    "mock.tables": {"filename_pattern": "mock.tab*.npy"},
    "events.table": {"filename_pattern": ""},
    "spikes.times": {"filename_pattern": None},
    "notes": {"filename_pattern": "  "},
}
FORMATS = {extension: {"file_extension": f".{extension}"} for extension in ("mat", "npy", "tsv", "txt")} | {
    "twin-a": {"file_extension": ".dup"},
    "twin-b": {"file_extension": ".dup"},
}
NONE, TWO, NO_FORMAT, DROPPED, NOT_ALF = "No dataset type", "Two dataset types", "Alyx knows", "drops", "not ALF"
TABLE = [
    ("opticka.raw.2026-11-20_001.mat", []),
    ("OPTICKA.RAW.1.mat", []),
    ("mock.table.1.npy", [TWO]),
    ("mock.table.1.tsv", []),
    ("events.table.tsv", []),
    ("_ibl_events.table.tsv", []),
    ("Events.table.tsv", [NONE]),
    ("events.table.extra.tsv", []),
    ("spikes.times.npy", []),
    ("notes.txt", [NOT_ALF]),
    ("holiday.jpg", [NONE, NO_FORMAT, NOT_ALF]),
    ("opticka.raw.mat", [NONE]),
    ("mock.table.x.dup", [NO_FORMAT]),
    ("mock.table.NPY", [TWO, NO_FORMAT]),
    ("README", [NONE, NO_FORMAT, NOT_ALF]),
    ("alf/mock.table.1.tsv", []),
    ("raw_video-1.2/deep/mock.table.1.tsv", []),
    ("my videos/mock.table.1.tsv", [DROPPED]),
    ("(x)/events.table.tsv", [DROPPED]),
]


@pytest.mark.parametrize(("path", "said"), TABLE)
def test_a_name_is_judged_as_alyx_judges_it(path: str, said: list[str]) -> None:
    """Exactly one dataset type, exactly one format, a collection that Alyx keeps; ALF is a recommendation."""
    found = findings(path, TYPES, FORMATS)
    assert [sentence for sentence in (NONE, TWO, NO_FORMAT, DROPPED, NOT_ALF) if sentence in str(found)] == said
    assert all(finding.value == path and finding.hint for finding in found)
    grave = {finding.gravity for finding in found if NOT_ALF not in finding.message}
    assert grave <= {Gravity.ERROR}


def test_an_empty_list_of_formats_is_no_reason_to_refuse() -> None:
    """A cache that was never read knows nothing of formats."""
    assert findings("opticka.raw.1.mat", TYPES, {}) == []


@pytest.mark.parametrize(
    "path",
    [
        "mock.table.1.tsv",
        "opticka.raw.1.mat",
        "holiday.jpg",
        "MOCK.TABLE.x.npy",
        "README",
        "events.table.1.tsv",
        "notes.txt",
        "_matlab_diary.1.log",
        "mock.img.png",
        "a/mock.table.tsv",
        "events.table.x.tsv",
        "x.y.z",
    ],
)
def test_the_stand_in_agrees(path: str) -> None:
    """What is found to be wrong is what register-file refuses, and nothing else."""
    client = CoreClient()
    client.session()
    types = {row["name"]: row for row in client.get("/dataset-types?limit=100")["results"]}
    formats = {row["name"]: row for row in client.get("/data-formats?limit=100")["results"]}
    wrong = [finding for finding in findings(path, types, formats) if finding.gravity is Gravity.ERROR]
    body = {
        "path": "TestSubject/2026-11-20/001",
        "filenames": [path],
        "name": "aws_CogLab",
        "labs": "CogLab",
        "hashes": ["0" * 32],
        "filesizes": [1],
        "created_by": "admin",
        "exists": False,
    }
    answer = client.send("POST", "/register-file", body)
    assert (answer.status != 201) == bool(wrong), (answer.json(), wrong)


def test_collection_and_name_are_told_apart() -> None:
    """The collection is everything before the last slash."""
    assert split("a/b/c.d.npy") == ("a/b", "c.d.npy")
    assert split("c.d.npy") == ("", "c.d.npy")


@pytest.mark.parametrize("collection", ["a b", "a#b", "ä?", "a//b", "a:b", "(1)"])
def test_a_collection_that_alyx_drops_is_noticed(collection: str) -> None:
    """The file would collide with one of the same name in the session folder."""
    assert bad_collection(f"{collection}/mock.table.npy")
    assert not bad_collection("mock.table.npy")


@pytest.mark.parametrize(
    "name", ["spikes.times.npy", "_ibl_wheel.position.npy", "a.b_clock.extra-1.x.npy", "obj.attr.csv"]
)
def test_alf_names_are_recognised(name: str) -> None:
    """[_namespace_]object.attribute[.extra…].extension."""
    assert ALF.fullmatch(name)


@pytest.mark.parametrize(
    "name", ["spikes.npy", "1spikes.times.npy", ".hidden.times.npy", "a b.times.npy", "spikes..npy"]
)
def test_other_names_are_not_alf(name: str) -> None:
    """ONE does not list them."""
    assert not ALF.fullmatch(name)
