"""What the back-fill makes of sessions that do not come to their end, and of a bridge that refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cagelab_bridge._gen.cagelab.bridge.v1 import backfills_pb2, query_pb2, session_pb2, status_pb2, transfer_pb2
from cagelab_bridge.cli.backfilling import under_way
from cagelab_bridge.errors import BridgeError, InvalidInput, NotLoggedIn, Unreachable
from tests.unit.cli.conftest import FakeBridge, Run
from tests.unit.cli.old_files import write

DAY = "2025-03-01"
SESSION = "7c1e2f00-0000-4000-8000-000000000001"
CLOSED, DONE = session_pb2.ALYX_STATE_CLOSED, transfer_pb2.TRANSFER_STATE_DONE
BLOCKED, ACTIVE = transfer_pb2.TRANSFER_STATE_BLOCKED, transfer_pb2.TRANSFER_STATE_ACTIVE


def session(**more: Any) -> session_pb2.Session:
    return session_pb2.Session(session_id=SESSION, subject="TestSubject", lab="CogLab", number=1, **more)


def seen(bridge: FakeBridge, *looks: session_pb2.Session, **transfer: Any) -> None:
    """What the bridge says of the session, look after look, and of its upload."""
    bridge.answers["GetSession"] = [session_pb2.GetSessionResponse(session=look) for look in looks]
    listed = transfer_pb2.Transfer(transfer_id="upload", **transfer)
    bridge.answers["ListTransfers"] = [transfer_pb2.ListTransfersResponse(transfers=[listed])]


@pytest.fixture
def backfill(bridge: FakeBridge, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the verb over one folder that the bridge accepts."""
    monkeypatch.setattr(under_way, "POLL_SECONDS", 0.0)
    root = tmp_path / "archive"
    write(root / "TestSubject" / DAY / "001" / f"a.{DAY}-10-00-00.mat", b"x", changed=f"{DAY}T11:00:00")
    bridge.answers["GetStatus"] = [status_pb2.GetStatusResponse(time_zone="UTC")]
    accepted = backfills_pb2.BackfillSessionResponse(outcome=backfills_pb2.BACKFILL_OUTCOME_ACCEPTED, session=session())
    bridge.answers["BackfillSession"] = [accepted]
    record = {"json": {"cagelab": {"adopted": True}}}
    bridge.answers["Query"] = [query_pb2.QueryResponse(json=json.dumps(record))]

    def ran() -> tuple[Result, dict[str, str]]:
        report = tmp_path / "report.csv"
        result = run("backfill", str(root), "--report", str(report))
        rows = list(csv.DictReader(report.read_text().splitlines())) if report.exists() else []
        return result, rows[0] if rows else {}

    return ran


def test_it_waits_until_all_is_delivered(bridge: FakeBridge, backfill: Any) -> None:
    """Through every state; what everything waits for is said once."""
    waiting = session(waiting_for_credentials=True, reason="No account is logged in.")
    closed = session(alyx=CLOSED, url="http://a/sessions/1")
    seen(bridge, waiting, waiting, closed, session(alyx=CLOSED, complete=True), state=DONE, files_done=1)
    result, row = backfill()
    assert (result.exit_code, row["outcome"], row["delivered"]) == (0, "completed", "1")
    assert result.stderr.count("Waiting: No account is logged in.") == 1


@pytest.mark.parametrize(
    ("look", "transfer", "why"),
    [
        ({"blocked": True, "reason": "Two of them.", "hint": "Look."}, {"state": ACTIVE}, "Two of them. Look."),
        ({"alyx": CLOSED}, {"state": BLOCKED, "files_blocked": 5}, "a.mat: No type. Make one. And 4 more file(s)."),
        (
            {"alyx": CLOSED},
            {"state": BLOCKED, "reason": "No repository.", "hint": "Name it."},
            "No repository. Name it.",
        ),
    ],
)
def test_what_needs_somebody_is_told(
    bridge: FakeBridge, backfill: Any, look: dict[str, Any], transfer: dict[str, Any], why: str
) -> None:
    """The reason stands in the report, and the exit code says that something is left."""
    file = transfer_pb2.TransferFile(relative_path="a.mat", reason="No type.", hint="Make one.")
    blocked = transfer_pb2.GetTransferResponse(transfer=transfer_pb2.Transfer(files=[file]))
    bridge.answers["GetTransfer"] = [blocked]
    seen(bridge, session(), session(**look), **transfer)
    result, row = backfill()
    assert (result.exit_code, row["outcome"], row["why"]) == (20, "blocked", why)


@pytest.mark.parametrize(
    ("error", "code"), [(NotLoggedIn(), 6), (Unreachable(), 11), (InvalidInput(about="account"), 3)]
)
def test_what_is_wrong_with_all_folders_stops_the_round(
    bridge: FakeBridge, backfill: Any, error: BridgeError, code: int
) -> None:
    """It is not told once for each of thousands."""
    bridge.answers["BackfillSession"] = [error]
    result, row = backfill()
    assert (result.exit_code, row) == (code, {})


def test_what_is_wrong_with_one_folder_is_told_of_that(bridge: FakeBridge, backfill: Any) -> None:
    """Others go on."""
    bridge.answers["BackfillSession"] = [InvalidInput("No subject.", hint="Make it.")]
    result, row = backfill()
    assert (result.exit_code, row["outcome"], row["why"]) == (21, "refused", "No subject. Make it.")


def test_a_bridge_that_goes_away_leaves_a_report(bridge: FakeBridge, backfill: Any) -> None:
    """What was handed over is under way: the bridge remembers it."""
    bridge.answers["GetSession"] = [Unreachable()]
    result, row = backfill()
    assert (result.exit_code, row["outcome"], row["session_id"]) == (11, "under way", SESSION)
    assert "1 under way" in result.stdout
