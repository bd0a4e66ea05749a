"""What people say at a control PC: lend ahead, take back."""

from __future__ import annotations

import asyncio
import math

import pytest

from cagelab_bridge.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    NotLoggedIn,
    PeerTrouble,
    PeerUnreachable,
)
from cagelab_bridge.models import Lend
from tests.unit.services.fake_rig import Lab
from tests.unit.services.stage import ADMIN, Stage, unopened

HOURS = 3600.0


@unopened
async def test_forwarding_lends_ahead_at_once(stage: Stage) -> None:
    """For the time that was said, without a store; the rig is named as the GUI shows it."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    assert stage.house.rigs is not None
    done = await stage.house.rigs.forward("pacman-002", 600.0, "", "")
    (loan,) = rig.loans
    assert (loan.session_id, loan.store, loan.account, loan.lease_id) == ("", None, ADMIN, done.lease_id)
    assert loan.seconds == pytest.approx(600, abs=1)
    assert done.warnings == ()
    rig.die()
    rig.live()
    await lab.until(lambda: rig.held, 30)
    assert rig.loans[-1].session_id == ""
    assert rig.loans[-1].seconds < 600
    await stage.runtime.sleep(700)
    assert stage.house.rigs.lending.leases() == []


@unopened
async def test_after_forward_means_only_while_it_lasts(stage: Stage) -> None:
    """Before and after: refused with what to do; in between no lease outlives it."""
    lab = Lab(stage)
    rig = lab.rig(lend=Lend.AFTER_FORWARD)
    await lab.open()
    rig.need()
    await lab.until(lambda: rig.refusals)
    assert "forward" in rig.refusals[0][1].hint
    assert stage.house.rigs is not None
    began = stage.runtime.monotonic()
    await stage.house.rigs.forward("pacman-002", 600.0, "", "")
    await lab.until(lambda: [loan for loan in rig.loans if loan.session_id])
    await stage.runtime.sleep(700)
    assert all(loan.seconds <= 601 for loan in rig.loans)
    assert stage.house.rigs.lending.leases() == []
    assert rig.refusals[-1][1].field == "policy"
    assert stage.runtime.monotonic() - began >= 600


@pytest.mark.parametrize("seconds", [-1.0, math.nan, math.inf, 12 * HOURS + 1])
def test_forwarding_has_a_sensible_end(seconds: float) -> None:
    """More than no time, at most twelve hours; each wrong duration is named."""

    @unopened
    async def story(stage: Stage) -> None:
        lab = Lab(stage)
        rig = lab.rig()
        await lab.open()
        assert stage.house.rigs is not None
        with pytest.raises(InvalidInput):
            await stage.house.rigs.forward("pacman-002", seconds, "", "")
        assert rig.loans == []

    story()


@unopened
async def test_forwarding_says_what_stands_in_the_way(stage: Stage) -> None:
    """A rig that is off, one that is lent nothing, nobody logged in: an error with its cause, and nothing later."""
    lab = Lab(stage)
    off, barred = lab.rig("off"), lab.rig("barred", lend=Lend.NEVER)
    off.alive = False
    await lab.open(enter=False)
    rigs = stage.house.rigs
    assert rigs is not None
    with pytest.raises(NotLoggedIn):
        await rigs.forward("barred", 0, "", "")
    await stage.enter()
    with pytest.raises(PeerUnreachable):
        await rigs.forward("off", 0, "", "")
    with pytest.raises(Forbidden):
        await rigs.forward("barred", 0, "", "")
    off.deaf = True
    began = stage.runtime.monotonic()
    with pytest.raises(PeerTrouble):
        await rigs.forward("off", 0, "", "")
    assert stage.runtime.monotonic() - began <= 20
    off.alive, off.deaf = True, False
    await stage.runtime.sleep(60)
    assert off.loans == barred.loans == []


@unopened
async def test_a_lease_that_is_on_its_way_is_taken_back_too(stage: Stage) -> None:
    """Revoked in the moment between the push and the rig's answer: the rig does not keep it."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    rigs = stage.house.rigs
    assert rigs is not None
    revoking: list[asyncio.Future[None]] = []
    rig.on_push = lambda loan: revoking.append(asyncio.ensure_future(rigs.revoke(loan.lease_id)))
    rig.need()
    await lab.until(lambda: revoking and revoking[0].done())
    await stage.runtime.sleep(60)
    assert rig.loans
    assert rig.held == {}
    assert rigs.lending.leases() == []


@unopened
async def test_a_lease_that_was_taken_back_stays_taken_back(stage: Stage) -> None:
    """Also from a rig that was away just then; until somebody says ForwardCredentials."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    rig.need()
    await lab.until(lambda: rig.held)
    rigs = stage.house.rigs
    assert rigs is not None
    (lease,) = rigs.lending.leases()
    await rigs.revoke(lease.id)
    assert rig.held == {}
    await stage.runtime.sleep(600)
    assert rig.held == {}
    assert rig.refusals[-1][1].field == "revoked"
    await rigs.forward("pacman-002", 0, "", "")
    await lab.until(lambda: any(loan.session_id for loan in rig.held.values()))
    (lease, *_) = [lease for lease in rigs.lending.leases() if lease.session_id]
    rig.alive = False
    for stream in rig._streams:
        stream.put_nowait(None)
    await stage.runtime.sleep(2)
    with pytest.raises(PeerUnreachable):
        await rigs.revoke(lease.id)
    rig.live()
    await lab.until(lambda: not any(loan.session_id for loan in rig.held.values()))
    with pytest.raises(NotFound):
        await rigs.revoke("no-such-lease")
