"""A session's names are corrected, before and after Alyx has it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, transfer_pb2
from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.faults import Fault
from tests.acceptance import lab as labs
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import asked, completed, ended, started, stored, written


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A lab that can be told to fail."""
    with Sandbox() as made:
        yield made


def seen(bridge: Bridge, session_id: str) -> session_pb2.Session:
    found: session_pb2.Session = bridge.call("GetSession", session_pb2.GetSessionRequest(session_id=session_id)).session
    return found


def registered(bridge: Bridge, session_id: str, subject: str) -> dict[str, Any]:
    """Alyx's record, as soon as it is of that subject."""

    def look() -> dict[str, Any] | None:
        alyx_id = seen(bridge, session_id).alyx_id
        record = asked(bridge, f"sessions/{alyx_id}") if alyx_id else {}
        return record if record.get("subject") == subject else None

    return wait_until(look)


def test_a_wrong_subject_accepted_offline_is_corrected(bridge: Bridge, sandbox: Sandbox) -> None:
    """Accepted with a warning, BLOCKED with the command once Alyx is back, delivered under the right subject."""
    lab = labs.of(sandbox)
    bridge.enter(lab)
    sandbox.faults.add(Fault("down"))
    session = started(bridge, session_pb2.SessionSpec(subject="TestSubjct", lab="CogLab", experimenters=["researcher"]))
    assert session.alyx == session_pb2.ALYX_STATE_PENDING
    assert any("TestSubjct" in warning for warning in session.warnings)
    written(session, {"opticka.raw.1.mat": b"bytes"})
    transfer_id = ended(bridge, session.session_id, qc="PASS", upload_folder=True).transfer_id
    sandbox.faults.clear()
    bridge.call("RetryTransfer", transfer_pb2.RetryTransferRequest())
    blocked = wait_until(lambda: found if (found := seen(bridge, session.session_id)).blocked else None)
    assert "TestSubjct" in blocked.reason
    assert f"cagelab-bridge amend {session.session_id[:8]}" in blocked.hint
    assert blocked.trouble_since
    shown = bridge.command("status")
    assert f"cagelab-bridge amend {session.session_id[:8]}" in shown.stdout, shown
    command = ("amend", session.session_id[:8], "--subject", "TestSubject", "--reason", "typing error", "--json")
    answer = bridge.command(*command)
    assert answer.returncode == 0, answer.stderr
    amended = json.loads(answer.stdout)
    assert (amended["subject"], amended["folder"]) == ("TestSubject", session.folder)
    final = completed(bridge, session.session_id)
    record = asked(bridge, f"sessions/{final.alyx_id}")
    assert record["subject"] == "TestSubject"
    assert [(change["old_values"], change["reason"]) for change in record["json"]["cagelab"]["amendments"]] == [
        (["TestSubjct"], "typing error")
    ]
    file = bridge.settled(transfer_id).files[0]
    assert "/TestSubject/" in f"/{file.key}"
    assert stored(lab, file) == b"bytes"
    assert [change.field for change in final.amendments] == ["subject"]


def test_a_registered_session_is_corrected_and_its_files_stay_reachable(entered: Bridge, lab: Lab) -> None:
    """Files Alyx has keep dataset and object, later ones go under the new subject; the undo is another correction."""
    spec = session_pb2.SessionSpec(subject="TestSubject", projects=["demo"], experimenters=["researcher"])
    session = started(entered, spec)
    assert session.alyx == session_pb2.ALYX_STATE_OPEN, session.reason
    written(session, {"events.table.1.tsv": b"before"})
    upload = transfer_pb2.UploadFilesRequest(request_id=str(uuid.uuid4()), session_id=session.session_id)
    first = entered.settled(entered.call("UploadFiles", upload).transfer.transfer_id).files[0]
    assert first.state == transfer_pb2.FILE_STATE_DONE, first.reason
    request = session_pb2.AmendSessionRequest(
        request_id=str(uuid.uuid4()),
        session_id=session.session_id,
        subject="Algernon",
        experimenters=["admin"],
        reason="wrong animal",
    )
    for _ in range(2):
        amended = entered.call("AmendSession", request).session
        assert (amended.subject, amended.folder, amended.number) == ("Algernon", session.folder, session.number)
        assert len(amended.amendments) == 2
    written(session, {"events.table.2.tsv": b"after"})
    transfer_id = ended(entered, session.session_id, qc="PASS", upload_paths=["events.table.2.tsv"]).transfer_id
    second = entered.settled(transfer_id).files[0]
    assert second.state == transfer_pb2.FILE_STATE_DONE, second.reason
    final = completed(entered, session.session_id)
    record = asked(entered, f"sessions/{final.alyx_id}")
    assert (record["subject"], record["users"], record["projects"]) == ("Algernon", ["admin"], ["demo"])
    assert record["json"]["cagelab"]["state"] == "COMPLETE"
    assert "/TestSubject/" in f"/{first.key}"
    assert f"/Algernon/{session.date}/{final.alyx_number:03d}/" in f"/{second.key}"
    datasets = {row["name"]: row for row in asked(entered, f"datasets?session={final.alyx_id}")}
    for file, data in ((first, b"before"), (second, b"after")):
        assert stored(lab, file) == data
        row = datasets[Path(file.path).name]
        assert row["qc"] == "PASS"
        assert [entry["data_url"].endswith(f"/{file.key}") for entry in row["file_records"] if entry["exists"]] == [
            True
        ]
    request.request_id, request.subject, request.reason = str(uuid.uuid4()), "TestSubject", "it was right"
    entered.call("AmendSession", request)
    undone = registered(entered, session.session_id, "TestSubject")
    assert len(undone["json"]["cagelab"]["amendments"]) == 3
    assert completed(entered, session.session_id).subject == "TestSubject"


def test_sessions_of_a_day_do_not_hold_each_other_up_when_one_is_corrected(entered: Bridge) -> None:
    """Alyx hangs the sessions of a day on one of them; when that one turns out to be another animal's, files of the
    others still reach Alyx."""
    sessions = [started(entered) for _ in range(2)]

    def deliver(session: session_pb2.Session, name: str) -> None:
        written(session, {name: session.session_id.encode()})
        upload = transfer_pb2.UploadFilesRequest(
            request_id=str(uuid.uuid4()), session_id=session.session_id, paths=[name]
        )
        transfer = entered.settled(entered.call("UploadFiles", upload).transfer.transfer_id)
        assert transfer.state == transfer_pb2.TRANSFER_STATE_DONE, transfer.files

    for session in sessions:
        deliver(session, "events.table.1.tsv")
    for corrected, left in (sessions, sessions[::-1]):
        amend = session_pb2.AmendSessionRequest(session_id=corrected.session_id, subject="COGP-003")
        entered.call("AmendSession", amend)
        registered(entered, corrected.session_id, "COGP-003")
        deliver(left, f"events.table.{left.session_id}.tsv")
        deliver(corrected, f"events.table.2.{corrected.session_id}.tsv")
        amend.subject = "TestSubject"
        entered.call("AmendSession", amend)
        registered(entered, corrected.session_id, "TestSubject")
        deliver(corrected, f"events.table.3.{corrected.session_id}.tsv")
