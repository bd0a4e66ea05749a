"""The journal is gone; the folders of the sessions, Alyx and the store are there: nothing is lost, nothing doubled."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from minio import Minio

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, session_pb2, status_pb2, transfer_pb2
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.lab import Lab

SPEC = session_pb2.SessionSpec(subject="TestSubject", lab="CogLab", experimenters=["researcher"], projects=["demo"])
FILES = {
    "opticka.raw.2026-11-20-10-00-00_001_TestSubject.mat": bytes(range(256)) * 100_000,
    "raw_video/mock.img.npy": b"picture" * 1000,
    **{f"events.table.{number}.tsv": f"{number}\n".encode() for number in range(20)},
}


@pytest.fixture
def short(tmp_path: Path, lab: Lab) -> Iterator[Bridge]:
    """A bridge that is certain after two seconds that a lost request is over, as with an Alyx of its own."""
    bridge = Bridge(tmp_path, ALYX_QUARANTINE_SECONDS="2")
    bridge.start()
    bridge.enter(lab)
    yield bridge
    bridge.end()


def asked(bridge: Bridge, path: str) -> Any:
    return json.loads(bridge.call("Query", query_pb2.QueryRequest(path=path)).json)


def begun(bridge: Bridge) -> tuple[session_pb2.Session, str]:
    """A session that has ended, and whose files are on their way."""
    session = bridge.call("StartSession", session_pb2.StartSessionRequest(spec=SPEC)).session
    for name, data in FILES.items():
        path = Path(session.folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    request = session_pb2.EndSessionRequest(
        request_id=str(uuid.uuid4()), session_id=session.session_id, qc="PASS", narrative="done", upload_folder=True
    )
    return session, bridge.call("EndSession", request).transfer_id


def recorded(folder: str) -> dict[str, Any]:
    """The second record as it is now."""
    document: dict[str, Any] = json.loads((Path(folder) / "session.json").read_bytes())
    return document


def recovered(bridge: Bridge, root: Path, *more: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and findings of the verb."""
    told = bridge.command("recover", str(root), "--json", *more)
    assert told.stdout, told.stderr
    return told.returncode, json.loads(told.stdout)["found"]


def finished(bridge: Bridge, session_id: str) -> session_pb2.Session:
    def look() -> session_pb2.Session | None:
        found = bridge.call("GetSession", session_pb2.GetSessionRequest(session_id=session_id)).session
        return found if found.complete else None

    return wait_until(look)


def check_once(bridge: Bridge, lab: Lab, session: session_pb2.Session, transfer_id: str) -> None:
    """The session is in Alyx once; each file is one dataset, PASS, and one object with its bytes."""
    records = asked(bridge, f"sessions?json=cagelab__bridge_session,{session.session_id}")
    assert len(records) == 1
    record = asked(bridge, f"sessions/{session.alyx_id}")
    assert (record["narrative"], record["qc"]) == ("done", "PASS")
    assert record["json"]["cagelab"]["state"] == "COMPLETE"
    datasets = asked(bridge, f"datasets?session={session.alyx_id}")
    assert Counter(dataset["name"] for dataset in datasets) == Counter(Path(name).name for name in FILES)
    transfer = bridge.settled(transfer_id)
    assert {file.relative_path for file in transfer.files} == set(FILES)
    store = Minio(lab.s3_url.partition("://")[2], access_key=lab.s3_key, secret_key=lab.s3_secret, secure=False)
    for file in transfer.files:
        data = FILES[file.relative_path]
        assert file.state == transfer_pb2.FILE_STATE_DONE, file
        dataset = asked(bridge, f"datasets/{file.dataset_id}")
        assert (dataset["qc"], dataset["hash"]) == ("PASS", hashlib.md5(data).hexdigest())
        assert [entry["exists"] for entry in dataset["file_records"]] == [True]
        answer = store.get_object(file.bucket, file.key)
        assert answer.read() == data
        answer.close()
        answer.release_conn()
    place = f"/{session.date}/{session.alyx_number:03d}/"
    file = transfer.files[0]
    stored = store.list_objects(file.bucket, prefix=file.key.partition(place)[0] + place, recursive=True)
    assert {thing.object_name for thing in stored} == {file.key for file in transfer.files}


