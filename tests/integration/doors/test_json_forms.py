"""JSON as MATLAB, Octave and people write it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.doors.stage import BRIDGE, Stage


@pytest.mark.parametrize("number", ["1720787", "1.720787E+6", "1720787.0", "1.720787e6", '"1720787"', "17207870e-1"])
async def test_integers_are_understood_in_every_form(stage: Stage, number: str) -> None:
    """MATLAB writes 1720787 as 1.720787E+6 and Octave as 1720787.0; both are the integer."""
    answer = await stage.talk(stage.request(f'{{"limit":{number}}}'.encode(), "Query"))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert stage.desk.seen[0].limit == 1720787


@pytest.mark.parametrize("given", [{}, {"path": None, "limit": None, "alyx_url": None}])
async def test_null_is_an_absent_field(stage: Stage, given: dict[str, Any]) -> None:
    """MATLAB writes NaN and missing as null."""
    response = await stage.post("Query", given)
    assert response.status_code == 200
    assert stage.desk.seen[0].ByteSize() == 0


async def test_every_field_is_written(stage: Stage) -> None:
    """Empty fields are written too: jsondecode makes the same struct of every answer."""
    said = (await stage.post("StartSession", {})).json()["session"]
    assert said["subject"] == ""
    assert said["number"] == 0
    assert said["blocked"] is False
    assert said["experimenters"] == []
    assert said["run"] == "RUN_STATE_UNSPECIFIED"
    assert "alyx_number" in said
    assert "alyxNumber" not in said
    assert "n_trials" not in said  # optional: absent is not zero


@pytest.mark.parametrize("name", ["request_id", "requestId"])
async def test_both_spellings_of_a_name_are_read(stage: Stage, name: str) -> None:
    """The proto's name and proto3 JSON's own are the same field."""
    await stage.post("StartSession", {name: "abc"})
    assert stage.desk.seen[0].request_id == "abc"


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
async def test_the_content_type_may_name_its_charset(stage: Stage, kind: str) -> None:
    """matlab.net.http adds a charset."""
    answer = await stage.talk(stage.request(content_type=kind.encode()))
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_text_in_any_script_comes_through(stage: Stage) -> None:
    """UTF-8 in, UTF-8 out, also outside the first plane and when escaped."""
    said = await stage.post("StartSession", {"spec": {"subject": "Maus Größe 鼠 🐭"}})
    answer = await stage.talk(stage.request(b'{"spec":{"subject":"\\ud83d\\udc2d"}}', "StartSession"))
    assert said.json()["session"]["subject"] == "Maus Größe 鼠 🐭"
    assert "🐭".encode() in answer


async def test_a_misspelt_field_is_named_with_its_neighbours(stage: Stage) -> None:
    """All unknown fields are told at once, wherever they are, each with the names that look alike."""
    response = await stage.post("StartSession", {"reqest_id": "x", "spec": {"subjekt": "y", "lab": "z"}})
    said = response.json()
    debug = said["details"][0]["debug"]
    assert (response.status_code, debug["reason"]) == (400, "invalidArgument:field")
    assert "StartSessionRequest has no field “reqest_id”." in said["message"]
    assert "SessionSpec has no field “spec.subjekt”." in said["message"]
    assert debug["hint"] == "Did you mean request_id?"
    assert [found["suggestions"] for found in debug["findings"]] == [["request_id"], ["subject"]]
    assert not stage.desk.seen


async def test_a_field_like_no_other_is_answered_with_all_names(stage: Stage) -> None:
    """Where nothing looks alike, the hint lists what there is."""
    debug = (await stage.post("Query", {"zzz": 1})).json()["details"][0]["debug"]
    assert debug["hint"] == "There are: path, limit, account, alyx_url."


async def test_a_misspelt_choice_is_named_with_its_neighbours(stage: Stage) -> None:
    """So are the values of enumerations; their numbers work as well."""
    wrong = (await stage.post("Submit", {"method": "SUBMIT_METHOD_CREAT"})).json()
    right = (await stage.post("Submit", {"method": 1})).json()
    debug = wrong["details"][0]["debug"]
    assert wrong["message"] == "SubmitMethod has no value “SUBMIT_METHOD_CREAT”."
    assert debug["findings"][0]["suggestions"][0] == "SUBMIT_METHOD_CREATE"
    assert right["code"] == "unimplemented"


async def test_a_large_body_passes(stage: Stage) -> None:
    """Bodies up to 4 MiB are taken, and curl's `Expect: 100-continue` is answered."""
    body = json.dumps({"spec": {"subject": "s" * 4_000_000}}).encode()
    answer = await stage.talk(stage.request(body, "StartSession", b"Expect: 100-continue"))
    assert answer.startswith(b"HTTP/1.1 100 ")
    assert b"HTTP/1.1 200 " in answer
    assert len(stage.desk.seen[0].spec.subject) == 4_000_000


async def test_a_connection_serves_many_calls(stage: Stage) -> None:
    """Keep-alive works, also after an error of a handler."""
    async with stage.http() as client:
        statuses = []
        addresses = set()
        for path in ("x", "missing", "broken", "x"):
            response = await client.post(BRIDGE + "Query", json={"path": path})
            statuses.append(response.status_code)
            addresses.add(response.extensions["network_stream"].get_extra_info("client_addr"))
    assert statuses == [200, 404, 500, 200]
    assert len(addresses) == 1


async def test_a_client_may_ask_to_close(stage: Stage) -> None:
    """`Connection: close` is honoured."""
    answer = await stage.talk(stage.request(b"{}", "GetStatus", b"Connection: close"), end=False)
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "[::1]", "127.0.0.1"])
async def test_the_names_of_this_computer_are_good_hosts(stage: Stage, host: str) -> None:
    """People type localhost."""
    answer = await stage.talk(stage.request(host=f"{host}:{stage.http_port}".encode()))
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_the_deadline_reaches_the_handler(stage: Stage) -> None:
    """Connect-Timeout-Ms is milliseconds; without it the handler hears of none."""
    with_one = (await stage.post("Query", {}, **{"Connect-Timeout-Ms": "2500"})).json()
    without = (await stage.post("Query", {}, **{"Connect-Protocol-Version": "1"})).json()
    assert json.loads(with_one["json"]) == {"door": "json", "role": "local", "seconds": 2.5}
    assert json.loads(without["json"])["seconds"] is None


async def test_a_stream_names_its_unary_twins(stage: Stage) -> None:
    """MATLAB cannot stream: the refusal says what to call instead."""
    response = await stage.post("Watch", {})
    hint = response.json()["details"][0]["debug"]["hint"]
    assert (response.status_code, response.json()["code"]) == (501, "unimplemented")
    assert "ListSessions, ListTransfers, GetSession, GetTransfer" in hint
