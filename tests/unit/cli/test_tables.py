"""What is printed: tables for people, JSON for programs."""

from __future__ import annotations

import json

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, session_pb2, status_pb2, transfer_pb2
from tests.unit.cli.conftest import FakeBridge, Run

SESSION = session_pb2.Session(
    session_id="7c1e2f00-0000-4000-8000-000000000001",
    subject="TestSubject",
    date="2026-01-31",
    number=1,
    folder="/data/TestSubject/2026-01-31/001",
    run=session_pb2.RUN_STATE_ENDED,
    alyx=session_pb2.ALYX_STATE_PENDING,
    reason="Alyx does not answer.",
)
FILE = transfer_pb2.TransferFile(
    relative_path="video/left.mp4",
    size=5_000_000_000,
    state=transfer_pb2.FILE_STATE_HASHED,
    blocked=True,
    reason="No dataset type fits.",
    hint="Create one.",
)
TRANSFER = transfer_pb2.Transfer(
    transfer_id="9b2f4100-0000-4000-8000-000000000001",
    session_id=SESSION.session_id,
    state=transfer_pb2.TRANSFER_STATE_BLOCKED,
    files_total=3,
    files_done=2,
    files_blocked=1,
    bytes_total=5_000_000_000,
    files=[FILE],
)
ALYX_TEXT = '[{"url": "http://a/1", "subject": "Ann", "n":1.0, "json": null, "users": ["x", "y"], "extra": {"a": 1}}]'


def test_query_shows_telling_columns(bridge: FakeBridge, run: Run) -> None:
    """People see what they know a record by first, the address last, and no column that is empty."""
    bridge.answers["Query"] = [query_pb2.QueryResponse(json=ALYX_TEXT, is_list=True, count=1, total=1)]
    shown = run("query", "sessions").stdout
    assert shown.splitlines()[0].split() == ["subject", "users", "n", "url"]
    assert "x, y" in shown
    assert "1 record" in shown


def test_query_with_json_prints_what_alyx_wrote(bridge: FakeBridge, run: Run) -> None:
    """Programs get the text untouched: spaces, order of fields and 1.0 included."""
    bridge.answers["Query"] = [query_pb2.QueryResponse(json=ALYX_TEXT, is_list=True, count=1, total=9, truncated=True)]
    result = run("query", "sessions", "--json")
    assert result.stdout == ALYX_TEXT + "\n"
    assert "1 of 9 records" in result.stderr


def test_query_shows_one_record_field_by_field(bridge: FakeBridge, run: Run) -> None:
    """A record is no list: each field has its line, empty ones are left out."""
    bridge.answers["Query"] = [query_pb2.QueryResponse(json='{"nickname": "Ann", "sex": null, "json": {"a": [1]}}')]
    assert run("query", "subjects/Ann").stdout == 'nickname  Ann\njson      {"a": [1]}\n'


def test_one_kind_of_choices_is_one_name_per_line(bridge: FakeBridge, run: Run) -> None:
    """A script can read the names of one kind line by line; an unknown kind is wrong usage."""
    found = query_pb2.Choices(kind="subjects", names=["Ann", "Ben"], read_at="2026-01-31T10:00:00Z")
    bridge.answers["ListChoices"] = [query_pb2.ListChoicesResponse(choices=[found])]
    assert run("choices", "subjects").stdout == "Ann\nBen\n"
    assert list(bridge.requests[0].kinds) == ["subjects"]
    assert run("choices", "animals").exit_code == 2


def test_sessions_say_why_they_wait(bridge: FakeBridge, run: Run) -> None:
    """The list shows the short id, the states and the reason; the filters reach the bridge."""
    bridge.answers["ListSessions"] = [session_pb2.ListSessionsResponse(sessions=[SESSION])]
    shown = run("sessions", "--first", "2026-01-01", "--unfinished").stdout.split()
    row = "7c1e2f00 TestSubject 2026-01-31 001 ENDED PENDING Alyx does not answer."
    assert " ".join(shown).endswith(row)
    assert bridge.requests[0].first_date == "2026-01-01"
    assert bridge.requests[0].only_unfinished


