"""Programs on other computers: each sees and moves its own sessions, and nothing else exists for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from google.protobuf.message import Message

from cagelab_bridge import assembly
from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, status_pb2
from cagelab_bridge.api.dispatch import Caller, Dispatcher
from cagelab_bridge.api.policy import CLIENT, LOCAL
from cagelab_bridge.errors import BridgeError, Forbidden, InvalidInput, NotFound
from cagelab_bridge.models import AlyxState, Run
from tests.unit.services.stage import Stage, entered

SERVICE = "/cagelab.bridge.v1.Bridge/"
ANN = Caller(CLIENT, 30.0, "lan", "ann-laptop", "a" * 64)
BOB = Caller(CLIENT, 30.0, "lan", "bob-laptop", "b" * 64)
HERE = Caller(LOCAL, 30.0, "grpc")
SPEC = session_pb2.SessionSpec(subject="TestSubject")
NAME = "events.table.1.tsv"


class Door:
    """Calls by name."""

    def __init__(self, stage: Stage) -> None:
        self.dispatcher: Dispatcher = assembly.dispatcher(stage.house, stage.runtime)

    async def call(self, caller: Caller, method: str, **fields: Any) -> Any:
        full = SERVICE + method
        return await self.dispatcher.unary(full, self.dispatcher.methods()[full].request(**fields), caller)

    async def start(self, caller: Caller, **fields: Any) -> session_pb2.Session:
        answer = await self.call(caller, "StartSession", **({"spec": SPEC} | fields))
        found: session_pb2.Session = answer.session
        return found

    async def refusal(self, caller: Caller, method: str, **fields: Any) -> BridgeError:
        with pytest.raises(BridgeError) as refused:
            await self.call(caller, method, **fields)
        return refused.value


@entered
async def test_a_program_elsewhere_runs_a_whole_session_of_its_own(stage: Stage) -> None:
    """Reserve, start, write, end with its files, and see it done."""
    door = Door(stage)
    place = await door.call(ANN, "ReserveFolder", subject="TestSubject")
    session = await door.start(ANN, session_id=place.session_id, client_pid=1)
    found = stage.journal.sessions.get(session.session_id)
    assert (found.owner, found.client_pid) == (ANN.fingerprint, 0)
    stage.write(found, NAME)
    ended = await door.call(ANN, "EndSession", session_id=found.id, upload_paths=[NAME])
    await stage.until(lambda: stage.journal.sessions.get(found.id).completed)
    told = await door.call(ANN, "GetTransfer", transfer_id=ended.transfer_id)
    assert [file.relative_path for file in told.transfer.files] == [NAME]


@entered
async def test_somebody_elses_session_does_not_exist(stage: Stage) -> None:
    """Every call that names one answers in the words for an id that nobody has; the owner's state is untouched."""
    door = Door(stage)
    local = await door.start(HERE)
    theirs = await door.start(BOB)
    transfers = [
        (await door.call(caller, "UploadFiles", session_id=session.session_id)).transfer.transfer_id
        for caller, session in ((HERE, local), (BOB, theirs))
    ]
    unknown = "00000000-0000-4000-8000-000000000000"
    for method, field, ids in (
        ("GetSession", "session_id", [local.session_id, theirs.session_id]),
        ("EndSession", "session_id", [local.session_id, theirs.session_id]),
        ("UploadFiles", "session_id", [local.session_id, theirs.session_id]),
        ("StartSession", "session_id", [local.session_id, theirs.session_id]),
        ("GetTransfer", "transfer_id", transfers),
    ):
        for identity in ids:
            refused = await door.refusal(ANN, method, **{field: identity})
            plain = await door.refusal(ANN, method, **{field: unknown})
            assert isinstance(refused, NotFound)
            said = refused.message.replace(identity, unknown), refused.reason, refused.hint
            assert said == (plain.message, plain.reason, plain.hint)
    beat = await door.refusal(ANN, "GetSession", session_id=theirs.session_id, heartbeat=True)
    assert isinstance(beat, NotFound)
    assert {found.run for found in stage.journal.sessions.recent()} == {Run.OPEN}
    assert len(stage.journal.transfers.recent()) == 2


@entered
async def test_lists_hold_only_what_is_ones_own(stage: Stage) -> None:
    """Sessions and transfers, also when somebody else's session is named; a program of this computer sees all."""
    door = Door(stage)
    sessions = {caller: await door.start(caller) for caller in (HERE, ANN, BOB)}
    for caller, session in sessions.items():
        await door.call(caller, "UploadFiles", session_id=session.session_id)
    for caller, count in ((HERE, 3), (ANN, 1), (BOB, 1)):
        assert len((await door.call(caller, "ListSessions")).sessions) == count
        assert len((await door.call(caller, "ListTransfers")).transfers) == count
    stolen = await door.call(ANN, "ListTransfers", session_id=sessions[BOB].session_id)
    assert list(stolen.transfers) == []


