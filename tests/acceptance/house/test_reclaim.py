"""`reclaim`: the disk is freed of what is stored and verified twice, when somebody says so; it comes back as it was."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from minio import Minio

from cagelab_bridge._gen.cagelab.bridge.v1 import reclaims_pb2, reclaims_pb2_grpc, session_pb2, transfer_pb2
from cagelab_bridge.api.status import from_rpc_error
from cagelab_bridge.errors import Code
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import asked, completed, ended, started, stored, written

FILES = {
    "opticka.raw.1.mat": os.urandom(6_000_000),
    "events.table.1.tsv": b"trial\tresponse\n",
    "raw_video/mock.img.npy": b"picture" * 1000,
}
APART = 0.36  # seconds
SOON = {"RECLAIM_HOLD_DAYS": "0", "RECLAIM_APART_HOURS": str(APART / 3600)}
KILLER = str(Path(__file__).with_name("killing.py"))


@pytest.fixture
def soon(tmp_path: Path, lab: Lab) -> Iterator[Bridge]:
    """A bridge that holds nothing back."""
    bridge = Bridge(tmp_path, **SOON)
    bridge.start()
    bridge.enter(lab)
    yield bridge
    bridge.end()


def recorded(bridge: Bridge) -> session_pb2.Session:
    """A complete session, verified a moment ago."""
    session = started(bridge)
    written(session, FILES)
    ended(bridge, session.session_id, qc="PASS", upload_folder=True)
    done = completed(bridge, session.session_id)
    verified = time.monotonic()
    wait_until(lambda: time.monotonic() - verified > APART)  # two verifications at the same time are one
    return done


def reclaim(bridge: Bridge, *options: str, code: int = 0) -> dict[str, Any]:
    ran = bridge.command("reclaim", "--json", *options)
    assert ran.returncode == code, ran.stderr + ran.stdout
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def states(told: dict[str, Any]) -> dict[str, str]:
    [session] = told["sessions"]
    return {file["relative_path"]: file["state"].removeprefix("RECLAIM_STATE_") for file in session["files"]}


def here(session: session_pb2.Session) -> set[str]:
    folder = Path(session.folder)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def manifest(session: session_pb2.Session) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Path(session.folder) / "reclaimed.jsonl").read_text().splitlines()[1:]]


def each(state: str) -> dict[str, str]:
    return dict.fromkeys(FILES, state)


def test_the_disk_is_freed_and_filled_again(soon: Bridge, lab: Lab) -> None:
    """List, delete, audit, download into the data root, list: at each step the truth; the store keeps every byte."""
    session = recorded(soon)
    told = reclaim(soon, session.session_id)
    assert (states(told), told["ready_bytes"]) == (each("READY"), sum(map(len, FILES.values())))
    assert here(session) == {*FILES, "session.json"}
    table = soon.command("reclaim", session.session_id).stdout
    assert "3 file(s), 6.0 MB, can go" in table
    assert "--delete" in table

    told = reclaim(soon, session.session_id, "--delete", "--yes")
    assert (states(told), told["refused_files"]) == (each("RECLAIMED"), 0)
    assert here(session) == {"session.json", "reclaimed.jsonl"}
    lines = {line["path"]: line for line in manifest(session)}
    assert {path: line["md5"] for path, line in lines.items()} == {
        path: hashlib.md5(data).hexdigest() for path, data in FILES.items()
    }
    for path, line in lines.items():
        assert line["verified_at"] < line["verified_again_at"] <= line["deleted_at"]
        at = transfer_pb2.TransferFile(bucket=line["bucket"], key=line["key"])
        assert (line["store"], stored(lab, at)) == (lab.s3_url, FILES[path])
        assert asked(soon, f"datasets/{line['dataset_id']}")["hash"] == line["md5"]

    audited = json.loads(soon.command("audit", session.alyx_id, "--json").stdout)
    assert audited["sessions"][0]["findings"] == []
    assert "Nothing can go." in soon.command("reclaim", session.session_id).stdout

    root = str(soon.folder / "data")
    ran = soon.command("download", "--session", session.session_id, "--to", root)
    assert ran.returncode == 0, ran.stderr
    assert {name: (Path(session.folder) / name).read_bytes() for name in FILES} == FILES
    assert states(reclaim(soon, session.session_id)) == each("READY")


def test_nobody_deletes_by_accident(soon: Bridge) -> None:
    """Programs say --yes; --yes alone is no order; without a terminal nobody can be asked."""
    session = recorded(soon)
    for options in (("--delete",), ("--delete", "--json"), ("--yes",)):
        assert soon.command("reclaim", session.session_id, *options).returncode == 2
    assert here(session) == {*FILES, "session.json"}


def test_what_speaks_against_a_file_is_said_and_the_others_go(soon: Bridge, lab: Lab) -> None:
    """Another content, an open file and an object that is gone, after they were listed; exit code 6."""
    session = recorded(soon)
    folder = Path(session.folder)
    told = reclaim(soon, session.session_id)
    files = {file["relative_path"]: file for file in told["sessions"][0]["files"]}
    gone = files["raw_video/mock.img.npy"]
    store = Minio(lab.s3_url[7:], access_key=lab.s3_key, secret_key=lab.s3_secret, secure=False)
    store.remove_object(gone["bucket"], gone["key"])
    before = (folder / "events.table.1.tsv").stat()
    (folder / "events.table.1.tsv").write_bytes(b"TRIAL\tresponse\n")
    os.utime(folder / "events.table.1.tsv", ns=(before.st_atime_ns, before.st_mtime_ns))
    with (folder / "opticka.raw.1.mat").open("rb"):
        answers = ordered(soon, session, list(files.values()))
    reasons = {answer.relative_path: answer.reason for answer in answers}
    assert {answer.state for answer in answers} == {reclaims_pb2.RECLAIM_STATE_STAYS}
    assert "is open in a program" in reasons["opticka.raw.1.mat"]
    assert "not what was delivered" in reasons["events.table.1.tsv"]
    assert "does not have its object" in reasons["raw_video/mock.img.npy"]
    assert here(session) - {"reclaimed.jsonl"} == {*FILES, "session.json"}
    told = reclaim(soon, session.session_id, "--delete", "--yes", code=6)
    assert states(told)["opticka.raw.1.mat"] == "RECLAIMED"
    assert here(session) == {*FILES, "session.json", "reclaimed.jsonl"} - {"opticka.raw.1.mat"}


@pytest.mark.parametrize("there", [True, False])
def test_a_link_in_the_place_of_the_manifest_is_not_replaced(soon: Bridge, there: bool) -> None:
    """Somebody put it there: nothing is written through it or in its place, and nothing is deleted."""
    session = recorded(soon)
    link, target = Path(session.folder) / "reclaimed.jsonl", soon.folder / "elsewhere.jsonl"
    if there:
        target.write_bytes(b"mine\n")
    link.symlink_to(target)
    told = reclaim(soon, session.session_id, "--delete", "--yes", code=6)
    assert states(told) == each("STAYS")
    assert {file["hint"] for file in told["sessions"][0]["files"]} == {"Rename it."}
    assert (link.is_symlink(), target.exists()) == (True, there)
    assert not there or target.read_bytes() == b"mine\n"


def test_links_stay_and_what_they_mean(soon: Bridge) -> None:
    """A second name, a link in a file's place, a folder that is a link now: nothing is deleted there or behind them."""
    session = recorded(soon)
    folder, elsewhere = Path(session.folder), soon.folder / "elsewhere"
    elsewhere.mkdir()
    os.link(folder / "opticka.raw.1.mat", elsewhere / "second.mat")
    (folder / "events.table.1.tsv").rename(elsewhere / "events.tsv")
    (folder / "events.table.1.tsv").symlink_to(elsewhere / "events.tsv")
    (folder / "raw_video").rename(elsewhere / "raw_video")
    (folder / "raw_video").symlink_to(elsewhere / "raw_video")
    told = reclaim(soon, session.session_id, "--delete", "--yes")
    assert states(told) == {
        "opticka.raw.1.mat": "STAYS",
        "events.table.1.tsv": "ABSENT",
        "raw_video/mock.img.npy": "ABSENT",
    }
    assert "hard link" in told["sessions"][0]["files"][1]["reason"]
    assert (elsewhere / "events.tsv").read_bytes() == FILES["events.table.1.tsv"]
    assert (elsewhere / "raw_video" / "mock.img.npy").read_bytes() == FILES["raw_video/mock.img.npy"]
    assert (folder / "opticka.raw.1.mat").read_bytes() == FILES["opticka.raw.1.mat"]


