"""Faults hit the requests they name, in the core's own time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cagelab_bridge.sandbox.alyx import Request
from cagelab_bridge.sandbox.faults import Fault, FaultError, FaultPlan, Verdict, fault_from

from .core_client import START, CoreClient

READ = Request("GET", "/sessions?subject=a")
WRITE = Request("POST", "/sessions")


def plan(*faults: Fault) -> FaultPlan:
    """A plan with these faults in force."""
    made = FaultPlan()
    for fault in faults:
        made.add(fault)
    return made


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (Fault("down"), Verdict(execute=False, silent=True)),
        (Fault("slow", delay_s=3), Verdict(delay_s=3)),
        (Fault("lost"), Verdict(silent=True)),
        (Fault("late", delay_s=60), Verdict(execute=False, execute_in_s=60, silent=True)),
        (Fault("race"), Verdict(race=True)),
    ],
)
def test_each_kind_says_what_to_do(fault: Fault, verdict: Verdict) -> None:
    """RULE: whether and when to execute, and whether to answer, follow from the kind."""
    assert plan(fault).decide(WRITE, START) == verdict


@pytest.mark.parametrize("after", [False, True])
def test_an_error_comes_before_or_after_the_effect(after: bool) -> None:
    """RULE: an error answers its status; only with `after` is the request executed."""
    verdict = plan(Fault("error", status=502, after=after)).decide(WRITE, START)
    assert verdict.execute is after
    assert verdict.answer is not None
    assert verdict.answer.status == 502


def test_a_fault_hits_only_what_it_names() -> None:
    """RULE: method and path choose the requests."""
    faults = plan(Fault("down", method="post", path="^/register-file"))
    assert faults.decide(WRITE, START).execute
    assert faults.decide(Request("GET", "/register-file"), START).execute
    assert not faults.decide(Request("POST", "/register-file"), START).execute


def test_skip_and_count_bound_a_fault() -> None:
    """RULE: `skip` requests pass, `count` are hit, then all pass."""
    faults = plan(Fault("down", skip=1, count=2))
    assert [faults.decide(READ, START).execute for _ in range(5)] == [True, False, False, True, True]


def test_the_first_fault_that_hits_decides() -> None:
    """RULE: faults are asked in the order they were put in force."""
    faults = plan(Fault("slow", count=1, delay_s=1), Fault("lost"))
    assert [faults.decide(READ, START).silent for _ in range(2)] == [False, True]


def test_a_throttle_answers_429_until_the_minute_is_over() -> None:
    """RULE: beyond `per_minute` requests a user gets 429, Retry-After and the sentence of Alyx."""
    faults = plan(Fault("throttle", per_minute=2))
    for second in (0, 10):
        assert faults.decide(READ, START + timedelta(seconds=second)).answer is None
    refused = faults.decide(READ, START + timedelta(seconds=20)).answer
    assert refused is not None
    assert (refused.status, refused.headers["retry-after"]) == (429, "40")
    assert refused.json()["detail"] == "Request was throttled. Expected available in 40 seconds."
    assert faults.decide(READ, START + timedelta(seconds=60)).answer is None


def test_alyx_throttles_each_user_by_itself() -> None:
    """RULE: the core's own limit counts by user, and never the login."""
    alyx = CoreClient()
    alyx.core.throttle.limit = 2
    assert [alyx.send("GET", "/labs").status for _ in range(3)] == [200, 200, 429]
    assert alyx.send("GET", "/labs", user="researcher").status == 200
    login = {"username": "admin", "password": "sandbox-admin"}
    assert alyx.send("POST", "/auth-token", login, user="").status == 200
    alyx.pass_time(61)
    assert alyx.send("GET", "/labs").status == 200


@pytest.mark.parametrize(
    "entry", [None, {}, {"kind": "none"}, {"kind": "down", "when": 1}, {"kind": "down", "path": "("}]
)
def test_a_fault_that_makes_no_sense_is_refused(entry: object) -> None:
    """RULE: a wrong fault changes nothing and the sentence says what is wrong."""
    faults = plan(Fault("down"))
    with pytest.raises(FaultError):
        faults.replace([entry])
    assert len(faults.faults) == 1


def test_a_fault_shown_as_json_can_be_put_in_force_again() -> None:
    """RULE: what the control path shows is what it takes."""
    fault = Fault("late", method="POST", path="x", skip=1, count=2, delay_s=3)
    assert fault_from(fault.as_json()).as_json() == fault.as_json()
