"""`setup`: an Alyx as it was migrated becomes one in which a session goes through whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, session_pb2, transfer_pb2
from tests.acceptance.bridge import Bridge
from tests.acceptance.house.unprepared import BUCKET, unprepared
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import asked, completed, ended, started, written

LISTS = ("data-repository", "dataset-types", "data-formats", "labs", "users", "subjects", "projects", "locations")
STAMP = "2026-11-20-10-00-00_001_TestSubject"


@pytest.fixture
def bare() -> Iterator[Lab]:
    with unprepared(globus_is_personal=None, globus_path="") as found:
        yield found


@pytest.fixture
def ready(bridge: Bridge, bare: Lab) -> Bridge:
    bridge.enter(bare)
    return bridge


def everything(bridge: Bridge) -> dict[str, Any]:
    return {name: asked(bridge, name) for name in LISTS}


def setup(bridge: Bridge, *options: str, code: int) -> dict[str, Any]:
    ran = bridge.command("setup", "--json", *options)
    assert ran.returncode == code, ran.stdout + ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def words(told: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(one["about"], one["name"]): one["word"] for one in told["steps"]}


def changed(bridge: Bridge, path: str, **values: Any) -> None:
    method = query_pb2.SUBMIT_METHOD_CHANGE
    bridge.call("Submit", query_pb2.SubmitRequest(method=method, path=path, json=json.dumps(values)))


def test_setup_twice_and_a_session_goes_through(ready: Bridge) -> None:
    """The first run makes and repairs all that can be; the second finds nothing to do and touches nothing."""
    told = setup(ready, "--yes", code=0)
    assert told["changed"] == 8 + 1 + 1 + 2 + 1  # types, .edf, the lab's repository, flag and path, ONE's record
    assert set(words(told).values()) <= {"ok", "done", "warning"}
    assert words(told)["locations", "none"] == "warning"  # only the admin page makes them
    hints = [one["hint"] for one in told["steps"] if one["about"] == "locations"]
    assert "/admin/misc/lablocation/add/" in hints[0]
    after = everything(ready)
    again = setup(ready, "--yes", code=0)
    assert again["changed"] == 0
    assert everything(ready) == after
    [one] = [row for row in after["data-repository"] if row["name"] == "aws_cortexlab"]
    assert one["json"] == {"bucket_name": BUCKET}
    [aws] = [row for row in after["data-repository"] if row["name"] == "aws_CogLab"]
    assert (aws["globus_is_personal"], aws["globus_path"]) == (False, "CogLab/Subjects")

    session = started(ready, session_pb2.SessionSpec(subject="TestSubject", lab="CogLab", projects=["demo"]))
    names = ("opticka.raw.{}.mat", "_matlab_diary.{}.log", "events.table.{}.tsv", "eyetracking.raw.eyelink.{}.edf")
    written(session, {name.format(STAMP): b"data of " + name.encode() for name in names})
    transfer = ready.settled(ended(ready, session.session_id, upload_folder=True).transfer_id)
    assert transfer.state == transfer_pb2.TRANSFER_STATE_DONE, transfer
    final = completed(ready, session.session_id)
    audit = ready.command("audit", final.alyx_id, "--json")
    findings = json.loads(audit.stdout)["sessions"][0]["findings"]
    assert {one["kind"] for one in findings} == {"not-alf"}  # the diary
    assert audit.returncode == 0


def test_a_dry_run_says_the_same_and_changes_nothing(ready: Bridge) -> None:
    """What would be made and repaired, with an exit code that says that something is left."""
    before = everything(ready)
    told = setup(ready, "--dry-run", code=6)
    assert (told["dry_run"], told["changed"]) == (True, 0)
    assert words(told)["dataset type", "opticka.raw"] == "create"
    assert words(told)["ONE", "aws_cortexlab"] == "offer"
    assert everything(ready) == before
    shown = ready.command("setup", "--dry-run").stdout
    assert "to make" in shown
    assert "to repair" in shown


def test_without_a_person_only_what_is_missing_is_made(ready: Bridge) -> None:
    """Repairs need somebody who agrees; types and formats harm nobody."""
    told = setup(ready, code=6)
    assert told["changed"] == 8 + 1
    assert words(told)["repository", "aws_CogLab"] == "left"
    [aws] = [row for row in asked(ready, "data-repository") if row["name"] == "aws_CogLab"]
    assert aws["globus_is_personal"] is None


def test_a_wrong_address_a_missing_bucket_and_twins_are_told(ready: Bridge, bare: Lab) -> None:
    """The slash is offered, the bucket that is not there is an error, two types for one name too."""
    setup(ready, "--yes", code=0)
    changed(ready, "data-repository/aws_CogLab", data_url=f"{bare.s3_url}/nowhere/CogLab/Subjects")
    told = words(setup(ready, "--dry-run", code=6))
    assert told["repository", "aws_CogLab"] == "offer"
    told = words(setup(ready, "--yes", code=6))
    assert told["repository", "aws_CogLab"] == "done"
    assert words(setup(ready, "--dry-run", code=6))["bucket", "aws_CogLab"] == "error"
    body = json.dumps({"name": "greedy", "filename_pattern": "opticka.*"})
    create = query_pb2.SUBMIT_METHOD_CREATE
    ready.call("Submit", query_pb2.SubmitRequest(request_id="r", method=create, path="dataset-types", json=body))
    told = words(setup(ready, "--yes", code=6))
    assert (told["dataset type", "opticka.raw"], told["dataset type", "opticka.details"]) == ("error", "error")


def test_what_stands_under_another_name_is_not_made_again(ready: Bridge) -> None:
    """opticka's initDatabase calls a type as its description: its pattern counts."""
    create = query_pb2.SUBMIT_METHOD_CREATE
    body = json.dumps({"name": "Raw iRec eyetracking data", "filename_pattern": "eyetracking.raw.irec*"})
    ready.call("Submit", query_pb2.SubmitRequest(request_id="r", method=create, path="dataset-types", json=body))
    told = setup(ready, "--yes", code=0)
    [irec] = [one for one in told["steps"] if one["name"] == "eyetracking.raw.irec"]
    assert irec["word"] == "ok"
    assert "Raw iRec eyetracking data" in irec["message"]


def test_keys_of_a_store_do_not_go_through_the_journal(ready: Bridge) -> None:
    """ONE reads keys from a repository's json; what is made there through the bridge holds none."""
    for facts in (
        {"bucket_name": "b", "Secret access key": "s3cr3t-s3cr3t"},
        {"smb_share": "smb://anna:s3cr3t-s3cr3t@nas.lab/cogdata/"},
    ):
        body = json.dumps({"name": "aws_keys", "json": facts})
        ran = ready.command("submit", "data-repository", "--facts", "-", text=body)
        assert ran.returncode == 3
        assert "bucket_name and smb_share only" in ran.stderr
        assert "s3cr3t" not in ran.stderr
