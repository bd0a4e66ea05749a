"""One whole session: log in, look things up, reserve, start, end, upload, see it in Alyx, verified in the store."""

from __future__ import annotations

import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

import grpc
import pytest
from minio import Minio

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, session_pb2, status_pb2, transfer_pb2
from cagelab_bridge.api.status import from_rpc_error
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.lab import Lab

SPEC = session_pb2.SessionSpec(
    subject="TestSubject",
    lab="CogLab",
    location="Box-1",
    experimenters=["researcher"],
    projects=["demo"],
    procedures=["Behavior training/tasks"],
    task_protocol="touch_training_2.1",
    narrative="first line",
    brain_region="VISp",
    json='{"phase": 4}',
)


def started(bridge: Bridge, spec: session_pb2.SessionSpec = SPEC) -> session_pb2.Session:
    request = session_pb2.StartSessionRequest(request_id=str(uuid.uuid4()), spec=spec)
    session: session_pb2.Session = bridge.call("StartSession", request).session
    return session


def ended(bridge: Bridge, session_id: str, **more: Any) -> session_pb2.EndSessionResponse:
    request = session_pb2.EndSessionRequest(request_id=str(uuid.uuid4()), session_id=session_id, **more)
    answer: session_pb2.EndSessionResponse = bridge.call("EndSession", request)
    return answer


def asked(bridge: Bridge, path: str) -> Any:
    return json.loads(bridge.call("Query", query_pb2.QueryRequest(path=path)).json)


