"""Attacks on a rig that takes work without an account: replayed requests, names that are none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from tests.acceptance.bridge import Bridge

# Parts of paths, of policies and of lines of a log; names that read otherwise than they are.
NAMES = {
    "wildcard": "*",
    "one letter": "Ann?",
    "variable of a policy": "${aws:username}",
    "quote": 'Ann"',
    "apostrophe": "Ann'",
    "more policy": '"],"Action":["s3:*"],"Resource":["*',
    "line": "Ann\nINFO root: all is well",
    "escape": "Ann\x1b[2J",
    "turned round": "Ann\u202etxt.exe",
    "10 kB": "A" * 10_240,
    "up": "..",
    "path": "a/b",
    "NUL": "Ann\0",
}


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """A rig that nobody has paired."""
    bridge = Bridge(
        tmp_path_factory.mktemp("rig"), BRIDGE_ROLE="rig", SERVER_LAN_ADDRESS="127.0.0.1", SERVER_LAN_PORT="0"
    )
    bridge.start()
    yield bridge
    bridge.end()


def refused(rig: Bridge, method: str, request: object) -> grpc.StatusCode:
    """How the call is refused."""
    with pytest.raises(grpc.RpcError) as caught:
        rig.call(method, request)
    return caught.value.code()


def test_attack_27_the_same_request_has_one_effect(rig: Bridge) -> None:
    """Sent again it answers what it answered first; with other content it is refused."""
    spec = session_pb2.SessionSpec(subject="Ann", lab="CogLab")
    request = session_pb2.StartSessionRequest(request_id="27", spec=spec)
    before = len(rig.call("ListSessions", session_pb2.ListSessionsRequest()).sessions)
    first = rig.call("StartSession", request).session
    assert rig.call("StartSession", request).session.session_id == first.session_id
    assert len(rig.call("ListSessions", session_pb2.ListSessionsRequest()).sessions) == before + 1
    request.spec.subject = "Bob"
    assert refused(rig, "StartSession", request) is grpc.StatusCode.ALREADY_EXISTS


@pytest.mark.parametrize("name", NAMES)
def test_attack_37_names_that_are_none_make_no_folder_and_no_line(rig: Bridge, name: str) -> None:
    """As a subject or a lab: INVALID_ARGUMENT, before any folder is made; in the log they stand escaped, or not."""
    before = folders(rig.folder)
    for spec in (
        session_pb2.SessionSpec(subject=NAMES[name], lab="CogLab"),
        session_pb2.SessionSpec(subject="Ann", lab=NAMES[name]),
    ):
        start = session_pb2.StartSessionRequest(spec=spec)
        reserve = session_pb2.ReserveFolderRequest(subject=spec.subject, lab=spec.lab)
        assert refused(rig, "StartSession", start) is grpc.StatusCode.INVALID_ARGUMENT
        assert refused(rig, "ReserveFolder", reserve) is grpc.StatusCode.INVALID_ARGUMENT
    assert folders(rig.folder) == before
    log = (rig.folder / "serve.log").read_bytes()
    assert b"\nINFO root: all is well" not in log
    assert b"\x1b" not in log
    assert len(log) < 100_000


def folders(folder: Path) -> set[str]:
    """Those of the data."""
    return {str(path) for path in (folder / "data").rglob("*") if path.is_dir()}
