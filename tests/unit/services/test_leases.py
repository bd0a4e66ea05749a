"""What a control PC lends to a rig: taken, used, renewed, ended; and what is said while nothing comes."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import cast

import pytest

from cagelab_bridge.errors import Gravity, InvalidInput, NotLoggedIn, TooMuch, WrongState
from cagelab_bridge.models import AccountKey, AlyxState, FileState, Grant, Run, Spec
from cagelab_bridge.ports.rigs import Loan
from cagelab_bridge.secret import Secret
from cagelab_bridge.services import health
from cagelab_bridge.services.lending import leases
from cagelab_bridge.services.transfers import UploadOrder
from tests.simulation.world import STORE
from tests.unit.services.control_pc import (
    BIG,
    NAME,
    RESEARCHER,
    ControlPc,
    Peers,
    as_rig,
    delivered,
    half_sent,
    paired,
    state,
)
from tests.unit.services.stage import ADMIN, PASSWORD, SECRET_KEY, Stage, unopened


@unopened
async def test_a_session_starts_with_nobody_logged_in_and_is_open_within_its_two_seconds(stage: Stage) -> None:
    """A control PC that is there lends at once: the answer is OPEN, under its account and for its user."""
    control = paired(stage)
    control.connect()
    session = await stage.start()
    assert (session.alyx, session.account, session.spec.experimenters) == (AlyxState.OPEN, ADMIN, ("admin",))
    assert any("could not be checked" in warning for warning in session.warnings)
    stage.write(session, NAME)
    stage.end(session, upload=UploadOrder())
    await delivered(stage, session.id)


@unopened
async def test_a_rig_alone_takes_the_session_and_says_why_it_waits(stage: Stage) -> None:
    """Not paired, control PC off, refused, asked: each in its own words, waiting and never blocked."""
    peers = as_rig(stage)
    session = await stage.start()
    trouble = session.trouble
    assert (session.run, session.alyx, session.account) == (Run.OPEN, AlyxState.PENDING, None)
    assert "not paired with a control PC" in trouble.reason
    assert "pair" in trouble.hint
    assert trouble.waiting
    assert not trouble.blocked
    control = ControlPc(stage, peers.add("control-pc", "control"))
    control.refusal = "it lends to this rig only after somebody said so."
    absent = "no control PC is connected"
    await stage.until(lambda: absent in stage.journal.sessions.get(session.id).trouble.reason, patience=2)
    control.connect()
    said = "control-pc is connected, but: it lends to this rig only after"
    await stage.until(lambda: said in stage.journal.sessions.get(session.id).trouble.reason, patience=2)
    assert stage.journal.sessions.get(session.id).trouble.hint == "Ask them."
    control.refusal = ""
    control.lend(session.id)
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN, patience=2)
    assert stage.journal.sessions.get(session.id).trouble.reason == ""


@unopened
async def test_a_refused_start_is_answered_at_once_with_the_reason(stage: Stage) -> None:
    """StartSession does not sit out its two seconds when the control PC has said no."""
    control = paired(stage)
    control.refusal = "its keyring is locked."
    control.connect()
    began = stage.runtime.monotonic()
    session = await stage.start()
    assert stage.runtime.monotonic() - began < 1.0
    assert "its keyring is locked" in session.trouble.reason


@unopened
async def test_what_is_lent_ahead_binds_the_next_session_and_answers_questions(stage: Stage) -> None:
    """ForwardCredentials before the session: its names are checked, programs may query, the folder may be reserved."""
    control = paired(stage)
    control.lend()
    assert stage.house.accounts.pick() == ADMIN
    page = await stage.house.queries.read(ADMIN, "subjects", 10)
    assert page.count > 0
    reserved = await stage.house.sessions.reserve("", subject="TestSubject", lab="", date="", root="")
    session = await stage.start()
    assert (reserved.account, session.account, session.alyx) == (ADMIN, ADMIN, AlyxState.OPEN)
    assert session.warnings == ()


@unopened
async def test_without_a_lease_nobody_can_ask_alyx(stage: Stage) -> None:
    """A question on a rig without credentials is refused with the reason, and the way to them."""
    control = paired(stage)
    with pytest.raises(NotLoggedIn, match="no control PC is connected"):
        stage.house.accounts.pick()
    control.connect()
    await asyncio.sleep(1)
    with pytest.raises(NotLoggedIn, match="it lends when a session needs it") as refused:
        stage.house.accounts.pick()
    assert "cagelab-bridge forward" in refused.value.hint


@unopened
async def test_the_account_of_the_settings_waits_for_its_own_lease(stage: Stage) -> None:
    """A session bound by the settings, or by its caller, is not served by somebody else's account."""
    control = paired(stage)
    await stage.restart(alyx_url="http://127.0.0.1:8000", alyx_user="researcher")
    control.lend()
    with_lease = await stage.start()
    stage.house.leases.revoke(control.peer.fingerprint, next(stage.house.leases.live()).id)
    session = await stage.start()
    assert (with_lease.account, session.account) == (ADMIN, RESEARCHER)
    with pytest.raises(WrongState, match="another account"):
        control.lend(session.id)
    control.lend()
    await asyncio.sleep(120)
    assert stage.journal.sessions.get(session.id).alyx is AlyxState.PENDING