def written(session: session_pb2.Session, files: dict[str, bytes]) -> dict[str, bytes]:
    for name, data in files.items():
        path = Path(session.folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return files


def stored(lab: Lab, file: transfer_pb2.TransferFile) -> bytes:
    store = Minio(lab.s3_url.partition("://")[2], access_key=lab.s3_key, secret_key=lab.s3_secret, secure=False)
    answer = store.get_object(file.bucket, file.key)
    try:
        return answer.read()
    finally:
        answer.close()
        answer.release_conn()


def completed(bridge: Bridge, session_id: str) -> session_pb2.Session:
    def look() -> session_pb2.Session | None:
        found = bridge.call("GetSession", session_pb2.GetSessionRequest(session_id=session_id)).session
        return found if found.complete else None

    return wait_until(look)


def test_a_whole_session_is_recorded_once_and_its_files_are_verified(entered: Bridge, lab: Lab) -> None:
    """What the operator gave stands in Alyx field by field, and the store holds the very bytes of the folder."""
    session = started(entered)
    assert session.alyx == session_pb2.ALYX_STATE_OPEN, session.reason
    files = written(
        session,
        {
            "opticka.raw.2026-11-20-10-00-00_001_TestSubject.mat": bytes(range(256)) * 80_000,
            "_matlab_diary.2026-11-20-10-00-00_001_TestSubject.log": b"hello\n",
            "events.table.2026-11-20-10-00-00_001_TestSubject.tsv": b"a\tb\n",
            "raw_video/mock.img.npy": b"picture",
        },
    )
    answer = ended(
        entered,
        session.session_id,
        qc="PASS",
        narrative="last line",
        n_trials=120,
        n_correct_trials=97,
        json='{"reward": 1.5}',
        upload_folder=True,
    )
    transfer = entered.settled(answer.transfer_id)
    assert transfer.state == transfer_pb2.TRANSFER_STATE_DONE, transfer
    assert {file.relative_path for file in transfer.files} == set(files)
    final = completed(entered, session.session_id)
    check_record(asked(entered, f"sessions/{final.alyx_id}"), final)
    for file in transfer.files:
        data = files[file.relative_path]
        assert stored(lab, file) == data
        check_dataset(asked(entered, f"datasets/{file.dataset_id}"), file, data)


def check_record(record: dict[str, Any], session: session_pb2.Session) -> None:
    """Every field of the session, as given."""
    assert record["subject"] == "TestSubject"
    assert record["users"] == ["researcher"]
    assert (record["lab"], record["location"]) == ("CogLab", "Box-1")
    assert (record["projects"], record["procedures"]) == (["demo"], ["Behavior training/tasks"])
    assert record["task_protocol"] == "touch_training_2.1"
    assert record["narrative"] == "first line\nlast line"
    assert (record["n_trials"], record["n_correct_trials"], record["qc"]) == (120, 97, "PASS")
    assert (record["start_time"], record["end_time"]) == (session.start_time, session.end_time)
    assert record["number"] == session.number
    facts = record["json"]
    assert (facts["phase"], facts["reward"], facts["brain_region"]) == (4, 1.5, "VISp")
    assert facts["cagelab"]["bridge_session"] == session.session_id
    assert facts["cagelab"]["state"] == "COMPLETE"
    assert facts["rig"] == session.rig


def check_dataset(record: dict[str, Any], file: transfer_pb2.TransferFile, data: bytes) -> None:
    """A dataset that is PASS, exists, and says what the bytes are."""
    assert record["hash"] == file.md5 == hashlib.md5(data).hexdigest()
    assert record["json"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert record["json"]["sha1"] == hashlib.sha1(data).hexdigest()
    assert (record["qc"], record["file_size"]) == ("PASS", len(data))
    assert [entry["exists"] for entry in record["file_records"]] == [True]
    assert record["file_records"][0]["data_url"].endswith(f"/{file.bucket}/{file.key}")
    assert file.verified_by in ("etag", "composite-etag", "read-back")


def test_wrong_names_are_told_all_at_once_before_anything_is_made(entered: Bridge) -> None:
    """Five wrong names give one refusal with five findings and near names; no folder, no record."""
    before = asked(entered, "sessions?subject=TestSubject")
    wrong = session_pb2.SessionSpec(
        subject="TestSubjct",
        lab="CogLabs",
        experimenters=["reseacher"],
        projects=["demmo"],
        procedures=["none"],
        location="Box-11",
    )
    with pytest.raises(grpc.RpcError) as caught:
        started(entered, wrong)
    error = from_rpc_error(caught.value)
    assert error.reason == "invalidArgument:names"
    found = {finding.field: list(finding.suggestions) for finding in error.findings}
    assert found["subject"] == ["TestSubject"]
    assert found["experimenters"] == ["researcher"]
    assert set(found) == {"subject", "lab", "experimenters", "projects", "procedures", "location"}
    assert "Box-1" in found["location"]
    assert not (entered.folder / "data").exists()
    assert len(asked(entered, "sessions?subject=TestSubject")) == len(before)


def test_three_bad_files_of_twelve_do_not_stop_the_other_nine(entered: Bridge, lab: Lab) -> None:
    """9 DONE, 3 BLOCKED with reason and hint; once the missing dataset type is there, retry finishes them."""
    kind = f"late{uuid.uuid4().hex[:8]}"
    session = started(entered)
    good = {f"events.table.{number}.tsv": f"{number}\n".encode() for number in range(9)}
    bad = {f"{kind}.raw.1.npy": b"1", f"{kind}.raw.2.npy": b"2", "holiday photo.jpg": b"3"}
    written(session, good | bad)
    transfer_id = ended(entered, session.session_id, upload_folder=True).transfer_id
    transfer = entered.settled(transfer_id)
    why = [f"{file.relative_path}: {file.reason}" for file in transfer.files if file.blocked]
    assert (transfer.files_done, transfer.files_blocked) == (9, 3), why
    blocked = [file for file in transfer.files if file.blocked]
    assert all("No dataset type" in file.reason and "retry" in file.hint for file in blocked)
    entered.call(
        "Submit",
        query_pb2.SubmitRequest(
            request_id=str(uuid.uuid4()),
            method=query_pb2.SUBMIT_METHOD_CREATE,
            path="dataset-types",
            json=json.dumps({"name": f"{kind}.raw", "filename_pattern": f"{kind}.raw.*.npy", "description": "late"}),
        ),
    )
    entered.call("RetryTransfer", transfer_pb2.RetryTransferRequest(transfer_id=transfer_id))

    def look() -> transfer_pb2.Transfer | None:
        found = entered.settled(transfer_id)
        return found if found.files_done == 11 else None

    assert wait_until(look).files_blocked == 1
    entered.call("CancelTransfer", transfer_pb2.CancelTransferRequest(transfer_id=transfer_id, reason="private"))
    assert completed(entered, session.session_id).complete


def test_a_repeated_start_answers_the_first_session_again(entered: Bridge) -> None:
    """The same request id with the same content is the same session; with other content it is refused."""
    request = session_pb2.StartSessionRequest(request_id=str(uuid.uuid4()), spec=SPEC)
    first = entered.call("StartSession", request).session
    again = entered.call("StartSession", request).session
    assert (again.session_id, again.folder, again.number) == (first.session_id, first.folder, first.number)
    assert len(asked(entered, f"sessions?json=cagelab__bridge_session,{first.session_id}")) == 1
    request.spec.narrative = "something else"
    with pytest.raises(grpc.RpcError) as caught:
        entered.call("StartSession", request)
    assert from_rpc_error(caught.value).reason == "alreadyExists:request"


def test_numbers_respect_the_folder_tree_and_alyx(entered: Bridge) -> None:
    """A number that a folder or Alyx has is not given again, in either spelling of the Subjects folder."""
    day = "2026-03-05"
    request = {"subject": "Algernon", "lab": "CogLab", "date": day}
    first = entered.call("ReserveFolder", session_pb2.ReserveFolderRequest(request_id=str(uuid.uuid4()), **request))
    assert Path(first.folder).is_dir()
    assert first.folder.endswith(f"/CogLab/Subjects/Algernon/{day}/{first.number:03d}")
    (Path(first.folder).parent / f"{first.number + 4:03d}").mkdir()
    second = entered.call("ReserveFolder", session_pb2.ReserveFolderRequest(request_id=str(uuid.uuid4()), **request))
    assert second.number == first.number + 5


def test_a_reservation_becomes_the_session(entered: Bridge) -> None:
    """ReserveFolder and StartSession make one session, in the folder that was answered first."""
    reserved = entered.call(
        "ReserveFolder", session_pb2.ReserveFolderRequest(request_id=str(uuid.uuid4()), subject="Algernon")
    )
    request = session_pb2.StartSessionRequest(request_id=str(uuid.uuid4()), session_id=reserved.session_id)
    session = entered.call("StartSession", request).session
    assert (session.session_id, session.folder) == (reserved.session_id, reserved.folder)
    assert session.subject == "Algernon"
    again = session_pb2.StartSessionRequest(request_id=str(uuid.uuid4()), session_id=reserved.session_id)
    with pytest.raises(grpc.RpcError) as caught:
        entered.call("StartSession", again)
    assert from_rpc_error(caught.value).code.value == "failed_precondition"


def test_a_path_outside_the_session_folder_is_refused(entered: Bridge) -> None:
    """UploadFiles reads nothing but what lies in the session folder."""
    session = started(entered)
    for path in ("/etc/passwd", "../../secret.txt", f"{session.folder}/../002/x.mat"):
        with pytest.raises(grpc.RpcError) as caught:
            entered.call(
                "UploadFiles",
                transfer_pb2.UploadFilesRequest(
                    request_id=str(uuid.uuid4()), session_id=session.session_id, paths=[path]
                ),
            )
        assert from_rpc_error(caught.value).reason == "invalidArgument:path"


def test_without_an_account_the_error_says_how_to_log_in(bridge: Bridge) -> None:
    """Starting a session before any login is refused with the command to run."""
    with pytest.raises(grpc.RpcError) as caught:
        started(bridge)
    error = from_rpc_error(caught.value)
    assert error.reason == "failedPrecondition:login"
    assert "cagelab-bridge login" in error.hint
    status = bridge.call("GetStatus", status_pb2.GetStatusRequest())
    assert [notice.field for notice in status.notices] == ["login"]


def test_the_same_content_is_not_sent_twice_and_other_content_makes_a_revision(entered: Bridge, lab: Lab) -> None:
    """Uploading a file again adopts what is there; changed content gets an ALF revision beside the PASS object."""
    session = started(entered)
    name = "events.table.1.tsv"
    written(session, {name: b"first"})

    def upload() -> transfer_pb2.TransferFile:
        answer = entered.call(
            "UploadFiles",
            transfer_pb2.UploadFilesRequest(request_id=str(uuid.uuid4()), session_id=session.session_id),
        )
        return entered.settled(answer.transfer.transfer_id).files[0]

    first, again = upload(), upload()
    assert again.dataset_id == first.dataset_id
    written(session, {name: b"second"})
    second = upload()
    assert second.state == transfer_pb2.FILE_STATE_DONE, second.reason
    assert second.dataset_id != first.dataset_id
    assert f"/#{session.date}#/" in second.key
    assert (stored(lab, first), stored(lab, second)) == (b"first", b"second")
