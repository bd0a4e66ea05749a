"""A whole session whose files go to a share of a real smbd."""

from __future__ import annotations

import json
import os
import signal
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, transfer_pb2
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.file_server.nas import PREFIX, REPOSITORY, Nas
from tests.acceptance.test_whole_session import asked, completed, ended, started, written
from tests.integration.smb.smbd_server import PASSWORD

MIB = 1024 * 1024
PART = 8 * MIB
SPEC = session_pb2.SessionSpec(subject="TestSubject", lab="CogLab", projects=["demo"])
SMALL = {
    "events.table.1.tsv": b"a\tb\n",
    "raw_video/mock.img.npy": b"picture",
    "mock.table.nothing.npy": b"",
}
LARGE = "opticka.raw.Sub.mat"


@pytest.fixture
def ready(nas: Nas, tmp_path: Path) -> Iterator[Bridge]:
    """A bridge that is logged in everywhere, in a lab that was set up."""
    with nas.bridge(tmp_path / "bridge") as bridge:
        yield bridge


def recorded(bridge: Bridge, size: int) -> tuple[session_pb2.Session, dict[str, bytes]]:
    """A session with its files, not ended yet."""
    session = started(bridge, SPEC)
    return session, written(session, SMALL | {LARGE: os.urandom(size)})


def check(bridge: Bridge, nas: Nas, session: session_pb2.Session, files: dict[str, bytes]) -> None:
    """Every file lies on the server's disk with its bytes, and Alyx says so; nothing else lies there."""
    rows = asked(bridge, f"datasets?session={session.alyx_id}")
    assert len(rows) == len(files)
    for row in rows:
        name = "/".join(filter(None, (row["collection"], row["name"])))
        stem, _, extension = name.rpartition(".")
        dataset_id = row["url"].rpartition("/")[2]
        folder = f"{PREFIX}/{session.subject}/{session.date}/{session.alyx_number:03d}"
        assert nas.stored(f"{folder}/{stem}.{dataset_id}.{extension}").read_bytes() == files[name]
        assert row["qc"] == "PASS"
        assert row["json"]["cagelab"]["verified_by"] == "read-back"
        assert [(one["data_repository"], one["exists"]) for one in row["file_records"]] == [(REPOSITORY, True)]
    assert len([path for path in nas.server.shared.rglob("*") if path.is_file()]) == len(files)


def test_a_whole_session_is_killed_on_the_way_and_arrives(nas: Nas, ready: Bridge, tmp_path: Path) -> None:
    """SIGKILL in the middle of the large file: it goes on where it stopped, is proved by reading back, and sends one
    part twice at most. Then it is found, listed, audited and downloaded as from a bucket."""
    session, files = recorded(ready, 48 * MIB)
    before, half = nas.proxy.received, threading.Event()
    nas.proxy.at(before + 20 * MIB, lambda: os.kill(ready.pid, signal.SIGKILL))
    nas.proxy.at(before + 20 * MIB, half.set)
    answer = ended(ready, session.session_id, qc="PASS", upload_folder=True)
    assert half.wait(60)
    ready.end(signal.SIGKILL)
    assert [path.stat().st_size >= PART for path in nas.parts()] == [True]
    ready.start()
    nas.enter(ready)
    transfer = ready.settled(answer.transfer_id)
    assert transfer.state == transfer_pb2.TRANSFER_STATE_DONE, transfer
    assert {file.verified_by for file in transfer.files} == {"read-back"}
    size = sum(map(len, files.values()))
    assert nas.proxy.received - before <= size + PART + size // 50
    final = completed(ready, session.session_id)
    check(ready, nas, final, files)

    audit = ready.command("audit", final.alyx_id, "--json")
    assert audit.returncode == 0, audit.stdout
    assert json.loads(audit.stdout)["sessions"][0]["findings"] == []
    request = transfer_pb2.DownloadFilesRequest(
        request_id=str(uuid.uuid4()), folder=str(tmp_path / "got"), session_ids=[session.session_id]
    )
    got = ready.settled(ready.call("DownloadFiles", request).transfer.transfer_id)
    assert got.state == transfer_pb2.TRANSFER_STATE_DONE, got
    place = f"{PREFIX}/{final.subject}/{final.date}/{final.alyx_number:03d}"
    assert {name: (tmp_path / "got" / place / name).read_bytes() for name in files} == files


