"""Rigs that mean harm, or are broken: what they can cost their control PC, and what they get from it."""

from __future__ import annotations

import pytest

from cagelab_bridge.ports.rigs import SignRequest
from cagelab_bridge.secret import Secret
from tests.simulation.world import ALYX
from tests.unit.services.fake_rig import OTHER, SESSION, Lab
from tests.unit.services.stage import ADMIN, Stage, unopened


@unopened
async def test_a_rig_that_asks_again_and_again_is_served_ever_more_slowly(stage: Stage) -> None:
    """A rig that takes a loan and says it lacks everything all the same costs neither Alyx nor this computer much."""
    lab = Lab(stage)
    rig = lab.rig()
    rig.answers = False
    await lab.open()
    asked = len(stage.alyx.calls)
    for _ in range(300):
        rig.need(projects=(f"p{stage.runtime.monotonic()}",))
        await stage.runtime.sleep(0.1)
    assert 1 <= len(rig.loans) <= 12
    assert len(stage.alyx.calls) - asked <= 40


@unopened
async def test_a_need_that_cannot_be_one_is_not_kept(stage: Stage) -> None:
    """Megabytes instead of a lab's name: neither shown nor answered; the rig's other sessions are served."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    rig.need("22222222-2222-4222-8222-222222222222", lab="x" * 1_000_000)
    rig.need("33333333-3333-4333-8333-333333333333", projects=("p",) * 1000)
    rig.need()
    await lab.until(lambda: rig.loans)
    await stage.runtime.sleep(60)
    rigs = stage.house.rigs
    assert rigs is not None
    assert [need.session_id for need in rigs.view("pacman-002").needs] == [SESSION]
    assert {loan.session_id for loan in rig.loans} == {SESSION}
    assert rig.refusals == []


@unopened
async def test_requests_that_are_not_signed_do_not_fill_the_log(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Each is refused; one line a minute names the rig."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    await stage.runtime.sleep(1)
    for number in range(50):
        rig.ask(_theft(str(number)))
    await lab.until(lambda: len(rig.signed) == 50)
    assert all(signed.refusal for signed in rig.signed)
    assert caplog.text.count("was not signed") == 1
    await stage.runtime.sleep(61)
    rig.ask(_theft("late"))
    await lab.until(lambda: len(rig.signed) == 51)
    assert caplog.text.count("was not signed") == 2


@unopened
async def test_a_rig_that_holds_a_lease_gets_no_other_account_with_it(stage: Stage) -> None:
    """Its session names another account, one this bridge is not logged in as (any more): no login from the keyring."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    stage.keyring.put("alyx", ALYX, "researcher", Secret("sandbox-researcher"))
    rig.need()
    await lab.until(lambda: rig.loans)
    rig.change(account=OTHER, token_wanted=True)
    await lab.until(lambda: rig.refusals)
    assert "researcher" in rig.refusals[0][1].message
    assert [loan.account for loan in rig.loans] == [ADMIN]
    assert not stage.house.accounts.own_token(OTHER)


def _theft(identity: str) -> SignRequest:
    """A request under a lease that nobody lent."""
    return SignRequest(
        id=identity,
        session_id=SESSION,
        lease_id="55555555-5555-4555-8555-555555555555",
        method="PUT",
        bucket="coglab",
        key="CogLab/Subjects/TestSubject/2026-11-20/003/x",
        query={},
        headers={},
        content_sha256="UNSIGNED-PAYLOAD",
        moment="2026-11-20T10:00:00+00:00",
    )