@entered
async def test_a_watcher_hears_of_its_own_sessions_only(stage: Stage) -> None:
    """Now, and of each change; watching another's by its id is refused."""
    door = Door(stage)
    mine, theirs = await door.start(ANN), await door.start(BOB)
    heard: list[Message] = []

    async def watch() -> None:
        stream = door.dispatcher.stream(SERVICE + "Watch", status_pb2.WatchRequest(), ANN_ENDLESS)
        async for message in stream:
            heard.append(message)  # noqa: PERF401 - the stream never ends

    watching = asyncio.ensure_future(watch())
    await asyncio.sleep(1)
    for session in (theirs, mine):
        found = stage.journal.sessions.get(session.session_id)
        stage.write(found, NAME)
        stage.end(found)
        stage.upload(found)
    await stage.until(lambda: stage.journal.sessions.get(theirs.session_id).completed)
    await stage.until(lambda: stage.journal.sessions.get(mine.session_id).completed)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    ids = {message.session.session_id or message.transfer.session_id for message in heard}  # type: ignore[attr-defined]  # a WatchResponse
    assert ids == {mine.session_id}
    request = status_pb2.WatchRequest(session_id=theirs.session_id)
    with pytest.raises(NotFound):
        await anext(door.dispatcher.stream(SERVICE + "Watch", request, ANN_ENDLESS))


ANN_ENDLESS = Caller(CLIENT, None, "lan", ANN.peer, ANN.fingerprint)


@entered
async def test_a_request_id_of_somebody_else_answers_nothing_of_his(stage: Stage) -> None:
    """The same id from another program is another request."""
    door = Door(stage)
    first = await door.start(HERE, request_id="one")
    second = await door.start(ANN, request_id="one")
    third = await door.start(BOB, request_id="one")
    assert len({first.session_id, second.session_id, third.session_id}) == 3
    assert (await door.start(ANN, request_id="one")).session_id == second.session_id


@entered
async def test_attack_33_the_rig_chooses_where_files_lie(stage: Stage) -> None:
    """A program elsewhere names no root, no existing folder, and no path but plain ones below its own session."""
    door = Door(stage)
    stage.files.make_folder("/data/CogLab/Subjects/TestSubject/2026-11-20/007")
    for method, fields in (
        ("ReserveFolder", {"subject": "TestSubject", "root": "/home"}),
        ("StartSession", {"spec": SPEC, "folder": "/data/CogLab/Subjects/TestSubject/2026-11-20/007"}),
        ("StartSession", {"spec": SPEC, "folder": "/etc"}),
    ):
        assert isinstance(await door.refusal(ANN, method, **fields), Forbidden)
    session = await door.start(ANN)
    folder = stage.journal.sessions.get(session.session_id).folder
    for path in ("../x", f"{folder}/{NAME}", "/etc/passwd", "a/../b", ""):
        for method, field in (("UploadFiles", "paths"), ("EndSession", "upload_paths")):
            refused = await door.refusal(ANN, method, **{"session_id": session.session_id, field: [NAME, path]})
            assert isinstance(refused, InvalidInput)
    assert stage.journal.transfers.recent() == []
    assert stage.journal.sessions.get(session.session_id).run is Run.OPEN


@entered
async def test_what_a_program_elsewhere_may_not_do_at_all(stage: Stage) -> None:
    """Correct, dismiss, retry, cancel, log in, write to Alyx, look at the bridge: none of its business."""
    door = Door(stage)
    for method in (
        *("AmendSession", "DismissFile", "RetryTransfer", "CancelTransfer", "Login", "Logout", "Submit", "GetStatus"),
        "DownloadFiles",
    ):
        assert isinstance(await door.refusal(ANN, method), Forbidden)


@entered
async def test_a_silent_program_elsewhere_has_its_session_ended_without_the_tasks_spare_copy(stage: Stage) -> None:
    """What a task saved on this computer is not uploaded with the session of another program."""
    door = Door(stage)
    stage.house.abandonment.start()
    session = await door.start(ANN)
    await door.call(ANN, "GetSession", session_id=session.session_id, heartbeat=True)
    stage.files.write(stage.settings.files_spare_copy, b"the task's own")
    await stage.until(lambda: stage.journal.sessions.get(session.session_id).run is Run.ABANDONED, patience=7200)
    await stage.until(lambda: stage.journal.sessions.get(session.session_id).alyx is AlyxState.CLOSED)
    assert [path for path in stage.files.files if path.startswith(f"{session.folder}/")] == []
    await stage.house.abandonment.stop()