STAGES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "just accepted": lambda document: document["session"]["run"] == "ENDED",
    "listed": lambda document: any(one["listed"] for one in document["transfers"]),
    "some done": lambda document: any(
        file["state"] == "DONE" for one in document["transfers"] for file in one["files"]
    ),
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_bridge_whose_journal_is_gone_finishes_once(short: Bridge, lab: Lab, stage: str) -> None:
    """Killed in the middle of the uploads, state folder deleted, recovered, started: all there once. Then nothing is
    left to recover, and a dry run before it changed nothing."""
    session, transfer_id = begun(short)
    wait_until(lambda: STAGES[stage](recorded(session.folder)))
    short.end(signal.SIGKILL)
    state, root = short.folder / "state", short.folder / "data"
    shutil.rmtree(state)
    code, dry = recovered(short, root, "--dry-run")
    assert (code, state.exists()) == (0, False)
    code, found = recovered(short, root)
    assert (code, found) == (0, dry)
    assert [(one["outcome"], one["session_id"]) for one in found] == [("recovered", session.session_id)]
    code, again = recovered(short, root)
    assert (code, [(one["outcome"], one["transfers"], one["files"]) for one in again]) == (0, [("known", 0, 0)])
    short.start()
    short.enter(lab)
    final = finished(short, session.session_id)
    check_once(short, lab, final, transfer_id)
    assert (final.folder, final.number, final.start_time) == (session.folder, session.number, session.start_time)


def test_sessions_that_were_moved_are_finished_from_their_new_place(short: Bridge, lab: Lab) -> None:
    """The whole data folder lies on another disk after the loss; the files go from there."""
    session, transfer_id = begun(short)
    wait_until(lambda: STAGES["listed"](recorded(session.folder)))
    short.end(signal.SIGKILL)
    shutil.rmtree(short.folder / "state")
    shutil.copytree(short.folder / "data", short.folder / "rescued")
    shutil.rmtree(short.folder / "data")
    code, found = recovered(short, short.folder / "rescued")
    assert (code, [one["outcome"] for one in found]) == (0, ["recovered"])
    short.start()
    short.enter(lab)
    final = finished(short, session.session_id)
    assert final.folder == session.folder.replace("/data/", "/rescued/")
    check_once(short, lab, final, transfer_id)


def test_a_bridge_that_runs_is_not_recovered_under_its_feet(short: Bridge) -> None:
    """The verb says that the bridge runs and what to do, and leaves everything alone."""
    (short.folder / "data").mkdir(exist_ok=True)
    told = short.command("recover", str(short.folder / "data"))
    assert told.returncode == 6
    assert "Stop that bridge" in told.stderr
    assert short.call("GetStatus", status_pb2.GetStatusRequest()).version


def test_a_record_that_cannot_be_kept_is_shown_in_the_status(short: Bridge) -> None:
    """Another program took the place of session.json: its file stays, delivery goes on, the status says so."""
    session = short.call("StartSession", session_pb2.StartSessionRequest(spec=SPEC)).session
    path = Path(session.folder) / "session.json"
    wait_until(path.exists)
    short.end()
    path.write_text('{"mine": 1}')
    short.start()

    def look() -> bool:
        notices = short.call("GetStatus", status_pb2.GetStatusRequest()).notices
        return any(notice.field == "second_record" and str(path) in notice.message for notice in notices)

    assert wait_until(look)
    assert path.read_text() == '{"mine": 1}'


def test_people_are_told_what_was_set_aside(short: Bridge) -> None:
    """The table names the damaged record and why; the exit code says that something could not be recovered."""
    session = short.call("StartSession", session_pb2.StartSessionRequest(spec=SPEC)).session
    path = Path(session.folder) / "session.json"
    wait_until(path.exists)
    short.end(signal.SIGKILL)
    shutil.rmtree(short.folder / "state")
    path.write_bytes(path.read_bytes()[:-100])
    told = short.command("recover", str(short.folder / "data"))
    assert told.returncode == 21
    assert str(path) in told.stdout
    assert "cannot be used" in told.stdout
    nothing = short.command("recover", str(short.folder / "run"))
    assert (nothing.returncode, "no session.json" in nothing.stdout) == (0, True)
