"""The rehearsal's independent check can fail: it finds what does not agree between disk, Alyx and store."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from minio import Minio

from cagelab_bridge.cli.rehearsal import proof
from cagelab_bridge.sandbox import Sandbox

NAME = "events.table.2026-01-31-10-00-00_001_TestSubject.tsv"
CONTENT = b"onset\tduration\n1\t2\n"


class Hand:
    """Does by hand what the bridge would do."""

    def __init__(self, sandbox: Sandbox) -> None:
        username, password = next(iter(sandbox.accounts.items()))
        self.told = proof.Sandbox(
            alyx_url=sandbox.alyx_url,
            username=username,
            password=password,
            s3_url=sandbox.s3_url,
            s3_key=sandbox.s3_key,
            s3_secret=sandbox.s3_secret,
        )
        self._headers = {"Content-Type": "application/json"}
        token = self.send("POST", "/auth-token", username=username, password=password)["token"]
        self._headers["Authorization"] = f"Token {token}"
        self.store = Minio(
            urlsplit(sandbox.s3_url).netloc, access_key=sandbox.s3_key, secret_key=sandbox.s3_secret, secure=False
        )

    def send(self, method: str, path: str, /, **body: Any) -> Any:
        data = json.dumps(body).encode() if body else None
        request = Request(self.told.alyx_url + path, data, self._headers, method=method)
        with build_opener(ProxyHandler({})).open(request, timeout=20) as answer:
            return json.load(answer)

    def put(self, address: str, content: bytes) -> None:
        bucket, _, key = urlsplit(address).path.lstrip("/").partition("/")
        self.store.put_object(bucket, key, io.BytesIO(content), len(content))


@pytest.fixture
def hand() -> Iterator[Hand]:
    with Sandbox() as sandbox:
        yield Hand(sandbox)


@pytest.fixture
def session(hand: Hand, tmp_path: Path) -> str:
    """Alyx's id of a session with the one file of `tmp_path`, registered, stored and marked as existing and PASS."""
    (tmp_path / NAME).write_bytes(CONTENT)
    record = hand.send(
        "POST",
        "/sessions",
        subject="TestSubject",
        lab="CogLab",
        users=[hand.told.username],
        projects=["demo"],
        start_time="2026-01-31T10:00:00",
        number=1,
        type="Experiment",
        procedures=[],
    )
    [dataset] = hand.send(
        "POST",
        "/register-file",
        created_by=hand.told.username,
        path="TestSubject/2026-01-31/001",
        filenames=[NAME],
        hashes=[hashlib.md5(CONTENT).hexdigest()],
        filesizes=[len(CONTENT)],
        labs="CogLab",
        name="aws_CogLab",
        exists=True,
    )
    hand.send("PATCH", f"/datasets/{dataset['id']}", qc="PASS")
    hand.put(hand.send("GET", f"/datasets/{dataset['id']}")["file_records"][0]["data_url"], CONTENT)
    return str(record["url"]).rpartition("/")[2]


def _only(hand: Hand, session: str, folder: Path) -> proof.FileProof:
    [found] = proof.Witness(hand.told).files(session, folder)
    return found


def test_what_agrees_has_no_faults(hand: Hand, session: str, tmp_path: Path) -> None:
    """Disk, Alyx and store agree: no fault, and the proof names dataset, object and hash."""
    found = _only(hand, session, tmp_path)
    assert found.faults == ()
    assert found.md5 == hashlib.md5(CONTENT).hexdigest()
    assert found.dataset in found.address


def test_other_bytes_in_the_store_are_found(hand: Hand, session: str, tmp_path: Path) -> None:
    """An object that differs in one byte is a fault, though Alyx is content."""
    hand.put(_only(hand, session, tmp_path).address, CONTENT[:-1] + b"!")
    assert _only(hand, session, tmp_path).faults == ("the store holds other bytes",)


def test_a_missing_object_is_found(hand: Hand, session: str, tmp_path: Path) -> None:
    """A file record that says it exists, with no object behind it, is a fault."""
    bucket, _, key = urlsplit(_only(hand, session, tmp_path).address).path.lstrip("/").partition("/")
    hand.store.remove_object(bucket, key)
    [fault] = _only(hand, session, tmp_path).faults
    assert fault.startswith("the store does not give it")


def test_a_wrong_record_is_found(hand: Hand, session: str, tmp_path: Path) -> None:
    """Hash, size and QC in Alyx are compared with the disk."""
    dataset = _only(hand, session, tmp_path).dataset
    hand.send("PATCH", f"/datasets/{dataset}", qc="NOT_SET", hash="0" * 32, file_size=1)
    faults = _only(hand, session, tmp_path).faults
    assert [fault.rsplit(" ", 1)[0] for fault in faults] == [
        "Alyx has the hash",
        "Alyx has the size",
        "Alyx has the QC",
    ]


def test_a_file_that_was_never_registered_is_found(hand: Hand, session: str, tmp_path: Path) -> None:
    """Every file of the folder must have a dataset, and every dataset a file."""
    (tmp_path / NAME).rename(tmp_path / "other.tsv")
    found = {one.relative_path: one.faults for one in proof.Witness(hand.told).files(session, tmp_path)}
    assert found == {"other.tsv": ("is not in Alyx",), NAME: ("is not on the disk",)}