@unopened
async def test_a_rig_with_its_own_login_needs_nobody(stage: Stage) -> None:
    """Its own token and keys come first, and no need is shown."""
    control = paired(stage)
    await stage.enter()
    control.connect()
    session = await stage.start()
    stage.write(session, NAME)
    stage.end(session, upload=UploadOrder())
    await delivered(stage, session.id)
    assert control.seen == [[]]
    assert list(stage.house.leases.live()) == []


@unopened
async def test_needs_name_what_is_lacking_until_the_work_is_done(stage: Stage) -> None:
    """Token first, then the store of the registered files; the lease serves until nothing is left, then both go."""
    control = paired(stage)
    control.connect()
    session = await stage.start()
    stage.write(session, NAME)
    stage.end(session, upload=UploadOrder())
    await delivered(stage, session.id)
    await stage.until(lambda: control.seen[-1] == [], patience=2)
    steps = [need for seen in control.seen for need in seen]
    first = steps[0]
    assert (first.account, first.token_wanted, first.store_wanted, first.lease_id) == (None, True, False, "")
    wanting = next(need for need in steps if need.store_wanted)
    assert wanting.endpoint == STORE
    assert wanting.repository
    assert wanting.alyx_id
    assert wanting.lease_id
    assert not wanting.token_wanted
    assert list(stage.house.leases.live()) == []
    assert stage.house.credentials._lent == {}


@unopened
async def test_new_keys_during_an_upload_are_used_at_once(stage: Stage) -> None:
    """A renewal with other keys: the upload goes on with those, without a pause and without beginning anew."""
    control = paired(stage)

    def renew(lease: str) -> None:
        found = next(one for one in stage.house.leases.live() if one.id == lease)
        fresh = dataclasses.replace(control.lent_store(found.session_id), access_key="fresh")
        loan = Loan(lease_id=lease, session_id=found.session_id, seconds=900.0, account=ADMIN, store=fresh)
        stage.house.leases.push(control.peer.fingerprint, "control-pc", loan)

    transfer = await half_sent(stage, control, renew)
    await stage.until(lambda: state(stage, transfer) is FileState.DONE, patience=30)
    used = [headers["Authorization"].partition("Credential=")[2].partition("/")[0] for headers in stage.store.headers]
    assert (used[0], used[-1]) == ("key", "fresh")
    assert used == sorted(used, reverse=True)
    assert sum("?uploads" in url for url in stage.store.sent) == 1


@unopened
async def test_a_lease_ends_by_itself(stage: Stage) -> None:
    """At its time, by a clock that never jumps, without anybody asking for it."""
    control = paired(stage, seconds=50.0)
    ended = []
    stage.house.leases.on_end(lambda lease: ended.append(lease.id))
    lease = control.lend()
    await asyncio.sleep(49)
    assert ended == []
    await asyncio.sleep(2)
    assert ended == [lease]
    assert list(stage.house.leases.live()) == []
    with pytest.raises(NotLoggedIn):
        stage.house.accounts.connection(ADMIN)