def ordered(bridge: Bridge, session: session_pb2.Session, files: list[dict[str, Any]]) -> Any:
    """ReclaimFiles, as programs call it."""
    request = reclaims_pb2.ReclaimFilesRequest(session_id=session.session_id)
    for file in files:
        request.files.add(file_id=file["file_id"], md5=file["md5"])
    stub = reclaims_pb2_grpc.ReclaimsStub(bridge.channel)
    return stub.ReclaimFiles(request, metadata=bridge.metadata, timeout=60).files


def test_the_hold_time_is_kept(entered: Bridge) -> None:
    """Thirty days, unless somebody set another time: nothing goes today."""
    session = recorded(entered)
    told = reclaim(entered, session.session_id, "--delete", "--yes")
    assert states(told) == each("STAYS")
    assert {"is held until" in file["reason"] for file in told["sessions"][0]["files"]} == {True}
    assert here(session) == {*FILES, "session.json"}
    with pytest.raises(grpc.RpcError) as caught:
        ordered(entered, session, [])
    assert from_rpc_error(caught.value).code is Code.INVALID_ARGUMENT


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_bridge_killed_while_it_deletes_tells_the_truth(tmp_path: Path, lab: Lab, when: str) -> None:
    """SIGKILL between manifest and deletion, and between deletion and journal; the next bridge knows which."""
    bridge = Bridge(tmp_path, **SOON)
    bridge.launcher = [sys.executable, KILLER, when]
    bridge.start()
    bridge.enter(lab)
    try:
        session = recorded(bridge)
        listed = reclaim(bridge, session.session_id)["sessions"][0]["files"]
        [file] = [file for file in listed if file["relative_path"] == "events.table.1.tsv"]
        with pytest.raises(grpc.RpcError):
            ordered(bridge, session, [file])
        bridge.end(signal.SIGKILL)
        bridge.launcher = []
        bridge.start()
        bridge.enter(lab)
        path = Path(session.folder) / "events.table.1.tsv"
        assert wait_until(lambda: path.exists() == (when == "before"))  # put back at the start, in the background
        assert manifest(session)[0]["path"] == "events.table.1.tsv"
        expected = each("READY") | ({} if when == "before" else {"events.table.1.tsv": "RECLAIMED"})
        assert wait_until(lambda: states(reclaim(bridge, session.session_id))) == expected
        assert ("kept" in manifest(session)[-1]) == (when == "before")
        told = reclaim(bridge, session.session_id, "--delete", "--yes")
        assert states(told) == each("RECLAIMED")
        assert here(session) == {"session.json", "reclaimed.jsonl"}
    finally:
        bridge.end()


def test_a_lost_journal_knows_again_what_was_reclaimed(soon: Bridge, lab: Lab) -> None:
    """`recover` reads the manifest beside session.json."""
    session = recorded(soon)
    reclaim(soon, session.session_id, "--delete", "--yes")
    soon.end()
    (soon.folder / "state").rename(soon.folder / "lost")
    ran = soon.command("recover", str(soon.folder / "data"))
    assert (ran.returncode, "3 of its files were reclaimed" in " ".join(ran.stdout.split())) == (0, True), ran.stdout
    soon.start()
    soon.enter(lab)
    completed(soon, session.session_id)
    assert states(reclaim(soon, session.session_id)) == each("RECLAIMED")
