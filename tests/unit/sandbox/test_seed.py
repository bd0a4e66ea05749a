"""A seed is taken or refused with one clear sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge.sandbox.command import run
from cagelab_bridge.sandbox.seed import SeedError, load, read

from .core_client import CoreClient

USER = {"username": "u", "password": "p"}


@pytest.mark.parametrize(
    ("seed", "sentence"),
    [
        ({"subjects": [{"nickname": "A", "lab": "NoLab"}]}, "subject 'A' names the lab 'NoLab'"),
        ({"subjects": [{"lab": "x"}]}, "each entry of subjects must be an object with a nickname"),
        ({"subjects": "A"}, "subjects must be a list"),
        ({"users": [{"username": "u"}]}, "needs a password"),
        ({"users": [USER, USER]}, "twice"),
        ({"labs": [{"name": "L", "repositories": ["r"]}]}, "names the repository 'r'"),
        ({"labs": [{"name": "L"}], "subjects": [{"nickname": "A", "lab": "L", "birth_date": "x"}]}, "must be a date"),
        ({"data_repositories": [{"name": "r", "data_url": "http://localhost"}]}, "must end with a slash"),
    ],
)
def test_a_wrong_entry_is_named(seed: dict[str, Any], sentence: str) -> None:
    """RULE: the sentence names the entry and what is wrong with it."""
    with pytest.raises(SeedError, match=sentence.replace("(", r"\(")):
        load(seed)


@pytest.mark.parametrize(("text", "sentence"), [(None, "Cannot read"), ("{", "is not JSON"), ("[]", "one JSON object")])
def test_a_file_that_is_no_seed_is_refused(tmp_path: Path, text: str | None, sentence: str) -> None:
    """RULE: a missing file and one that is no JSON object are told apart."""
    path = tmp_path / "seed.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SeedError, match=sentence):
        read(path)


def test_the_command_answers_2_for_a_wrong_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """RULE: a wrong seed ends the command with status 2 and one line on stderr."""
    assert run(seed=tmp_path / "none.json", s3=False) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_demo_lab_is_ready_for_cagelab() -> None:
    """RULE: without a seed there are a lab, subjects, a repository ONE finds, and types for CageLab's files."""
    alyx = CoreClient()
    assert alyx.get("/data-repository/aws_CogLab")["globus_path"] == "CogLab/Subjects"
    assert alyx.get("/data-repository/aws_cortexlab")["json"] == {"bucket_name": "coglab"}
    assert [one["nickname"] for one in alyx.get("/subjects?alive=True")["results"]] == [
        "Algernon",
        "COGP-003",
        "TestSubject",
    ]
    alyx.session()
    names = (
        "opticka.raw.s.mat",
        "matlab.raw.s.mat",
        "_matlab_diary.s.log",
        "opticka.details.s.json",
        "events.table.s.tsv",
    )
    assert alyx.register(*names).status == 201


def test_two_cores_from_one_template_do_not_touch_each_other() -> None:
    """RULE: a copied state shares nothing that can be changed."""
    alyx = CoreClient()
    twin = alyx.core.state.copy()
    alyx.session()
    assert list(twin.rows("session")) == []
    assert len(list(alyx.core.state.rows("session"))) == 1
