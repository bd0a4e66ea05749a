"""The computer went down hard while files were open: what was read before may not be what the disk holds."""

from __future__ import annotations

from cagelab_bridge.errors import Unreachable
from cagelab_bridge.models import FileState
from tests.unit.services.stage import Stage, entered

NAME = "events.table.1.tsv"


async def interrupted(stage: Stage) -> str:
    """A file that was read and registered while the store was away; then the power is cut."""
    stage.store.before = _away
    session = await stage.start()
    stage.write(session, NAME)
    transfer = stage.upload(session)
    await stage.until(lambda: [file.state for file in stage.rows(transfer).values()] == [FileState.REGISTERED])
    await stage.crash()
    stage.runtime.boot = "another boot"
    return transfer


def _away(_request: object) -> None:
    raise Unreachable


@entered
async def test_an_unharmed_file_is_delivered(stage: Stage) -> None:
    """Read again and found as it was, it goes on."""
    transfer = await interrupted(stage)
    stage.store.before = lambda _request: None
    stage.open()
    await stage.enter()
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == 1)


@entered
async def test_a_file_that_lost_its_bytes_waits_for_a_person(stage: Stage) -> None:
    """A damaged file is BLOCKED, also at the next start; retry takes it as it is now."""
    transfer = await interrupted(stage)
    (path,) = [path for path in stage.files.files if path.endswith(NAME)]
    stage.files.write(path, b"\0" * 7)
    stage.store.before = lambda _request: None
    stage.open()
    await stage.enter()
    await stage.until(lambda: stage.rows(transfer)[NAME].trouble.blocked)
    assert "before the computer went down" in stage.rows(transfer)[NAME].trouble.reason
    await stage.restart()
    await stage.enter()
    await stage.until(lambda: stage.rows(transfer)[NAME].trouble.blocked)
    stage.house.transfers.retry(transfer)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == 1)
