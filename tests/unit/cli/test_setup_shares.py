"""The records of shares, as setup sees and writes them."""

from __future__ import annotations

from typing import Any

import pytest

from cagelab_bridge.cli.setting_up.database import Database
from cagelab_bridge.cli.setting_up.repositories import look
from cagelab_bridge.cli.setting_up.shares import wanted

SHARE = "smb://nas.lab/cogdata/CogLab/Subjects/"
RIGHT: dict[str, Any] = {
    "name": "smb_CogLab",
    "json": {"smb_share": SHARE},
    "hostname": "nas.lab",
    "globus_path": "CogLab/Subjects",
    "globus_is_personal": True,
    "data_url": None,
}


def database(*repositories: dict[str, Any], labs: tuple[str, ...] = ("CogLab",)) -> Database:
    nouns = ("users", "subjects", "locations", "projects", "types", "formats")
    empty: dict[str, Any] = {noun: {} for noun in nouns}
    known = {str(one["name"]): one for one in repositories}
    return Database(
        url="http://127.0.0.1:1", labs={name: {"repositories": []} for name in labs}, repositories=known, **empty
    )


def test_the_record_of_a_named_share_is_offered_as_it_must_be() -> None:
    """Named after the lab, with all that Alyx asks; no password, and no address that Alyx would refuse."""
    (step,) = wanted(database(), SHARE, "")
    assert step.write is not None
    assert (step.word, step.write.path) == ("offer", "data-repository")
    assert step.write.body == {key: value for key, value in RIGHT.items() if key != "data_url"}


def test_a_share_that_is_there_is_not_offered_again() -> None:
    """A record of that name gets the address, and keeps the rest of its json."""
    assert list(wanted(database(RIGHT), SHARE, "")) == []
    old = {"name": "smb_CogLab", "json": {"note": 1}}
    (step,) = wanted(database(old), SHARE, "")
    assert step.write is not None
    assert step.write.body == {"json": {"note": 1, "smb_share": SHARE}}


@pytest.mark.parametrize(("address", "labs"), [("smb://nas.lab/cogdata", ("CogLab",)), (SHARE, ("CogLab", "Other"))])
def test_what_cannot_be_offered_is_said(address: str, labs: tuple[str, ...]) -> None:
    """A wrong address; a name that nobody can guess."""
    (step,) = wanted(database(labs=labs), address, "")
    assert (step.word, bool(step.hint)) == ("error", True)


def test_a_right_record_is_right_and_gets_the_lab() -> None:
    """The only place there is becomes the lab's; ONE is told about, and no bucket of ONE is asked for."""
    steps = list(look(database(RIGHT), lambda _name: []))
    assert [(step.word, step.about) for step in steps] == [
        ("offer", "lab"),
        ("ok", "repository"),
        ("info", "repository"),
        ("ok", "share"),
    ]


def test_wrong_fields_are_repaired_one_by_one() -> None:
    """Each is its own offer."""
    wrong = RIGHT | {"hostname": "", "globus_path": "/x/", "globus_is_personal": False}
    offers = [step for step in look(database(wrong), lambda _name: []) if step.about == "repository" and step.write]
    assert [step.write.body for step in offers if step.write] == [
        {"hostname": "nas.lab"},
        {"globus_path": "CogLab/Subjects"},
        {"globus_is_personal": True},
    ]


def test_what_the_probe_finds_is_told_of_the_share() -> None:
    """As of a bucket."""
    steps = list(look(database(RIGHT), lambda _name: [("error", "There is no share.", "Make it.")]))
    assert [(step.word, step.message) for step in steps if step.about == "share"] == [("error", "There is no share.")]