def test_a_transfer_shows_its_files_with_reasons(bridge: FakeBridge, run: Run) -> None:
    """Each blocked file says why and what to do; all pages are read."""
    bridge.answers["GetTransfer"] = [
        transfer_pb2.GetTransferResponse(transfer=TRANSFER, next_page_token="2"),
        transfer_pb2.GetTransferResponse(transfer=TRANSFER),
    ]
    shown = run("transfers", TRANSFER.transfer_id).stdout
    assert shown.count("video/left.mp4") == 2
    assert "5.0 GB BLOCKED No dataset type fits. Create one." in " ".join(shown.split())


def test_json_has_the_names_of_the_contract_and_whole_numbers(bridge: FakeBridge, run: Run) -> None:
    """Empty fields are there, names are those of the proto files, and 64-bit numbers are numbers."""
    bridge.answers["GetTransfer"] = [transfer_pb2.GetTransferResponse(transfer=TRANSFER)]
    shown = json.loads(run("transfers", TRANSFER.transfer_id, "--json").stdout)
    assert set(shown) == {field.name for field in transfer_pb2.Transfer.DESCRIPTOR.fields}
    assert shown["bytes_total"] == 5_000_000_000
    assert shown["files"][0]["size"] == 5_000_000_000
    assert shown["state"] == "TRANSFER_STATE_BLOCKED"


def test_status_names_the_sandbox_first(bridge: FakeBridge, run: Run) -> None:
    """Nobody mistakes the sandbox for the lab."""
    account = status_pb2.Account(alyx_url="http://alyx", username="ann", logged_in=True, reason="Alyx is away.")
    bridge.answers["GetStatus"] = [status_pb2.GetStatusResponse(sandbox=True, accounts=[account], files_waiting=2)]
    shown = run("status").stdout
    assert shown.startswith("SANDBOX")
    assert "logged in, not reached" in shown
    assert "No key pair of a store." in shown


def test_check_exits_with_an_error_only_when_the_session_would_be_refused(bridge: FakeBridge, run: Run) -> None:
    """Warnings are shown, and do not fail; an error does. Worst comes first."""
    warning = session_pb2.Finding(severity=session_pb2.SEVERITY_WARNING, field="clock", message="It is late.")
    wrong = session_pb2.Finding(severity=session_pb2.SEVERITY_ERROR, field="lab", message="No such lab.")
    bridge.answers["CheckSession"] = [
        session_pb2.CheckSessionResponse(ok=True, live=True, findings=[warning]),
        session_pb2.CheckSessionResponse(ok=False, findings=[warning, wrong]),
    ]
    fine = run("check", "--subject", "Ann", "--file", "a.mat")
    assert fine.exit_code == 0
    assert "It is late." in fine.stdout
    assert "with Alyx itself" in fine.stdout
    refused = run("check", "--subject", "Ann")
    assert refused.exit_code == 3
    assert refused.stdout.index("No such lab.") < refused.stdout.index("It is late.")


def test_watch_prints_a_line_per_change_and_ends_with_its_session(bridge: FakeBridge, run: Run) -> None:
    """Where the output is no terminal, each change is a line; the one session's being complete ends it."""
    done = session_pb2.Session()
    done.CopyFrom(SESSION)
    done.complete = True
    changes = [status_pb2.WatchResponse(session=SESSION), status_pb2.WatchResponse(transfer=TRANSFER)]
    bridge.answers["Watch"] = [[*changes, status_pb2.WatchResponse(session=done), *changes]]
    shown = run("watch", SESSION.session_id).stdout.splitlines()
    assert shown == [
        "session 7c1e2f00 TestSubject 2026-01-31 001: ENDED, Alyx PENDING. Alyx does not answer.",
        "upload 9b2f4100 BLOCKED: 2/3 files, 0 B of 5.0 GB, 1 blocked",
        "session 7c1e2f00 TestSubject 2026-01-31 001: complete. Alyx does not answer.",
    ]
    lines = run("watch", SESSION.session_id, "--json").stdout.splitlines()
    assert [sorted(json.loads(line)) for line in lines] == [["session"], ["transfer"], ["session"]]
