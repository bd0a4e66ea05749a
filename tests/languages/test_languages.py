"""Programs in other languages, made from the contract, run whole sessions."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, status_pb2, transfer_pb2
from tests.acceptance.bridge import Bridge, wait_until
from tests.languages import workshop
from tests.languages.conftest import Away

SUBJECT = "TestSubject"


def outside(**more: str) -> dict[str, str]:
    """The environment of a program that knows nothing of the bridge's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CAGELAB_")} | more


def local(rig: Bridge) -> dict[str, str]:
    return outside(CAGELAB_BRIDGE_RUNTIME=str(rig.folder / "run"))


def completed(rig: Bridge, session_id: str) -> session_pb2.Session:
    """The session, once everything is stored, verified and closed."""

    def look() -> session_pb2.Session | None:
        found: session_pb2.Session = rig.call(
            "GetSession", session_pb2.GetSessionRequest(session_id=session_id)
        ).session
        return found if found.complete else None

    return wait_until(look)


def assert_whole(rig: Bridge, said: dict[str, Any]) -> None:
    """What the client said is true, and the lab holds its file."""
    assert (said["started"], said["ended"]) == ("RUN_STATE_OPEN", "RUN_STATE_ENDED")
    session = completed(rig, said["session_id"])
    assert session.qc == "PASS"
    assert list(session.transfer_ids) == [said["transfer_id"]]
    transfer = rig.call("GetTransfer", transfer_pb2.GetTransferRequest(transfer_id=said["transfer_id"])).transfer
    assert [(file.relative_path, file.state) for file in transfer.files] == [
        ("events.table.1.tsv", transfer_pb2.FILE_STATE_DONE)
    ]


def test_node_runs_a_session_over_grpc(rig: Bridge, node: Path) -> None:
    """Reserve, start, upload, watch, end; the contract is read as it is, with the token of endpoint.json."""
    assert_whole(rig, workshop.told(["node", node / "grpc.mjs", workshop.PROTO, SUBJECT], local(rig)))


def test_connect_runs_a_session_on_the_gateway(rig: Bridge, node: Path) -> None:
    """The Connect library finds its own protocol there: answers, 64-bit numbers, enums, and the code of an error."""
    said = workshop.told(["node", node / "connect.mjs", SUBJECT], local(rig))
    assert_whole(rig, said)
    assert said["refused"] == 5  # not_found


def test_go_runs_a_session_over_grpc(rig: Bridge, go: Path) -> None:
    """Reserve, start, upload, watch, end, with the token of endpoint.json."""
    assert_whole(rig, workshop.told([go, SUBJECT], local(rig)))


def test_go_runs_a_session_across_the_lan_door(rig: Bridge, go: Path, away: Away) -> None:
    """A program with a certificate that the rig trusts as client, and no token; its session is its own."""
    place = rig.call("GetStatus", status_pb2.GetStatusRequest()).lan_address
    said = workshop.told([go, SUBJECT, place, away.rig_certificate, away.identity], outside())
    assert_whole(rig, said)


def test_a_stranger_is_not_let_in_at_the_lan_door(rig: Bridge, go: Path, away: Away, tmp_path: Path) -> None:
    """The same program with a certificate that nobody imported gets no answer at all."""
    there = ["--state", str(tmp_path / "state"), "--config", str(tmp_path / "bridge.toml"), "--json"]
    assert json.loads(rig.command("init", "--role", "workstation", *there).stdout)["device_id"]
    place = rig.call("GetStatus", status_pb2.GetStatusRequest()).lan_address
    command = [go, SUBJECT, place, away.rig_certificate, tmp_path / "state" / "identity"]
    refused = workshop.run(*command, folder=tmp_path)
    assert refused.returncode != 0
    assert "Unavailable" in refused.stderr
