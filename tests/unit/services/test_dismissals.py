"""Giving up one file."""

from __future__ import annotations

import pytest

from cagelab_bridge.errors import InvalidInput, NotFound, ServerFailed, WrongState
from cagelab_bridge.models import FileState
from cagelab_bridge.services.transfers import UploadOrder
from cagelab_bridge.store.transport import Request
from tests.unit.services.stage import Stage, entered

BIG = b"x" * 20_000  # five parts


@entered
async def test_a_dismissed_file_no_longer_holds_its_session_up(stage: Stage) -> None:
    """The reason is kept and the session is COMPLETE; the file on disk is left alone."""
    session = await stage.start()
    stage.write(session, "opticka.raw.1.mat", "holiday.jpg")
    _, transfer = stage.end(session, upload=UploadOrder())
    await stage.until(lambda: stage.journal.transfers.sums(transfer).blocked == 1)
    file = stage.house.transfers.dismiss(stage.rows(transfer)["holiday.jpg"].id, " not ours ")
    assert (file.state, file.trouble.reason, file.trouble.blocked) == (
        FileState.DISMISSED,
        "Dismissed: not ours",
        False,
    )
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    assert stage.rows(transfer)["holiday.jpg"].trouble.reason == "Dismissed: not ours"
    assert f"{session.folder}/holiday.jpg" in stage.files.files
    again = stage.house.transfers.dismiss(file.id, "something else")
    assert again.trouble.reason == "Dismissed: not ours"


@entered
async def test_what_cannot_be_dismissed_is_refused(stage: Stage) -> None:
    """A delivered file, no reason, an unknown file."""
    session = await stage.start()
    stage.write(session, "opticka.raw.1.mat")
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).done == 1)
    file = stage.rows(transfer)["opticka.raw.1.mat"]
    with pytest.raises(WrongState, match="delivered"):
        stage.house.transfers.dismiss(file.id, "too late")
    with pytest.raises(InvalidInput):
        stage.house.transfers.dismiss(file.id, "  ")
    with pytest.raises(NotFound):
        stage.house.transfers.dismiss("none", "no such file")


@entered
async def test_parts_of_a_dismissed_file_are_removed_from_the_store(stage: Stage) -> None:
    """Also when it is dismissed while it is being sent; its dataset goes on to say that it does not exist."""
    session = await stage.start()
    stage.write(session, "opticka.raw.1.mat", data=BIG)
    transfer = ""

    def dismiss_at_third_part(request: Request) -> None:
        if "partNumber=3" in request.url and not stage.journal.transfers.sums(transfer).dismissed:
            stage.house.transfers.dismiss(stage.rows(transfer)["opticka.raw.1.mat"].id, "wrong video")

    stage.store.before = dismiss_at_third_part
    transfer = stage.upload(session)
    await stage.until(lambda: stage.journal.transfers.sums(transfer).dismissed == 1)
    await stage.until(lambda: not stage.journal.files.discards())
    assert not stage.store.uploads
    assert not stage.store.objects
    file = stage.rows(transfer)["opticka.raw.1.mat"]
    assert (file.state, file.trouble.reason) == (FileState.DISMISSED, "Dismissed: wrong video")
    assert [row["exists"] for row in stage.records("file_record")] == [False]
    assert [row["qc"] for row in stage.records("dataset")] not in (["PASS"], [10])


@entered
async def test_parts_that_cannot_be_removed_now_are_removed_later(stage: Stage) -> None:
    """Dismissing never fails for the store's sake: the next start asks again."""
    session = await stage.start()
    stage.write(session, "opticka.raw.1.mat", data=BIG)

    def refuse(request: Request) -> None:
        if "partNumber=3" in request.url or request.method == "DELETE":
            raise ServerFailed("The store is out of order.")

    stage.store.before = refuse
    transfer = stage.upload(session)
    await stage.until(lambda: bool(stage.rows(transfer)) and stage.rows(transfer)["opticka.raw.1.mat"].upload_id)
    stage.house.transfers.dismiss(stage.rows(transfer)["opticka.raw.1.mat"].id, "wrong video")
    await stage.until(lambda: stage.house.delivery.idle)
    assert len(stage.journal.files.discards()) == 1
    stage.store.before = lambda _request: None
    await stage.restart()
    await stage.enter()
    await stage.until(lambda: not stage.journal.files.discards())
    assert not stage.store.uploads
