"""A session whose account nobody knows yet: bound once, by the first lease or login, and otherwise like any other."""

from __future__ import annotations

import asyncio
import json

import pytest

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.models import AccountKey, AlyxState, Session, Spec
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.records import second_record
from cagelab_bridge.services.sessions.amendments import AmendOrder
from cagelab_bridge.services.sessions.sessions import StartOrder
from cagelab_bridge.services.transfers import UploadOrder
from tests.simulation.world import ALYX
from tests.unit.services.control_pc import NAME, RESEARCHER, as_rig, delivered, paired
from tests.unit.services.stage import ADMIN, PASSWORD, Stage, unopened
from tests.unit.services.test_recovery import lose, recover


@unopened
async def test_an_unbound_session_survives_the_loss_of_its_journal(stage: Stage) -> None:
    """Its second record says that no account is known; recovered, it is lent to and delivered once."""
    as_rig(stage)
    stage.house.records.start()
    session = await stage.start()
    stage.write(session, NAME)
    stage.end(session, upload=UploadOrder())
    await asyncio.sleep(60)
    await lose(stage)
    told = json.loads(stage.files.files[f"{session.folder}/{second_record.NAME}"].data)
    assert told["session"]["account"] is None
    assert [found.session_id for found in recover(stage)] == [session.id]
    control = paired(stage)
    control.connect()
    await delivered(stage, session.id)
    assert stage.journal.sessions.get(session.id).account == ADMIN
    assert len(stage.records("dataset", name=NAME)) == 1


@unopened
async def test_a_login_on_the_rig_binds_it_too(stage: Stage) -> None:
    """Whoever logs in here first carries what waits."""
    as_rig(stage)
    session = await stage.start()
    assert session.account is None
    await stage.house.accounts.log_in(ALYX, "admin", Secret(PASSWORD), remember=False)
    stage.house.delivery.wake_all()
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN, patience=5)
    assert stage.journal.sessions.get(session.id).account == ADMIN


@unopened
async def test_named_experimenters_stay_when_the_account_is_told(stage: Stage) -> None:
    """The lent account's user is only who ran it where nobody was named, at the start or by a correction."""
    control = paired(stage)
    named = await stage.start(experimenters=("researcher",))
    corrected = await stage.start()
    plain = await stage.start()
    await stage.house.amendments.amend(AmendOrder(session_id=corrected.id, experimenters=("researcher",)))
    control.lend()
    sessions = (named, corrected, plain)

    def found(session: Session) -> Session:
        return stage.journal.sessions.get(session.id)

    await stage.until(lambda: all(found(session).alyx is AlyxState.OPEN for session in sessions), patience=30)
    assert [found(session).spec.experimenters for session in sessions] == [
        ("researcher",),
        ("researcher",),
        ("admin",),
    ]
    assert {found(session).account for session in sessions} == {ADMIN}


@unopened
async def test_a_session_is_bound_once(stage: Stage) -> None:
    """The second account that is told changes nothing."""
    as_rig(stage)
    session = await stage.start()
    sessions = stage.journal.sessions
    assert sessions.bound(session.id, RESEARCHER)
    assert not sessions.bound(session.id, ADMIN)
    assert sessions.get(session.id).account == RESEARCHER


@unopened
async def test_an_account_may_be_named_that_nobody_holds_yet(stage: Stage) -> None:
    """By user and address, or by the user alone where the address is known; else it is asked for."""
    as_rig(stage)
    for account, url, key in (
        ("ann", ALYX, AccountKey(alyx_url=ALYX, username="ann")),
        ("", "", None),
    ):
        order = StartOrder(spec=Spec(subject="TestSubject"), account=account, alyx_url=url)
        session = await stage.house.sessions.start(order)
        assert session.account == key
    with pytest.raises(InvalidInput, match="address"):
        await stage.house.sessions.start(StartOrder(spec=Spec(subject="TestSubject"), account="ann"))


@unopened
async def test_the_same_request_is_the_same_session_when_it_was_bound_meanwhile(stage: Stage) -> None:
    """request_id: a repeated StartSession answers the session, with the account it has got since."""
    control = paired(stage)
    order = StartOrder(request_id="one", spec=Spec(subject="TestSubject"))
    first = await stage.house.sessions.start(order)
    control.lend()
    await stage.until(lambda: stage.journal.sessions.get(first.id).alyx is AlyxState.OPEN)
    again = await stage.house.sessions.start(order)
    assert (again.id, again.account) == (first.id, ADMIN)


@unopened
async def test_a_rig_that_waits_is_read_like_any_other(stage: Stage) -> None:
    """Needs, lists and the journal of an unbound session are there while nobody follows them."""
    as_rig(stage)
    session = await stage.start()
    needs = stage.house.needs.now()
    assert [(need.session_id, need.account, need.token_wanted) for need in needs] == [(session.id, None, True)]
    assert stage.journal.sessions.recent(only_unfinished=True)[0].trouble.waiting
