"""A session that may be reclaimed, and what became of it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from cagelab_bridge.models import File, Session
from cagelab_bridge.services.reclaiming import manifest
from cagelab_bridge.services.reclaiming.standing import Stand, Standing
from tests.unit.services.stage import ADMIN, Stage

EVENTS, RAW = "events.table.1.tsv", "opticka.raw.1.mat"
BYTES = b"what was recorded"
DAY = 24 * 3600.0
HELD = 31 * DAY


async def recorded(stage: Stage, wait: float = HELD) -> Session:
    """A complete session of two files, so long ago (virtual seconds)."""
    await stage.house.choices.read(ADMIN, "labs")
    session = await stage.start(projects=("demo",))
    stage.write(session, EVENTS, RAW, data=BYTES)
    stage.end(session)
    stage.upload(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    await asyncio.sleep(wait)
    return stage.journal.sessions.get(session.id)


async def listed(stage: Stage, session: Session) -> dict[str, Standing]:
    looked = await stage.house.reclaims.look(session.id)
    assert looked.reason == ""
    return {one.file.relative_path: one for one in looked.files}


async def stands(stage: Stage, session: Session) -> dict[str, Stand]:
    return {path: one.stand for path, one in (await listed(stage, session)).items()}


async def deleted(stage: Stage, session: Session, *paths: str) -> dict[str, Standing]:
    """Told to delete these, as they were listed; how they stand then."""
    files = {one.relative_path: one for one in delivered(stage, session)}
    wanted = {files[path].id: files[path].md5 for path in paths or files}
    return {one.file.relative_path: one for one in await stage.house.reclaims.delete(session.id, wanted)}


def delivered(stage: Stage, session: Session) -> list[File]:
    [transfer] = stage.journal.transfers.of_session(session.id)
    return stage.journal.files.page(transfer.id)


def path_of(session: Session, name: str = EVENTS) -> str:
    return f"{session.folder}/{name}"


def is_here(stage: Stage, session: Session, name: str = EVENTS) -> bool:
    return path_of(session, name) in stage.files.files


def lines(stage: Stage, session: Session) -> list[dict[str, Any]]:
    """What the manifest says, without its head."""
    data = stage.files.files[path_of(session, manifest.NAME)].data
    return [json.loads(line) for line in data.splitlines()[1:]]


def dataset(stage: Stage) -> dict[str, Any]:
    return stage.records("dataset", name=EVENTS)[0]


def change(stage: Stage, table: str, identity: str, **values: Any) -> None:
    stage.world.core.state.update(table, identity, values)


def place(stage: Stage) -> str:
    return next(path for path in stage.store.objects if dataset(stage)["id"] in path)


def object_gone(stage: Stage, _: Session) -> None:
    del stage.store.objects[place(stage)]
