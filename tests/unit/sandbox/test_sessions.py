"""Sessions behave as Alyx 3.6.1's do, in particular where that surprises."""

from __future__ import annotations

import pytest

from .core_client import START, CoreClient


def test_the_same_session_posted_twice_is_two_sessions() -> None:
    """RULE: nothing makes subject, day and number unique."""
    alyx = CoreClient()
    assert alyx.session()["id"] != alyx.session()["id"]
    assert alyx.get("/sessions?subject=TestSubject&number=1")["count"] == 2


def test_a_client_does_not_choose_the_id() -> None:
    """RULE: an id in the body is dropped like any unknown field."""
    wanted = "11111111-1111-4111-8111-111111111111"
    assert CoreClient().session(id=wanted, colour="red")["id"] != wanted


def test_defaults_come_from_caller_subject_and_clock() -> None:
    """RULE: users default to who asks, the lab to the subject's, the time to now."""
    made = CoreClient().post("/sessions", {"subject": "Algernon"}, user="researcher")
    assert (made["users"], made["lab"], made["start_time"]) == (["researcher"], "CogLab", START.isoformat())


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-11-20T02:00:00+08:00", "2026-11-19T18:00:00"),
        ("2026-11-20T02:00:00Z", "2026-11-20T02:00:00"),
        ("2026-11-20T02:00:00.000250", "2026-11-20T02:00:00.000250"),
        ("2026-11-20 02:00", "2026-11-20T02:00:00"),
    ],
)
def test_a_time_with_an_offset_becomes_naive_utc(given: str, kept: str) -> None:
    """RULE: an offset moves the time to UTC, perhaps to another day; microseconds stay."""
    assert CoreClient().session(start_time=given)["start_time"] == kept


@pytest.mark.parametrize("quality", ["pass", "Pass", 10, "10", "ERROR", None])
def test_a_quality_is_an_exact_upper_case_name(quality: object) -> None:
    """RULE: other spellings and numbers of a session's qc are refused."""
    alyx = CoreClient()
    assert alyx.send("PATCH", f"/sessions/{alyx.session()['id']}", {"qc": quality}).status == 400


def test_a_patch_replaces_the_json() -> None:
    """RULE: json is not merged."""
    alyx = CoreClient()
    key = alyx.session(json={"a": 1, "b": 2})["id"]
    alyx.send("PATCH", f"/sessions/{key}", {"json": {"c": 3}})
    assert alyx.get(f"/sessions/{key}")["json"] == {"c": 3}


def test_deleting_a_session_deletes_its_datasets_and_files() -> None:
    """RULE: a deletion goes on to datasets and file records, and empties links to the session."""
    alyx = CoreClient()
    key = alyx.session()["id"]
    assert alyx.register("mock.table.pqt").status == 201
    water = alyx.post("/water-administrations", {"subject": "TestSubject", "water_administered": 1, "session": key})
    assert alyx.send("DELETE", f"/sessions/{key}").status == 204
    assert alyx.get("/datasets")["count"] == 0
    assert alyx.get("/files")["count"] == 0
    assert alyx.get(water["url"].removeprefix("http://alyx.test"))["session"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("json=cagelab__bridge_session,m-1", 1),
        ("json=cagelab__bridge_session,m-2", 0),
        ("json=cagelab__n,3", 1),
        ("django=start_time,2026-11-20T10:00:00.000250", 1),
        ("django=start_time__date,2026-11-20,number,1", 2),
        ("django=~number,1", 0),
        ("date_range=2026-11-20,2026-11-20&number=001", 2),
        ("date_range=2026-11-21,2026-11-22", 0),
        ("subject=TESTSUBJECT", 2),
        ("users=admin,researcher", 0),
        ("location=box", 1),
        ("projects=em", 1),
        ("performance_gte=50", 1),
        ("performance_gte=50.5", 0),
        ("id=11111111-1111-4111-8111-111111111111", 0),
        ("colour=red", 2),
    ],
)
def test_a_list_is_narrowed(query: str, count: int) -> None:
    """RULE: each parameter keeps what it names; unknown ones are ignored."""
    alyx = CoreClient()
    alyx.session(
        json={"cagelab": {"bridge_session": "m-1", "n": 3}}, location="Box-1", start_time="2026-11-20T10:00:00.000250"
    )
    alyx.session(projects=["demo"], n_trials=10, n_correct_trials=5)
    assert alyx.get(f"/sessions?{query}")["count"] == count


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("date_range=2026-11-20", 500),
        ("django=nothing,1", 500),
        ("django=number", 500),
        ("json=a,1,a,2", 500),
        ("qc=GREAT", 500),
        ("number=x", 400),
        ("id=abc", 400),
    ],
)
def test_a_parameter_that_cannot_be_read_is_refused(query: str, status: int) -> None:
    """RULE: django-filter's own mistakes are 400, those of Alyx's methods 500."""
    assert CoreClient().send("GET", f"/sessions?{query}").status == status


def test_joins_double_a_session_until_something_makes_it_single() -> None:
    """RULE: a session with two matching projects is listed twice, once with `django`; `users` counts joins."""
    alyx = CoreClient()
    alyx.session(projects=["demo", "pacman"])
    assert alyx.get("/sessions?projects=m")["count"] == 2
    assert alyx.get("/sessions?django=number,1&projects=m")["count"] == 1
    assert alyx.get("/sessions?users=admin,nobody")["count"] == 0
    assert alyx.get("/sessions?users=admin,nobody&projects=m")["count"] == 1


def test_pages_follow_each_other() -> None:
    """RULE: `next` and `previous` lead through all records, newest first, at most 1000 a page."""
    alyx = CoreClient()
    days = [alyx.session(start_time=f"2026-11-{day:02}T10:00:00")["start_time"] for day in range(1, 6)]
    page = alyx.get("/sessions?limit=2")
    seen = [one["start_time"] for one in page["results"]]
    while page["next"]:
        page = alyx.get(page["next"].removeprefix("http://alyx.test"))
        seen += [one["start_time"] for one in page["results"]]
    assert seen == days[::-1]
    assert page["previous"] == "http://alyx.test/sessions?limit=2&offset=2"
    assert alyx.get("/sessions?limit=5000&offset=1")["previous"] == "http://alyx.test/sessions?limit=1000"


def test_json_keys_come_back_in_the_order_of_jsonb() -> None:
    """RULE: PostgreSQL puts shorter keys first."""
    alyx = CoreClient()
    key = alyx.session(json={"longer": 1, "b": {"zz": 1, "y": 2}, "a": 3})["id"]
    found = alyx.get(f"/sessions/{key}")["json"]
    assert (list(found), list(found["b"])) == (["a", "b", "longer"], ["y", "zz"])