@unopened
async def test_a_renewed_lease_lasts_longer_and_keeps_what_was_not_sent_again(stage: Stage) -> None:
    """The same id of the same control PC: a later end, new secrets in the place of the old, the rest as it was."""
    control = paired(stage, seconds=50.0)
    lease = control.lend()
    await asyncio.sleep(40)
    control.lend(lease_id=lease, token=Secret(""))
    await asyncio.sleep(40)
    found = next(stage.house.leases.live())
    assert found.id == lease
    assert found.token == control.token()
    control.lend(lease_id=lease, token=Secret("another"))
    assert found.token == Secret("another")


@unopened
async def test_a_connection_of_an_ended_lease_is_not_used_any_more(stage: Stage) -> None:
    """Whoever holds one is refused at the next call; with a new token the same connection goes on with that."""
    control = paired(stage)
    lease = control.lend()
    alyx = stage.house.accounts.connection(ADMIN)
    await alyx.read_list("labs")
    stage.house.leases.revoke(control.peer.fingerprint, lease)
    with pytest.raises(NotLoggedIn, match="has ended"):
        await alyx.read_list("labs")


@unopened
async def test_a_lent_token_that_alyx_refuses_is_wanted_anew(stage: Stage) -> None:
    """The need says so; another token serves at once."""
    control = paired(stage)
    control.connect()
    stage.away()
    session = await stage.start()
    await asyncio.sleep(1)
    assert not control.seen[-1][0].token_wanted
    lease = next(stage.house.leases.live(session.id))
    stage.house.leases.token_refused(lease)
    await stage.until(lambda: any(seen and seen[0].token_wanted for seen in control.seen[1:]), patience=5)
    assert stage.house.leases.token_for(ADMIN, session.id) is None
    control.lend(session.id, lease.id, token=Secret("better"))
    assert stage.house.leases.token_for(ADMIN, session.id) is lease


@unopened
async def test_a_removed_peer_lends_nothing_any_more(stage: Stage) -> None:
    """What it lent ends in the moment it is not trusted."""
    control = paired(stage)
    control.lend()
    cast("Peers", stage.peers).remove(control.peer)
    assert list(stage.house.leases.live()) == []


@unopened
async def test_nonsense_is_not_lent(stage: Stage) -> None:
    """A store ahead, a prefix that leads out, keys where none belong, an id that is none, too many leases."""
    control = paired(stage)
    control.lends_store = False
    control.connect()
    session = await stage.start()
    stage.write(session, NAME)
    transfer = stage.upload(session)
    await stage.until(lambda: state(stage, transfer) is FileState.REGISTERED)
    good = Loan(
        lease_id="00000000-0000-4000-8000-000000000001",
        session_id=session.id,
        seconds=100.0,
        account=ADMIN,
        store=control.lent_store(session.id),
    )
    assert good.store is not None
    wrong = [dataclasses.replace(good, session_id=""), dataclasses.replace(good, lease_id="../x")]
    for change in ({"prefix": "a/../b/"}, {"prefix": "a"}, {"prefix": ""}, {"bucket": "a/b"}, {"grant": Grant.SIGNED}):
        store = dataclasses.replace(good.store, **change)
        wrong.append(dataclasses.replace(good, store=store))
    for loan in wrong:
        with pytest.raises(InvalidInput):
            stage.house.leases.push(control.peer.fingerprint, "control-pc", loan)
    for _ in range(leases.MOST - 1):
        control.lend()
    with pytest.raises(TooMuch):
        control.lend()


@unopened
async def test_signed_request_by_request_a_whole_session_is_delivered(stage: Stage) -> None:
    """No key ever reaches the rig: the control PC signs each request, for its own lease only."""
    control = paired(stage, grant=Grant.SIGNED)
    control.connect()
    session = await stage.start()
    stage.write(session, NAME, data=BIG)
    stage.end(session, upload=UploadOrder())
    await delivered(stage, session.id)
    assert len(control.asked) == len(stage.store.sent) > 5
    assert {request.session_id for request in control.asked} == {session.id}