def test_bytes_that_the_server_mangled_are_never_called_pass(nas: Nas, ready: Bridge) -> None:
    """While the bridge is dead, a disk changes what had arrived: it is noticed by reading back, and sent again."""
    session, files = recorded(ready, 48 * MIB)
    before, half = nas.proxy.received, threading.Event()
    nas.proxy.at(before + 30 * MIB, lambda: os.kill(ready.pid, signal.SIGKILL))
    nas.proxy.at(before + 30 * MIB, half.set)
    answer = ended(ready, session.session_id, qc="PASS", upload_folder=True)
    assert half.wait(60)
    ready.end(signal.SIGKILL)
    [part] = nas.parts()
    with part.open("r+b") as file:
        file.seek(PART + 5)
        file.write(b"mangled by a bad disk")
    ready.start()
    nas.enter(ready)
    transfer = ready.settled(answer.transfer_id)
    assert transfer.state == transfer_pb2.TRANSFER_STATE_DONE, transfer
    assert nas.proxy.received - before > sum(map(len, files.values())) + 2 * PART
    check(ready, nas, completed(ready, session.session_id), files)


def test_a_server_that_goes_away_is_waited_for(nas: Nas, ready: Bridge) -> None:
    """It dies in the middle and comes back: status says so meanwhile, and everything arrives without anybody's help."""
    session, files = recorded(ready, 40 * MIB)
    gone = threading.Event()

    def die() -> None:
        nas.server.stop()
        gone.set()

    nas.proxy.at(nas.proxy.received + 16 * MIB, die)
    answer = ended(ready, session.session_id, qc="PASS", upload_folder=True)
    assert gone.wait(60)

    def told() -> bool:
        status = json.loads(ready.command("status", "--json").stdout)
        return any(one.get("reason") for one in status["stores"])

    wait_until(told)
    nas.server.start()
    assert ready.command("retry").returncode == 0
    transfer = ready.settled(answer.transfer_id)
    assert transfer.state == transfer_pb2.TRANSFER_STATE_DONE, transfer
    check(ready, nas, completed(ready, session.session_id), files)


def test_a_wrong_password_is_told_and_a_right_one_goes_on(nas: Nas, ready: Bridge) -> None:
    """Nothing is lost: the files wait, `check` names the server, and the right password delivers them."""
    session, files = recorded(ready, MIB)
    nas.enter(ready, "not-the-password")
    checked = ready.command("check", "--subject", "TestSubject", "--json")
    assert "refuses the login" in checked.stdout
    answer = ended(ready, session.session_id, qc="PASS", upload_folder=True)

    def told() -> bool:
        found = ready.call("GetTransfer", transfer_pb2.GetTransferRequest(transfer_id=answer.transfer_id))
        return any("refuses the login" in file.reason for file in found.transfer.files)

    wait_until(told)
    nas.enter(ready)
    assert ready.command("retry").returncode == 0
    completed(ready, session.session_id)
    check(ready, nas, completed(ready, session.session_id), files)
    log = (ready.folder / "serve.log").read_text()
    for secret in ("not-the-password", PASSWORD):
        assert secret not in log
        assert secret.encode() not in (ready.folder / "state" / "journal.db").read_bytes()


def test_setup_makes_the_record_and_finds_nothing_the_second_time(nas: Nas, ready: Bridge) -> None:
    """The record holds the address of the share where Alyx takes it, and is hidden from ONE, which reads no shares."""
    again = nas.set_up(ready)
    assert again["changed"] == 0
    [record] = [row for row in asked(ready, "data-repository") if row["name"] == REPOSITORY]
    assert record["json"] == {"smb_share": nas.address}
    assert (record["hostname"], record["globus_path"]) == ("127.0.0.1", PREFIX)
    assert (record["data_url"], record["globus_is_personal"]) == (None, True)
    words = {(one["about"], one["name"]): one["word"] for one in again["steps"]}
    assert words["share", REPOSITORY] == "ok"
    missing = nas.address.replace("cogdata", "nosuchshare")
    said = ready.command("setup", "--share", missing, "--repository", "smb_other", "--yes", "--json")
    steps = json.loads(said.stdout)["steps"]
    assert any("no share" in one["message"] for one in steps if one["name"] == "smb_other"), steps
