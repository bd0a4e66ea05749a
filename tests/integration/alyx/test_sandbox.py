"""Against the sandbox's Alyx: the adapter and an Alyx-compatible server agree."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from cagelab_bridge.alyx import pages
from cagelab_bridge.errors import (
    AnswerLost,
    Denied,
    Executed,
    LoginRefused,
    RecordMissing,
    Refused,
    RemoteError,
    Unreachable,
)
from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import Alyx, AlyxDoor
from cagelab_bridge.sandbox import Fault, Sandbox
from cagelab_bridge.secret import Secret


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(s3=False) as sandbox:
        yield sandbox


@pytest.fixture
async def alyx(door: AlyxDoor, sandbox: Sandbox) -> Alyx:
    key = AccountKey(alyx_url=sandbox.alyx_url, username="admin")
    return door.connect(key, await door.log_in(key, Secret(sandbox.accounts["admin"])))


async def test_wrong_passwords_and_tokens_are_told_apart(door: AlyxDoor, sandbox: Sandbox) -> None:
    """A wrong password is LoginRefused, a wrong token Denied."""
    key = AccountKey(alyx_url=sandbox.alyx_url, username="admin")
    with pytest.raises(LoginRefused):
        await door.log_in(key, Secret("nope"))
    with pytest.raises(Denied):
        await door.connect(key, Secret("bogus")).read_list("sessions")


async def test_a_session_and_its_dataset_are_made_changed_and_removed(alyx: Alyx) -> None:
    """The calls that delivery makes, in its order."""
    marker = "0b0e6f3a-52f4-4f0e-9a49-0d6f2e8f6f01"
    body = {
        "subject": "TestSubject",
        "number": 7,
        "start_time": "2026-11-20T10:00:00.123456",
        "json": {"cagelab": {"bridge_session": marker}},
    }
    session = await alyx.create("sessions", body)
    assert isinstance(session, dict)
    found = await alyx.read_list(f"sessions?json=cagelab__bridge_session,{marker}")
    assert [record["id"] for record in found] == [session["id"]]
    registered = await alyx.create(
        "register-file",
        {
            "name": "aws_CogLab",
            "path": "TestSubject/2026-11-20/007",
            "filenames": ["mock.table.pqt"],
            "hashes": ["1" * 32],
            "filesizes": [10],
            "exists": False,
            "qc": "NOT_SET",
        },
    )
    assert isinstance(registered, list)
    [dataset] = registered
    record = next(record for record in dataset["file_records"] if record["data_repository"] == "aws_CogLab")
    assert (await alyx.change(f"files/{record['id']}", {"exists": True}))["exists"] is True
    assert (await alyx.change(f"datasets/{dataset['id']}", {"qc": "PASS"}))["qc"] == "PASS"
    assert (await alyx.read(f"sessions/{session['id']}"))["json"]["cagelab"]["bridge_session"] == marker
    for _ in range(2):
        await alyx.remove(f"sessions/{session['id']}")
    with pytest.raises(RecordMissing):
        await alyx.read(f"sessions/{session['id']}")
    assert alyx.clock_ahead is not None
    assert abs(alyx.clock_ahead) < 5


@pytest.mark.parametrize(
    ("path", "body", "about"),
    [
        ("sessions", {"subject": "Nobody"}, "subject"),
        ("sessions", {"subject": "TestSubject", "location": "Nowhere"}, "location"),
        ("weighings", {"subject": "TestSubject"}, "weight"),
        (
            "register-file",
            {"name": "none", "path": "TestSubject/2026-11-20/008", "filenames": ["a.b.mat"]},
            "repository",
        ),
        ("register-file", {"path": "TestSubject/2026-11-20/008", "filenames": ["mock.img.npy"]}, "session"),
        ("register-file", {"path": "TestSubject/2026-11-21/001", "filenames": ["photo.jpg"]}, "datasetType"),
        ("register-file", {"path": "TestSubject/2026-11-21/001", "filenames": ["mock.img.xyz"]}, "dataFormat"),
        ("register-file", {"created_by": "nobody", "path": "x", "filenames": []}, "user"),
    ],
)
async def test_mistakes_are_named(alyx: Alyx, path: str, body: dict[str, object], about: str) -> None:
    """What stays wrong until somebody mends it is Refused, and about the right thing, whatever the status was."""
    await alyx.create("sessions", {"subject": "TestSubject", "number": 1, "start_time": "2026-11-21T10:00:00"})
    with pytest.raises(Refused) as caught:
        await alyx.create(path, body)
    assert caught.value.about == about


async def test_lists_longer_than_a_page_come_whole(alyx: Alyx, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in pages of 25, the brain regions are all there, once, in the order of one long page."""
    whole = await alyx.read_list("brain-regions")
    monkeypatch.setattr(pages, "PAGE", 25)
    monkeypatch.setattr(pages, "FIRST", 25)
    page = await alyx.read_page("brain-regions", 5000)
    records = json.loads(page.text)
    assert (page.count, page.total, page.truncated) == (len(records), len(records), False)
    assert len({record["id"] for record in records}) == len(records) > 50
    assert records == whole


@pytest.mark.parametrize(
    ("fault", "executed"),
    [
        (Fault(kind="error", status=503), Executed.MAYBE),
        (Fault(kind="lost"), Executed.MAYBE),
        (Fault(kind="down"), Executed.MAYBE),
        (Fault(kind="throttle", per_minute=0), Executed.NO),
    ],
)
async def test_faults_tell_whether_the_call_may_have_happened(
    alyx: Alyx, sandbox: Sandbox, fault: Fault, executed: Executed
) -> None:
    """After a fault, `executed` says NO only where nothing can have happened."""
    sandbox.faults.add(fault)
    try:
        with pytest.raises(RemoteError) as caught:
            await alyx.create("sessions", {"subject": "Algernon"})
    finally:
        sandbox.faults.clear()
    assert (caught.value.executed, caught.value.retryable) == (executed, True)


async def test_a_stopped_alyx_is_unreachable(alyx: Alyx, sandbox: Sandbox) -> None:
    """A server that went away is Unreachable, or AnswerLost on a connection that was still open; later all is well."""
    sandbox.stop_alyx()
    try:
        with pytest.raises((Unreachable, AnswerLost)):
            await alyx.read("subjects/TestSubject")
    finally:
        sandbox.start_alyx()
    assert (await alyx.read("subjects/TestSubject"))["nickname"] == "TestSubject"