@unopened
async def test_an_upload_pauses_while_nobody_signs(stage: Stage) -> None:
    """Ten seconds without a signature: it waits, says who did not sign, and goes on once it is signed."""
    control = paired(stage, grant=Grant.SIGNED)
    control.connect()
    control.signs = False
    session = await stage.start()
    stage.write(session, NAME, data=BIG)
    transfer = stage.upload(session)
    await stage.until(lambda: state(stage, transfer) and stage.rows(transfer)[NAME].trouble.waiting)
    await asyncio.sleep(30)
    assert "control-pc did not sign" in stage.rows(transfer)[NAME].trouble.reason
    assert stage.store.sent == []
    control.signs = True
    await stage.until(lambda: state(stage, transfer) is FileState.DONE)


@unopened
async def test_secrets_that_were_lent_are_neither_written_nor_printed(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """Journal, log and the leases' own text."""
    caplog.set_level("DEBUG")
    control = paired(stage)
    control.connect()
    session = await stage.start()
    stage.write(session, NAME)
    transfer = stage.upload(session)
    await stage.until(lambda: state(stage, transfer) is FileState.DONE)
    told = caplog.text + repr(list(stage.house.leases.live()))
    written = b"".join(path.read_bytes() for path in stage.journal.path.parent.iterdir() if path.is_file())
    for secret in (control.token().reveal(), SECRET_KEY, PASSWORD):
        assert secret not in told
        assert secret.encode() not in written


def noticed(stage: Stage) -> list[str]:
    house = stage.house
    return [
        found.message for found in health.look(house.journal, house.accounts, house.credentials, house.clock).notices
    ]


@unopened
async def test_status_tells_what_is_lent_and_by_whom_or_why_nothing_is(stage: Stage) -> None:
    """An idle rig whose control PC is there has nothing to complain of."""
    control = paired(stage)
    assert any("no control PC is connected" in said for said in noticed(stage))
    control.connect()
    await asyncio.sleep(1)
    assert not any("Alyx account" in said for said in noticed(stage))
    session = await stage.start()
    stage.write(session, NAME)
    transfer = stage.upload(session)
    await stage.until(lambda: state(stage, transfer) is FileState.DONE)
    found = health.look(stage.journal, stage.house.accounts, stage.house.credentials, stage.house.clock)
    assert [(one.key, one.logged_in) for one in found.accounts] == [(ADMIN, True)]
    assert [(held.endpoint, held.source) for held, _, _ in found.stores] == [(STORE, "control-pc")]


@unopened
async def test_check_says_what_may_be_missing_and_refuses_nothing_for_it(stage: Stage) -> None:
    """Names that cannot be checked and keys that may come are warnings; with a lease ahead, names are checked."""
    control = paired(stage)

    async def findings(key: AccountKey | None) -> dict[str, Gravity]:
        verdict = await stage.house.preflight.check(key, Spec(subject="TestSubjekt"), (), "", "")
        return {found.field: found.gravity for found in verdict.findings}

    alone = await findings(stage.house.accounts.for_session())
    assert (alone["names"], alone["lending"]) == (Gravity.WARNING, Gravity.WARNING)
    control.connect()
    await asyncio.sleep(1)
    assert "lending" not in await findings(None)
    control.lend()
    told = await findings(stage.house.accounts.for_session())
    assert told["subject"] is Gravity.ERROR
    assert "store" not in told


@unopened
async def test_parts_of_a_dismissed_file_are_removed_with_the_next_lease(stage: Stage) -> None:
    """Given up while nothing is lent: the session is complete without it, and a need stays until the store forgot."""
    control = paired(stage)
    transfer = await half_sent(stage, control, lambda lease: stage.house.leases.revoke("", lease))
    await asyncio.sleep(5)
    row = stage.rows(transfer)[NAME]
    stage.end(stage.journal.sessions.get(row.session_id))
    stage.house.transfers.dismiss(row.id, "of no use")
    await delivered(stage, row.session_id)
    assert len(stage.store.uploads) == 1
    assert control.seen[-1][0].store_wanted
    control.lend(row.session_id, store=True)
    await stage.until(lambda: not stage.store.uploads, patience=5)
    await stage.until(lambda: control.seen[-1] == [], patience=5)
    assert not [lease for lease in stage.house.leases.live() if lease.session_id]
