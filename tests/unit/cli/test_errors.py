"""What people and programs see when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2
from cagelab_bridge.api.status import STATUS
from cagelab_bridge.cli.group import EPILOG
from cagelab_bridge.errors import BridgeError, Code, Finding, Gravity, NotFound, UnknownNames, Unreachable
from tests.unit.cli.conftest import TOKEN, FakeBridge, Run

WRONG = UnknownNames(
    "One name does not exist in Alyx.",
    findings=[
        Finding(
            gravity=Gravity.ERROR,
            field="subject",
            value="TestSubjct",
            message="There is no such subject.",
            suggestions=("TestSubject",),
        )
    ],
)


@pytest.mark.parametrize("code", list(Code))
def test_each_kind_of_error_has_its_exit_code(bridge: FakeBridge, run: Run, code: Code) -> None:
    """The exit code is the one of the table, whatever the error says."""
    error = BridgeError("It went wrong.", hint="Mend it.")
    error.code = code
    bridge.answers["Query"] = [error]
    result = run("query", "subjects")
    assert result.exit_code == STATUS[code].exit
    assert result.stdout == ""
    assert result.stderr == "Error: It went wrong.\n  What to do: Mend it.\n"


def test_the_help_lists_every_exit_code() -> None:
    """The table in `--help` names each exit code of api/status.py."""
    listed = {int(word) for word in EPILOG.split("Exit codes:")[1].split() if word.isdigit()}
    assert {row.exit for row in STATUS.values()} | {0, 2, 20, 21, 130} == listed


def test_findings_are_shown_with_the_names_that_look_alike(bridge: FakeBridge, run: Run) -> None:
    """Every finding stands in a table on stderr with "did you mean"."""
    bridge.answers["StartSession"] = [WRONG]
    result = run("start", "--subject", "TestSubjct")
    assert result.exit_code == 3
    assert "did you mean TestSubject?" in result.stderr
    assert "There is no such subject." in result.stderr


def test_one_finding_that_is_the_error_is_told_once(bridge: FakeBridge, run: Run) -> None:
    """Where the error and its only finding say the same, there is no table; the names that look alike are told."""
    finding = Finding(gravity=Gravity.ERROR, field="lab", message="There is no such lab.", suggestions=("CogLab",))
    bridge.answers["StartSession"] = [UnknownNames("There is no such lab.", hint="Correct it.", findings=[finding])]
    shown = run("start", "--subject", "a").stderr
    assert shown == "Error: There is no such lab.\n  What to do: did you mean CogLab? Correct it.\n"


def test_with_json_the_error_is_json_too(bridge: FakeBridge, run: Run) -> None:
    """`--json` puts the whole error as one line of JSON on stderr."""
    bridge.answers["StartSession"] = [WRONG]
    result = run("start", "--subject", "TestSubjct", "--json")
    error = json.loads(result.stderr)
    assert result.exit_code == 3
    assert error["reason"] == "invalidArgument:names"
    assert error["findings"][0]["severity"] == "SEVERITY_ERROR"
    assert error["findings"][0]["suggestions"] == ["TestSubject"]


def test_without_a_bridge_it_says_how_to_start_one(run: Run) -> None:
    """No endpoint.json: exit code of "unavailable" and the command that starts a bridge."""
    result = run("status")
    assert result.exit_code == 11
    assert "No bridge runs for this account" in result.stderr
    assert "cagelab-bridge serve" in result.stderr


def test_a_bridge_that_does_not_answer_is_named(bridge: FakeBridge, run: Run) -> None:
    """A dead port is told in our words, with its address, not in gRPC's."""
    bridge.server.stop(None).wait()
    result = run("status")
    assert result.exit_code == 11
    assert f"The bridge does not answer at 127.0.0.1:{bridge.port}." in result.stderr


def test_an_error_of_alyx_keeps_its_own_sentence(bridge: FakeBridge, run: Run) -> None:
    """ "Unavailable" from Alyx is not mistaken for a bridge that is away."""
    bridge.answers["Query"] = [Unreachable("Alyx at http://alyx does not answer.")]
    assert "Alyx at http://alyx does not answer." in run("query", "subjects").stderr


def test_text_from_elsewhere_cannot_steer_the_terminal(bridge: FakeBridge, run: Run) -> None:
    """Escape sequences in names and sentences are shown as a mark."""
    bridge.answers["Query"] = [NotFound("No \x1b[31mred\x1b[0m one.", hint="\x9b2J")]
    shown = run("query", "x").stderr
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    bridge.answers["Query"] = [query_pb2.QueryResponse(json='[{"name": "\\u001b]0;x\\u0007"}]', is_list=True, count=1)]
    shown = run("query", "x").stdout
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_an_unknown_verb_names_those_that_look_alike(run: Run) -> None:
    """A misspelt verb is wrong usage, answered with the nearest verbs."""
    result = run("stauts")
    assert result.exit_code == 2
    assert "Did you mean status" in result.stderr


def test_a_wrong_day_is_told_with_the_right_form(run: Run) -> None:
    """A day that does not exist, or in another form, is wrong usage."""
    for wrong in ("2026-02-30", "31.01.2026", "20260131"):
        result = run("sessions", "--first", wrong)
        assert result.exit_code == 2
        assert "YYYY-MM-DD" in result.stderr


def test_facts_must_be_one_json_object(run: Run, tmp_path: Path) -> None:
    """A facts file that is missing, no JSON or no object is wrong usage, and says which."""
    (tmp_path / "list.json").write_text("[1]", encoding="utf-8")
    (tmp_path / "none.json").write_text("{", encoding="utf-8")
    for name, words in (("list.json", "no JSON object"), ("none.json", "is not JSON"), ("absent", "cannot be read")):
        result = run("start", "--subject", "a", "--facts", str(tmp_path / name))
        assert result.exit_code == 2
        assert words in result.stderr


def test_the_token_of_the_endpoint_goes_with_every_call(bridge: FakeBridge, run: Run) -> None:
    """The bridge sees `Bearer` and the token of endpoint.json."""
    bridge.answers["Query"] = [query_pb2.QueryResponse(json="{}")]
    run("query", "subjects/a")
    assert bridge.tokens == {f"Bearer {TOKEN}"}
