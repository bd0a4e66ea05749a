"""Recorded data found again by subject, day, type or name, and brought to a computer that has only the bridge."""

from __future__ import annotations

import hashlib
import os
import signal
import uuid
from pathlib import Path
from typing import Any

import grpc
import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, transfer_pb2
from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import SPEC, completed, ended, started, written

FILES = {
    "events.table.1.tsv": b"trial\tresponse\n1\tleft\n",
    "opticka.raw.Sub.mat": os.urandom(20_000_000),
    "raw_video/mock.img.npy": os.urandom(300_000),
}


@pytest.fixture
def recorded(entered: Bridge) -> session_pb2.Session:
    """A session whose files are stored."""
    session = started(entered)
    written(session, FILES)
    ended(entered, session.session_id, qc="PASS", upload_folder=True)
    return completed(entered, session.session_id)


def download(bridge: Bridge, folder: Path, **wanted: Any) -> transfer_pb2.Transfer:
    """Ask for it, and wait until nothing moves any more."""
    request = transfer_pb2.DownloadFilesRequest(request_id=str(uuid.uuid4()), folder=str(folder), **wanted)
    transfer_id = bridge.call("DownloadFiles", request).transfer.transfer_id
    return bridge.settled(transfer_id)


def place(session: session_pb2.Session) -> str:
    return f"CogLab/Subjects/{session.subject}/{session.date}/{session.alyx_number:03d}"


def test_a_session_comes_back_as_it_was(entered: Bridge, recorded: session_pb2.Session, tmp_path: Path) -> None:
    """Every file lies in ALF layout with its bytes, proven by MD5; a second download fetches nothing."""
    alyx_id = recorded.url.rpartition("/")[2]
    got = download(entered, tmp_path / "got", session_ids=[alyx_id])
    assert got.state == transfer_pb2.TRANSFER_STATE_DONE, got
    assert (got.files_done, got.files_present) == (len(FILES), 0)
    for name, data in FILES.items():
        assert (tmp_path / "got" / place(recorded) / name).read_bytes() == data
    assert {file.md5 for file in got.files} == {hashlib.md5(data).hexdigest() for data in FILES.values()}
    assert {file.verified_by for file in got.files} == {"md5"}
    again = download(entered, tmp_path / "got", session_ids=[recorded.session_id])
    assert (again.files_done, again.files_present) == (len(FILES), len(FILES))


def test_conditions_narrow_it_down(entered: Bridge, recorded: session_pb2.Session, tmp_path: Path) -> None:
    """By subject and day together with the name, the type or the collection of the dataset."""
    when = {"subject": SPEC.subject, "first_date": recorded.date, "last_date": recorded.date}
    for more, names in (
        ({"names": ["*.tsv"]}, {"events.table.1.tsv"}),
        ({"dataset_types": ["opticka.raw"]}, {"opticka.raw.Sub.mat"}),
        ({"collections": ["raw_*"]}, {"raw_video/mock.img.npy"}),
    ):
        got = download(entered, tmp_path / uuid.uuid4().hex, **when, **more)
        mine = {file.relative_path for file in got.files if f"/{recorded.alyx_number:03d}/" in file.relative_path}
        assert mine == {f"{place(recorded)}/{name}" for name in names}, more


def test_a_broken_download_goes_on(entered: Bridge, recorded: session_pb2.Session, lab: Lab, tmp_path: Path) -> None:
    """A bridge that is killed on the way fetches the rest after its start, and the bytes are right."""
    request = transfer_pb2.DownloadFilesRequest(folder=str(tmp_path / "got"), session_ids=[recorded.session_id])
    transfer_id = entered.call("DownloadFiles", request).transfer.transfer_id
    entered.end(signal.SIGKILL)
    entered.start()
    entered.enter(lab)
    assert entered.settled(transfer_id).state == transfer_pb2.TRANSFER_STATE_DONE
    for name, data in FILES.items():
        assert (tmp_path / "got" / place(recorded) / name).read_bytes() == data


def test_nothing_is_replaced(entered: Bridge, recorded: session_pb2.Session, tmp_path: Path) -> None:
    """A file with the same name and other content is kept; the download says so and brings the others."""
    notes = tmp_path / "got" / place(recorded) / "events.table.1.tsv"
    notes.parent.mkdir(parents=True)
    notes.write_bytes(b"my own notes")
    got = download(entered, tmp_path / "got", session_ids=[recorded.session_id])
    assert got.state == transfer_pb2.TRANSFER_STATE_BLOCKED
    assert (got.files_done, got.files_blocked) == (len(FILES) - 1, 1)
    assert notes.read_bytes() == b"my own notes"
    (blocked,) = (file for file in got.files if file.blocked)
    assert "other content" in blocked.reason
    assert blocked.hint


def test_a_download_of_nothing_is_refused(entered: Bridge, tmp_path: Path) -> None:
    """Without any condition nothing starts; with one that fits nothing, the transfer says so."""
    with pytest.raises(grpc.RpcError) as caught:
        entered.call("DownloadFiles", transfer_pb2.DownloadFilesRequest(folder=str(tmp_path)))
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    got = download(entered, tmp_path, subject="TestSubject", first_date="1999-01-01", last_date="1999-01-02")
    assert got.state == transfer_pb2.TRANSFER_STATE_BLOCKED
    assert "no dataset" in got.reason


def test_two_computers_need_not_share_anything(recorded: session_pb2.Session, lab: Lab, tmp_path: Path) -> None:
    """A bridge that never saw the session brings its files, with nothing but the account and the store's keys."""
    (tmp_path / "other").mkdir()
    other = Bridge(tmp_path / "other")
    other.start()
    try:
        other.enter(lab)
        got = download(other, tmp_path / "got", session_ids=[recorded.url.rpartition("/")[2]], names=["*.mat"])
    finally:
        other.end()
    assert got.state == transfer_pb2.TRANSFER_STATE_DONE
    assert [file.relative_path.rpartition("/")[2] for file in got.files] == ["opticka.raw.Sub.mat"]
