"""`amend` and `dismiss`: what they ask of the bridge, and what people see of troubles."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, transfer_pb2
from tests.unit.cli.conftest import FakeBridge, Run

SESSION = "7c1e2f00-0000-4000-8000-000000000001"
UPLOAD = "9b2f4100-0000-4000-8000-000000000001"
FILES = [
    transfer_pb2.TransferFile(file_id="3f0a9c00-0000-4000-8000-000000000001", relative_path="a.mat", path="/d/a.mat"),
    transfer_pb2.TransferFile(file_id="3f0a9c11-0000-4000-8000-000000000002", relative_path="b.mat", path="/d/b.mat"),
]


def ago(**time: float) -> str:
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


@pytest.fixture
def known(bridge: FakeBridge) -> FakeBridge:
    """The bridge knows one session, and one upload of two files on two pages."""
    amendment = session_pb2.Amendment(
        amended_at="2026-01-31T10:00:00Z",
        field="subject",
        old_values=["Ann"],
        new_values=["Ben"],
        reason="wrong animal",
    )
    session = session_pb2.Session(
        session_id=SESSION,
        subject="Ben",
        blocked=True,
        reason="Alyx has no Ben.",
        hint="Create it.",
        trouble_since=ago(hours=3.5),
        amendments=[amendment],
    )
    transfer = transfer_pb2.Transfer(transfer_id=UPLOAD, session_id=SESSION)
    pages = [
        transfer_pb2.GetTransferResponse(
            transfer=transfer_pb2.Transfer(transfer_id=UPLOAD, files=[file]), next_page_token=token
        )
        for file, token in zip(FILES, ("a.mat", ""), strict=True)
    ]
    bridge.answers["ListSessions"] = [session_pb2.ListSessionsResponse(sessions=[session])]
    bridge.answers["GetSession"] = [session_pb2.GetSessionResponse(session=session)]
    bridge.answers["AmendSession"] = [session_pb2.AmendSessionResponse(session=session)]
    bridge.answers["ListTransfers"] = [transfer_pb2.ListTransfersResponse(transfers=[transfer])]
    bridge.answers["GetTransfer"] = list(pages)
    dismissed = transfer_pb2.TransferFile(relative_path="b.mat", reason="Dismissed: dark")
    bridge.answers["DismissFile"] = [transfer_pb2.DismissFileResponse(file=dismissed)]
    return bridge


def test_amend_names_only_what_is_corrected(known: FakeBridge, run: Run) -> None:
    """What is not named is sent empty, which means unchanged; each call has a request id of its own."""
    for _ in range(2):
        shown = run("amend", "7c1e2f", "--subject", "Ben", "--project", "p", "--project", "q", "--reason", "why")
        assert shown.exit_code == 0, shown.stderr
    first, second = (one for one in known.requests if isinstance(one, session_pb2.AmendSessionRequest))
    assert (first.session_id, first.subject, list(first.projects), list(first.experimenters), first.reason) == (
        SESSION,
        "Ben",
        ["p", "q"],
        [],
        "why",
    )
    assert first.request_id
    assert first.request_id != second.request_id
    assert "subject: Ann -> Ben (wrong animal)" in shown.stdout


def test_amend_of_nothing_is_wrong_usage(known: FakeBridge, run: Run) -> None:
    """It says which options there are, and asks nothing of the bridge."""
    shown = run("amend", "7c1e2f")
    assert shown.exit_code == 2
    assert "--experimenter" in shown.stderr
    assert known.requests == []


@pytest.mark.parametrize(
    "named", [("3f0a9c11",), (FILES[1].file_id,), ("9b2f41", "b.mat"), ("9b2f41", "/d/b.mat"), ("9b2f41", "3f0a9c11")]
)
def test_dismiss_finds_the_file_by_id_or_by_path(known: FakeBridge, run: Run, named: tuple[str, ...]) -> None:
    """Also on the second page of a large upload."""
    shown = run("dismiss", *named, "--reason", "dark")
    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout == "b.mat: Dismissed: dark\n"
    request = known.requests[-1]
    assert (request.file_id, request.reason) == (FILES[1].file_id, "dark")


@pytest.mark.parametrize(
    ("named", "code"), [(("3f0a9c",), 3), (("abc",), 3), (("abcdef",), 4), (("9b2f41", "c.mat"), 4), ((UPLOAD,), 4)]
)
def test_dismiss_refuses_what_is_no_file_or_several(
    known: FakeBridge, run: Run, named: tuple[str, ...], code: int
) -> None:
    """Nothing is dismissed by a guess."""
    known.answers["DismissFile"] = [transfer_pb2.DismissFileResponse()]
    if named == (UPLOAD,):
        from cagelab_bridge.errors import NotFound

        known.answers["DismissFile"] = [NotFound("This bridge knows no such file.", about="file")]
    shown = run("dismiss", *named, "--reason", "dark")
    assert shown.exit_code == code, shown.stdout


def test_dismiss_needs_a_reason(known: FakeBridge, run: Run) -> None:
    """It is kept for good, so it is asked for."""
    assert run("dismiss", "3f0a9c11").exit_code == 2
    assert known.requests == []


def test_troubles_are_shown_with_age_reason_and_hint(known: FakeBridge, run: Run) -> None:
    """In the list, and for one session; programs get the moment itself."""
    for words in (("sessions",), ("sessions", SESSION)):
        shown = run(*words).stdout
        assert "3 h" in shown
        assert "Alyx has no Ben." in shown
        assert "Create it." in shown
    assert json.loads(run("sessions", "--json").stdout)["sessions"][0]["trouble_since"]
