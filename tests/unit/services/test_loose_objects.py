"""Objects that belong to no session of Alyx are found, each folder once, and nothing else is called so."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.models import Session
from cagelab_bridge.sandbox.faults import Fault
from cagelab_bridge.services.auditing.found import Found, Kind, Mend
from cagelab_bridge.services.auditing.loose_objects import Loose, Range
from cagelab_bridge.services.transfers import UploadOrder
from tests.simulation.store_network import Object
from tests.simulation.world import STORE
from tests.unit.services.stage import ADMIN, Stage, entered

ROOT = "coglab/CogLab/Subjects/"
DAY = "2026-11-20"


async def recorded(stage: Stage) -> Session:
    await stage.house.choices.read(ADMIN, "labs")
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    stage.end(session, upload=UploadOrder())
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    return stage.journal.sessions.get(session.id)


def put(stage: Stage, *keys: str, data: bytes = b"1234") -> None:
    for key in keys:
        stage.store.objects[ROOT + key] = Object(data, hashlib.md5(data).hexdigest(), "")


async def searched(stage: Stage, **within: str) -> Loose:
    return await stage.house.audit.store(ADMIN, Range(**within))


async def found(stage: Stage, **within: str) -> list[str]:
    told = (await searched(stage, **within)).findings
    assert {(one.kind, one.mend) for one in told} <= {(Kind.NOT_REGISTERED, Mend.NONE)}
    assert all(one.message and one.hint and one.id for one in told)
    return [one.what.removeprefix(ROOT) for one in told]


@entered
async def test_what_is_recorded_is_not_loose(stage: Stage) -> None:
    """Nor the bridge's own records, should somebody have copied them, nor a mark of a folder; nothing is written."""
    await recorded(stage)
    put(stage, f"Ghost/{DAY}/001/session.json", f"Ghost/{DAY}/001/reclaimed.jsonl", f"Ghost/{DAY}/001/")
    before = dict(stage.store.objects), len(stage.alyx.calls)
    loose = await searched(stage)
    assert (loose.findings, loose.objects) == ((), 4)
    assert stage.store.objects == before[0]
    assert all(call.startswith("GET ") for call in stage.alyx.calls[before[1] :])


@entered
async def test_each_folder_that_alyx_does_not_know_is_found(stage: Stage) -> None:
    """Of a session that was deleted or never made, in sub-folders too, and of no session at all; with how much is in
    it. What lies in a known session's folder is left to that session's audit."""
    session = await recorded(stage)
    put(stage, f"TestSubject/{DAY}/777/a.b.tsv", f"TestSubject/{DAY}/777/raw_video/c.d.mp4", f"Ghost/{DAY}/001/a.b.tsv")
    put(stage, "notes.txt", f"TestSubject/{DAY}/{session.number:03d}/left.behind.tsv")
    assert await found(stage) == ["", f"Ghost/{DAY}/001/", f"TestSubject/{DAY}/777/"]
    [_, _, last] = (await searched(stage)).findings
    assert "2 object(s), 8 bytes" in last.message
    assert "a.b.tsv, raw_video/c.d.mp4" in last.message


@entered
async def test_the_range_is_kept(stage: Stage) -> None:
    """Subject, days and lab; what has no day belongs to no range of days."""
    put(stage, "Ghost/2026-11-18/001/a.b.tsv", "Ghost/2026-11-19/001/a.b.tsv", "Other/2026-11-19/002/a.b.tsv", "x.txt")
    assert await found(stage, first="2026-11-19") == ["Ghost/2026-11-19/001/", "Other/2026-11-19/002/"]
    assert await found(stage, subject="Ghost", last="2026-11-18") == ["Ghost/2026-11-18/001/"]
    assert await found(stage, subject="Gho") == []
    assert len(await found(stage, lab="CogLab")) == 4
    for wrong in ({"lab": "Nowhere"}, {"first": "yesterday"}):
        with pytest.raises(InvalidInput):
            await searched(stage, **wrong)


@entered
async def test_the_object_of_a_dataset_is_not_loose(stage: Stage) -> None:
    """Its session may have another subject by now: its name tells whose it is. A copy elsewhere is loose."""
    session = await recorded(stage)
    stage.world.core.state.update("session", session.alyx_id, {"number": 888})
    assert await found(stage) == []
    [path] = list(stage.store.objects)
    put(stage, f"Ghost/{DAY}/001/{path.rpartition('/')[2]}")
    assert await found(stage) == [f"Ghost/{DAY}/001/"]


@entered
async def test_what_is_on_its_way_is_not_loose(stage: Stage) -> None:
    """Its dataset may just have been taken from Alyx: it is this bridge's work all the same."""
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    stage.alyx.plan.add(Fault("down", method="PATCH", path="files/"))
    stage.end(session, upload=UploadOrder())
    await stage.until(lambda: bool(stage.store.objects))
    await asyncio.sleep(1)
    stage.world.core.state.delete("dataset", stage.records("dataset")[0]["id"])
    stage.world.core.state.update("session", stage.records("session")[0]["id"], {"number": 888})
    assert await found(stage) == []


@entered
async def test_a_store_that_cannot_be_asked_is_said_once_for_each_repository(stage: Stage) -> None:
    """Nothing is called healthy that was not looked at."""
    await stage.house.credentials.remove("store", STORE, "")
    told: list[Found] = list((await searched(stage, lab="CogLab")).findings)
    assert [(one.kind, one.what) for one in told] == [(Kind.STORE_NOT_ASKED, "aws_CogLab")]


@entered
async def test_a_root_within_another_is_looked_at_once(stage: Stage) -> None:
    """A repository of the whole bucket does not take the other's sessions for odd folders of its own."""
    await recorded(stage)
    [row] = stage.records("repository", name="aws_CogLab")
    whole = row | {"id": "00000000-0000-4000-8000-0000000000aa", "name": "whole", "data_url": f"{STORE}/coglab/"}
    stage.world.core.state.insert("repository", whole)
    assert await found(stage) == []
