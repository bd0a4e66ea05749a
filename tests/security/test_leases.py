"""Attacks on what a control PC lends to a rig."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import os
import subprocess
import sys
from typing import cast

import pytest

from cagelab_bridge.errors import BridgeError, InvalidInput, NotFound, WrongState
from cagelab_bridge.models import FileState
from cagelab_bridge.ports import NO_TOKEN
from cagelab_bridge.ports.rigs import Loan
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.lending import lease
from cagelab_bridge.services.transfers import UploadOrder
from cagelab_bridge.store.multipart import AHEAD
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
    # It ended while the third part went out; others that were on their way at that moment arrive, and none is begun.
    assert 3 <= sum("partNumber" in url for url in stage.store.sent) < 3 + AHEAD
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


@unopened
async def test_attack_27_the_same_push_twice_is_one_lease(stage: Stage) -> None:
    """Replayed, it renews what it made: nothing is there twice, and nothing lasts longer than from the last push."""
    control = paired(stage)
    lease = control.lend()
    first = next(stage.house.leases.live())
    assert control.lend(lease_id=lease) == lease
    assert list(stage.house.leases.live()) == [first]
    assert stage.house.leases.seconds_left(first) <= control.seconds


@unopened
async def test_attack_31_a_control_pc_that_stays_away_leaves_nothing_behind(stage: Stage) -> None:
    """Off for longer than its leases: token, keys and connections are gone, the work waits."""
    control = paired(stage, seconds=120.0)
    transfer = await half_sent(stage, control, lambda _lease: None)
    await stage.until(lambda: state(stage, transfer) is FileState.DONE)
    await control.leave()
    held = list(stage.house.leases.live())
    await asyncio.sleep(300)
    assert [(lease.token, lease.store) for lease in held] == [(NO_TOKEN, None)] * 2
    assert stage.house.accounts._lent == {}
    assert stage.house.credentials._lent == {}
    second = await stage.start()
    assert second.trouble.waiting


SCAN = """
import re, sys
pid, mask, hidden = sys.argv[1], bytes.fromhex(sys.argv[2]), bytes.fromhex(sys.argv[3])
canary, count = bytes(a ^ b for a, b in zip(mask, hidden)), 0
with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for line in maps:
        begin, end, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\\S+)", line).groups()
        if rights.startswith("rw") and "[v" not in line:
            try:
                memory.seek(int(begin, 16))
                count += memory.read(int(end, 16) - int(begin, 16)).count(canary)
            except OSError:
                pass
print(count)
"""


def copies(mask: bytes, hidden: bytes) -> int:
    """How often the memory of this process holds what the two make together; looked at from outside."""
    command = [sys.executable, "-c", SCAN, str(os.getpid()), mask.hex(), hidden.hex()]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if found.returncode:
        pytest.skip(f"this process may not be looked into: {found.stderr.strip().splitlines()[-1]}")
    return int(found.stdout)


@unopened
async def test_attack_32_what_was_lent_is_not_found_in_memory_afterwards(stage: Stage) -> None:
    """Used, ended, and some work later: no copy of the token is left (and while it is lent, one is found)."""
    control = paired(stage)
    mask = os.urandom(20)
    hidden = bytes(a ^ b for a, b in zip(mask, os.urandom(10).hex().encode(), strict=True))

    def token() -> Secret:
        return Secret(bytes(a ^ b for a, b in zip(mask, hidden, strict=True)).decode())

    lease = control.lend(token=token())
    with pytest.raises(BridgeError):
        await stage.house.accounts.connection(ADMIN).read_list("labs")  # Alyx does not know it
    assert copies(mask, hidden) > 0
    stage.house.leases.revoke("", lease)
    control.lend()
    gc.collect()
    for _ in range(4):  # memory that was freed is used again sooner or later, depending on what ran before
        for _ in range(500):
            await stage.house.accounts.connection(ADMIN).read_list("labs")
        gc.collect()
        if not copies(mask, hidden):
            return
    raise AssertionError("a copy of the token is left")
