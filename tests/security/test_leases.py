"""Attacks on what a control PC lends to a rig."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import cast

import pytest

from cagelab_bridge.errors import InvalidInput, NotFound, WrongState
from cagelab_bridge.models import FileState
from cagelab_bridge.ports.rigs import Loan
from cagelab_bridge.secret import Secret
from cagelab_bridge.services import lease
from cagelab_bridge.services.transfers import UploadOrder
from tests.unit.services.control_pc import (
    BIG,
    NAME,
    RESEARCHER,
    ControlPc,
    Peers,
    delivered,
    half_sent,
    paired,
    state,
)
from tests.unit.services.stage import ADMIN, SECRET_KEY, Stage, unopened


@pytest.mark.parametrize("how", ["expired", "revoked", "not paired any more"])
@unopened
async def test_attack_25_a_lease_that_ends_during_an_upload_pauses_it(stage: Stage, how: str) -> None:
    """In the middle of an upload in parts: it waits, and goes on with the same upload under a new lease."""
    control = paired(stage)
    peers = cast("Peers", stage.peers)

    def end(lease: str) -> None:
        house = stage.house
        if how == "expired":
            for found in house.leases.live():
                found.end = stage.runtime.monotonic()
            house.leases._news.set()
        elif how == "revoked":
            house.leases.revoke("", lease)
        else:
            peers.remove(control.peer)

    transfer = await half_sent(stage, control, end)
    await asyncio.sleep(30)
    row = stage.rows(transfer)[NAME]
    assert sum("partNumber" in url for url in stage.store.sent) == 3
    assert row.trouble.waiting
    assert row.upload_id
    assert 0 < row.bytes_sent < len(BIG)
    assert stage.house.credentials._lent == {}
    assert stage.house.accounts._lent.keys() <= set(stage.house.leases.live())
    peers.add("control-pc", "control")
    control.lend(row.session_id, store=True)
    await stage.until(lambda: state(stage, transfer) is FileState.DONE, patience=30)
    assert sum("?uploads" in url for url in stage.store.sent) == 1
    written = b"".join(path.read_bytes() for path in stage.journal.path.parent.iterdir() if path.is_file())
    assert SECRET_KEY.encode() not in written
    assert control.token().reveal().encode() not in written


@unopened
async def test_attack_30_after_a_restart_nothing_is_lent_and_the_work_waits(stage: Stage) -> None:
    """Leases are in memory only: a new process has none, and the queue waits until the control PC is there again."""
    control = paired(stage)
    control.lends_store = False
    control.connect()
    session = await stage.start()
    stage.write(session, NAME)
    stage.end(session, upload=UploadOrder())
    await control.leave()
    await stage.crash()
    stage.open()
    await asyncio.sleep(300)
    assert list(stage.house.leases.live()) == []
    found = stage.journal.sessions.get(session.id)
    assert found.account == ADMIN
    assert found.trouble.waiting
    assert not found.completed
    control.lends_store = True
    control.connect()
    await delivered(stage, session.id)


@unopened
async def test_attack_26_a_lease_lasts_at_most_twelve_hours(stage: Stage) -> None:
    """Zero, negative, NaN, endless and longer are refused; nothing is taken."""
    control = paired(stage)
    for seconds in (0.0, -1.0, float("nan"), float("inf"), lease.LONGEST + 1):
        control.seconds = seconds
        with pytest.raises(InvalidInput):
            control.lend()
    assert list(stage.house.leases.live()) == []


@unopened
async def test_attack_28_a_lease_for_a_session_without_work_is_refused(stage: Stage) -> None:
    """Unknown here: not found. Reserved only, or complete: nothing to lend for."""
    control = paired(stage)
    with pytest.raises(NotFound):
        control.lend("00000000-0000-4000-8000-000000000000")
    reserved = await stage.house.sessions.reserve("", subject="TestSubject", lab="", date="", root="")
    with pytest.raises(WrongState):
        control.lend(reserved.id)
    control.connect()
    session = await stage.start()
    stage.end(session)
    await delivered(stage, session.id)
    await stage.until(lambda: not stage.house.leases.has_work(stage.journal.sessions.get(session.id)))
    with pytest.raises(WrongState):
        control.lend(session.id)


@unopened
async def test_attack_22_what_another_control_pc_lent_does_not_exist_for_this_one(stage: Stage) -> None:
    """Renewing, ending and probing another's lease answer as for an id that nobody ever used."""
    control = paired(stage)
    other = ControlPc(stage, cast("Peers", stage.peers).add("other", "control"))
    lease = control.lend()
    unknown = "00000000-0000-4000-8000-000000000000"
    said = []
    for identity in (lease, unknown):
        with pytest.raises(NotFound) as refused:
            stage.house.leases.revoke(other.peer.fingerprint, identity)
        said.append((refused.value.message, refused.value.hint, refused.value.reason))
    assert said[0] == said[1]
    other.account = RESEARCHER
    other.lend(lease_id=lease, token=Secret("theirs"))
    mine = next(found for found in stage.house.leases.live() if found.owner == control.peer.fingerprint)
    assert (mine.token, mine.account) == (control.token(), ADMIN)


@unopened
async def test_attack_29_keys_are_used_only_where_they_were_lent_for(stage: Stage) -> None:
    """Another endpoint, bucket or prefix than the lease's: no request leaves."""
    control = paired(stage)
    control.lends_store = False
    control.connect()
    session = await stage.start()
    stage.write(session, NAME)
    transfer = stage.upload(session)
    await stage.until(lambda: state(stage, transfer) is FileState.REGISTERED)
    good = control.lent_store(session.id)
    for wrong in (
        dataclasses.replace(good, endpoint="http://127.0.0.1:9999"),
        dataclasses.replace(good, bucket="another"),
        dataclasses.replace(good, prefix=good.prefix.replace("/001/", "/002/")),
    ):
        loan = Loan(
            lease_id="00000000-0000-4000-8000-000000000001",
            session_id=session.id,
            seconds=100.0,
            account=ADMIN,
            token=control.token(),
            store=wrong,
        )
        stage.house.leases.push(control.peer.fingerprint, "control-pc", loan)
        await asyncio.sleep(90)
    assert stage.store.sent == []
    assert stage.rows(transfer)[NAME].trouble.waiting
