"""With --keep the records survive."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.keep import KeepError


def send(sandbox: Sandbox, method: str, path: str, body: object = None) -> Any:
    """The body of an answer to `admin`."""
    connection = http.client.HTTPConnection(sandbox.alyx_url.removeprefix("http://"), timeout=10)
    headers = {"Content-Type": "application/json"}
    if path != "/auth-token":
        login = {"username": "admin", "password": sandbox.accounts["admin"]}
        headers["Authorization"] = f"Token {send(sandbox, 'POST', '/auth-token', login)['token']}"
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    text = connection.getresponse().read()
    connection.close()
    return json.loads(text) if text else None


def fill(sandbox: Sandbox) -> None:
    """Make some records, one of them wrong, and delete one."""
    body = {"subject": "TestSubject", "number": 1, "start_time": "2026-11-20T10:00:00"}
    first = send(sandbox, "POST", "/sessions", body)
    send(sandbox, "POST", "/sessions", {**body, "number": 2})
    send(sandbox, "POST", "/weighings", {"subject": "Algernon", "weight": 20})
    files = {"name": "aws_CogLab", "path": "TestSubject/2026-11-20/001", "filenames": ["mock.img.npy", "no.type"]}
    send(sandbox, "POST", "/register-file", files)
    send(sandbox, "PATCH", f"/sessions/{first['id']}", {"qc": "PASS"})
    send(sandbox, "DELETE", "/labs/OtherLab")


def everything(sandbox: Sandbox) -> list[Any]:
    """What clients see, with the address of this start taken out."""
    paths = ("/sessions", "/datasets", "/weighings", "/labs", "/files")
    text = json.dumps([send(sandbox, "GET", path) for path in paths])
    return list(json.loads(text.replace(sandbox.alyx_url, "")))


def test_a_restart_knows_everything(tmp_path: Path) -> None:
    """RULE: ids, times and contents are the same after a restart, also when it was killed in the middle of a line."""
    with Sandbox(keep=tmp_path, s3=False) as sandbox:
        fill(sandbox)
        before = everything(sandbox)
    with (tmp_path / "requests.jsonl").open("ab") as log:
        log.write(b'{"number": 99, "at"')
    with Sandbox(keep=tmp_path, s3=False) as sandbox:
        assert everything(sandbox) == before
        send(sandbox, "POST", "/sessions", {"subject": "Algernon"})
        assert send(sandbox, "GET", "/sessions")["count"] == 3
    with Sandbox(keep=tmp_path, s3=False) as sandbox:
        assert send(sandbox, "GET", "/sessions")["count"] == 3


def test_no_secret_is_kept(tmp_path: Path) -> None:
    """RULE: neither passwords nor tokens nor the store's secret are in the folder."""
    with Sandbox(keep=tmp_path, s3=False) as sandbox:
        fill(sandbox)
        login = {"username": "admin", "password": sandbox.accounts["admin"]}
        secrets = [send(sandbox, "POST", "/auth-token", login)["token"], sandbox.s3_secret, *sandbox.accounts.values()]
    text = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert text
    assert [secret for secret in secrets if secret in text] == []


def test_another_seed_is_refused(tmp_path: Path) -> None:
    """RULE: records made with one seed are not mixed with another."""
    with Sandbox(keep=tmp_path, s3=False):
        pass
    with pytest.raises(KeepError, match="another seed"), Sandbox(seed={"users": []}, keep=tmp_path, s3=False):
        pass


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    """RULE: the sentence says why the folder does not do."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(KeepError, match="Choose another folder"), Sandbox(keep=tmp_path / "file" / "x", s3=False):
        pass
