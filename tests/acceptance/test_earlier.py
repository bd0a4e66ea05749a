"""Sessions that began earlier: as they were, and those that another program recorded in Alyx already."""

from __future__ import annotations

import json
import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import grpc
import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, transfer_pb2
from cagelab_bridge.api.status import from_rpc_error
from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import asked, check_dataset, completed, ended, stored

FILE = "opticka.raw.{}-10-20-30_004_TestSubject.mat"
DATA = b"trials of an earlier day"


@pytest.fixture
def day() -> str:
    """A day of the past that no other test uses, on an Alyx that is kept either."""
    return str(date(2001, 1, 1) + timedelta(days=uuid.uuid4().int % 8000))


@pytest.fixture
def folder(tmp_path: Path, day: str) -> Path:
    """What a task left behind that day."""
    made = tmp_path / "old" / "CogLab" / "subjects" / "TestSubject" / day / "004"
    made.mkdir(parents=True)
    (made / FILE.format(day)).write_bytes(DATA)
    return made


def posted(lab: Lab, path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
    """Another program writes to Alyx."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Token {token}"} if token else {})
    request = Request(f"{lab.alyx_url}/{path}", json.dumps(body).encode(), headers)
    with urlopen(request, timeout=30) as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def recorded(lab: Lab, day: str, **more: Any) -> str:
    """A session as opticka's own class records one, json as text; its id."""
    token = posted(lab, "auth-token", {"username": lab.user, "password": lab.password})["token"]
    body = {"subject": "TestSubject", "number": 4, "lab": "CogLab", "start_time": f"{day}T10:20:31"}
    told = posted(lab, "sessions", body | {"users": [lab.user], "json": '{"stage": 3}'} | more, token)
    return str(told["url"])[-36:]


def begun(bridge: Bridge, folder: Path, **more: Any) -> session_pb2.Session:
    """StartSession for that folder."""
    request = session_pb2.StartSessionRequest(request_id=str(uuid.uuid4()), folder=str(folder), **more)
    session: session_pb2.Session = bridge.call("StartSession", request).session
    return session


def finished(bridge: Bridge, lab: Lab, session: session_pb2.Session, **more: Any) -> dict[str, Any]:
    """Its record, once its file is stored and verified and it is complete."""
    transfer = bridge.settled(ended(bridge, session.session_id, upload_folder=True, **more).transfer_id)
    assert transfer.state == transfer_pb2.TRANSFER_STATE_DONE, transfer
    (file,) = transfer.files
    assert stored(lab, file) == DATA
    check_dataset(asked(bridge, f"datasets/{file.dataset_id}"), file, DATA)
    record: dict[str, Any] = asked(bridge, f"sessions/{completed(bridge, session.session_id).alyx_id}")
    return record


def test_a_session_that_began_earlier_is_recorded_as_it_was(entered: Bridge, lab: Lab, folder: Path, day: str) -> None:
    """Start, end, day and number are those of then, in Alyx and in the store."""
    session = begun(entered, folder, start_time=f"{day}T10:20:30")
    record = finished(entered, lab, session, end_time=f"{day}T11:00:00", qc="PASS")
    assert (record["start_time"][:19], record["end_time"][:19]) == (f"{day}T10:20:30", f"{day}T11:00:00")
    assert (record["number"], record["qc"]) == (4, "PASS")
    with pytest.raises(grpc.RpcError) as caught:
        begun(entered, folder.parent / "005", start_time="2199-01-01T00:00:00")
    assert "future" in from_rpc_error(caught.value).message


@pytest.mark.parametrize("how", ["by its start", "by its number", "by its id"])
def test_a_session_of_another_program_is_completed(how: str, entered: Bridge, lab: Lab, folder: Path, day: str) -> None:
    """One record of that day and number, before and after; what it said stays, the file is added, the marker too."""
    alyx_id = recorded(lab, day, end_time=f"{day}T10:50:00", qc="FAIL", narrative="As it was.")
    told = {"by its start": {"start_time": f"{day}T10:20:30"}, "by its id": {"alyx_id": alyx_id}}
    session = begun(entered, folder, **told.get(how, {}))
    assert (session.alyx_id, session.alyx_number) == (alyx_id, 4), session.reason
    record = finished(entered, lab, session, narrative="Uploaded later.")
    assert (record["id"], record["qc"], record["end_time"][:19]) == (alyx_id, "FAIL", f"{day}T10:50:00")
    assert record["narrative"] == "As it was.\nUploaded later."
    assert record["json"]["stage"] == 3
    assert record["json"]["cagelab"]["bridge_session"] == session.session_id
    found = asked(entered, f"sessions?subject=TestSubject&date_range={day},{day}")
    assert [one["id"] for one in found] == [alyx_id]


def test_a_session_of_another_rig_stays_alone(entered: Bridge, lab: Lab, folder: Path, day: str) -> None:
    """The same number at another time of that day: two sessions, two numbers, both folders as they were."""
    other = recorded(lab, day, start_time=f"{day}T15:00:00")
    session = begun(entered, folder, start_time=f"{day}T10:20:30")
    record = finished(entered, lab, session)
    assert (session.number, record["number"]) == (4, 5)
    assert asked(entered, f"sessions/{other}")["json"] == '{"stage": 3}'
