"""A file that shall not be delivered is given up."""

from __future__ import annotations

import json
from pathlib import Path

import grpc
import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
from cagelab_bridge.api.status import from_rpc_error
from tests.acceptance.bridge import Bridge
from tests.acceptance.test_whole_session import asked, completed, ended, started, written


def test_a_dismissed_file_lets_its_session_be_complete(entered: Bridge) -> None:
    """With its reason in the answer, the lists and the tables; the file on disk and the other files are untouched."""
    session = started(entered)
    written(session, {"events.table.1.tsv": b"one", "holiday photo.jpg": b"two", "lens cap.jpg": b"three"})
    transfer_id = ended(entered, session.session_id, upload_folder=True).transfer_id
    transfer = entered.settled(transfer_id)
    blocked = {file.relative_path: file for file in transfer.files if file.blocked}
    assert set(blocked) == {"holiday photo.jpg", "lens cap.jpg"}
    assert all(file.trouble_since for file in blocked.values())
    first = blocked["holiday photo.jpg"]
    listed = entered.command("transfers", transfer_id[:8], "--blocked").stdout
    assert first.file_id[:8] in listed
    answer = entered.command("dismiss", first.file_id[:8], "--reason", "private", "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["reason"] == "Dismissed: private"
    answer = entered.command("dismiss", transfer_id[:8], "lens cap.jpg", "--reason", "dark")
    assert (answer.returncode, answer.stdout) == (0, "lens cap.jpg: Dismissed: dark\n"), answer.stderr
    final = completed(entered, session.session_id)
    assert asked(entered, f"sessions/{final.alyx_id}")["json"]["cagelab"]["state"] == "COMPLETE"
    transfer = entered.settled(transfer_id)
    assert (transfer.state, transfer.files_dismissed) == (transfer_pb2.TRANSFER_STATE_DONE, 2)
    assert Path(first.path).read_bytes() == b"two"
    assert [row["name"] for row in asked(entered, f"datasets?session={final.alyx_id}")] == ["events.table.1.tsv"]


def test_a_delivered_file_is_not_dismissed(entered: Bridge) -> None:
    """What stands in Alyx and the store cannot be said not to be there; and a reason is needed."""
    session = started(entered)
    written(session, {"events.table.1.tsv": b"one"})
    transfer = entered.settled(ended(entered, session.session_id, upload_folder=True).transfer_id)
    request = transfer_pb2.DismissFileRequest(file_id=transfer.files[0].file_id, reason="too late")
    with pytest.raises(grpc.RpcError) as caught:
        entered.call("DismissFile", request)
    assert from_rpc_error(caught.value).reason == "failedPrecondition:file"
    with pytest.raises(grpc.RpcError) as caught:
        entered.call("DismissFile", transfer_pb2.DismissFileRequest(file_id=request.file_id))
    assert from_rpc_error(caught.value).reason == "invalidArgument:reason"
    assert completed(entered, session.session_id).complete
