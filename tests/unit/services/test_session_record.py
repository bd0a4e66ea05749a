"""A session as Alyx's record."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from cagelab_bridge.models import AccountKey, AlyxState, Run, Session, Spec
from cagelab_bridge.services.delivery.session_record import closing_body, create_body, merged_json, with_line

SESSION = Session(
    id="11111111-1111-4111-8111-111111111111",
    spec=Spec(subject="Ann", lab="CogLab", json='{"phase": 4, "shared": "start"}', rig="box", brain_region="VISp"),
    account=AccountKey(alyx_url="http://a", username="ann"),
    date="2026-11-20",
    number=1,
    folder="/data/Ann/2026-11-20/001",
    run=Run.ENDED,
    alyx=AlyxState.OPEN,
    accepted_at="2026-11-20T10:00:00Z",
    start_time="2026-11-20T10:00:00.000000",
    end_time="2026-11-20T11:00:00.000000",
    end_json='{"reward": 1.5, "shared": "end"}',
    end_narrative="done",
    alyx_number=2,
)


def merged(present: Any, session: Session = SESSION) -> dict[str, Any]:
    return merged_json(session, present, number=2, state="ENDED", version="1.0")


def test_what_others_wrote_is_kept() -> None:
    """Alyx replaces json as a whole: other programs' keys, and other keys of `cagelab`, go back as they are."""
    found = merged({"others": [1], "cagelab": {"added_by": "gui", "state": "OPEN"}})
    assert found["others"] == [1]
    assert found["cagelab"]["added_by"] == "gui"
    assert found["cagelab"]["state"] == "ENDED"


def test_later_facts_win_and_ours_cannot_be_overwritten() -> None:
    """EndSession's facts win over StartSession's; the marker is always ours."""
    session = dataclasses.replace(SESSION, end_json='{"shared": "end", "cagelab": {"bridge_session": "forged"}}')
    found = merged(None, session)
    assert found["shared"] == "end"
    assert found["cagelab"]["bridge_session"] == SESSION.id
    assert (found["cagelab"]["number"], found["cagelab"]["alyx_number"]) == (1, 2)


@pytest.mark.parametrize("field", ["json", "end_json"])
def test_a_callers_own_facts_under_cagelab_are_not_lost(field: str) -> None:
    """The GUI is called CageLab: what it says under that name stands beside ours."""
    text = '{"cagelab": {"phase": 4}}'
    session = (
        dataclasses.replace(SESSION, end_json=text)
        if field == "end_json"
        else dataclasses.replace(SESSION, spec=dataclasses.replace(SESSION.spec, json=text))
    )
    found = merged(None, session)["cagelab"]
    assert found["phase"] == 4
    assert found["bridge_session"] == SESSION.id


@pytest.mark.parametrize("present", [None, "", '{"a": 1}', [1], 5])
def test_json_that_is_no_object_is_replaced_by_one(present: Any) -> None:
    """A text in json is found by no filter: the record gets an object."""
    assert set(merged(present)) == {"phase", "shared", "reward", "rig", "brain_region", "cagelab"}


def test_merging_twice_changes_nothing() -> None:
    """A repeated PATCH is harmless."""
    once = merged({"others": 1})
    assert merged(once) == once


def test_a_narrative_line_stands_once() -> None:
    """Sent twice, the last line is there once; what others wrote before it stays."""
    assert with_line("", "done") == "done"
    assert with_line("first", "done") == "first\ndone"
    assert with_line("first\ndone", "done") == "first\ndone"
    assert with_line("done", "done") == "done"
    assert with_line("undone", "done") == "undone\ndone"
    assert with_line("first", "") == "first"


def test_trials_are_sent_when_they_are_known() -> None:
    """0 trials is a fact, no number is none: Alyx keeps what it has."""
    body = closing_body(dataclasses.replace(SESSION, n_trials=0), {"narrative": None, "json": None}, "ENDED", "1")
    assert body["n_trials"] == 0
    assert "n_correct_trials" not in body
    assert body["narrative"] == "done"


def test_a_new_record_says_what_was_asked() -> None:
    """An empty location is left out: Alyx has no location without a name."""
    body = create_body(SESSION, 2, "1.0")
    assert "location" not in body
    assert (body["subject"], body["lab"], body["number"], body["start_time"]) == (
        "Ann",
        "CogLab",
        2,
        SESSION.start_time,
    )
    assert body["json"]["cagelab"]["state"] == "OPEN"
    with_location = dataclasses.replace(SESSION, spec=dataclasses.replace(SESSION.spec, location="Box-1"))
    assert create_body(with_location, 2, "1.0")["location"] == "Box-1"
