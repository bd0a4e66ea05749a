"""The services on a journal that refuses for a while, in virtual time: they wait, and go on by themselves."""

from __future__ import annotations

import pytest

from cagelab_bridge.errors import JournalTrouble
from cagelab_bridge.models import AlyxState, FileState
from cagelab_bridge.sandbox.faults import Fault
from tests.unit.services.stage import Stage, entered

PATIENCE = 300.0  # virtual seconds; everything is delivered long before, once the journal can be written


class Refusal:
    """Refuses the commits of that name ("any": all) so many times."""

    def __init__(self, name: str, count: int) -> None:
        self._name = name
        self.left = count

    def __call__(self, edge: str) -> None:
        place, _, name = edge.partition(" ")
        if place == "before" and self.left and self._name in (name, "any"):
            self.left -= 1
            raise JournalTrouble("The disk is full.")


FILES = ("any", "list", "file_hashed", "file_intend", "registered", "file_begun", "file_sent", "file_moved")
SESSIONS = ("session_intend", "session_registered", "close", "complete")


@pytest.mark.parametrize("name", [*FILES, *SESSIONS])
@pytest.mark.parametrize("count", [1, 6])
@entered
async def test_delivery_waits_for_the_journal_and_goes_on_by_itself(stage: Stage, name: str, count: int) -> None:
    """Whichever commit is refused, and however often: no task dies of it, and nothing is lost or doubled."""
    session = await stage.start()
    if name.startswith("session_"):
        stage.edge = refusal = Refusal(name, count)
        session = await stage.start()
    else:
        stage.edge = refusal = Refusal(name, count if name != "any" else 0)
    stage.write(session, "events.table.1.tsv", "opticka.raw.2026-11-20-09-00-00.mat", data=b"x" * 13_000)
    _, transfer_id = stage.end(session)
    transfer_id = stage.upload(session)
    if name == "any":
        refusal.left = 5 * count
    if name == "complete":  # said in a word of its own where the files come long after the end
        stage.alyx.plan.add(Fault("down", path="register-file"))
        await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.CLOSED, PATIENCE)
        stage.back()
    await stage.until(lambda: refusal.left == 0 and stage.journal.sessions.get(session.id).completed, PATIENCE)
    assert {file.state for file in stage.rows(transfer_id).values()} == {FileState.DONE}
    marked = [row for row in stage.records("session") if row["json"]["cagelab"]["bridge_session"] == session.id]
    assert len(marked) == 1
    assert len(stage.records("dataset", session=marked[0]["id"])) == 2
    assert stage.store.uploads == {}, "an upload was begun that nobody knows of"
