"""What a control PC lends, renews and refuses; in virtual time, with rigs that do as a test says."""

from __future__ import annotations

import pytest

from cagelab_bridge.errors import Refused
from cagelab_bridge.models import Grant, Lend
from cagelab_bridge.ports.rigs import Kind, SignRequest
from cagelab_bridge.secret import Secret
from tests.simulation.world import ALYX, STORE
from tests.unit.services.fake_rig import OTHER, REPOSITORY, SESSION, Lab
from tests.unit.services.stage import ADMIN, PASSWORD, SECRET_KEY, Stage, unopened

HOURS = 3600.0
PREFIX = "CogLab/Subjects/TestSubject/2026-11-20/003/"
EVIL = "http://evil:9000"


@unopened
async def test_a_need_is_served_at_once_with_the_token_and_nothing_more(stage: Stage) -> None:
    """The own login's token for four hours, never the password; no store before the session is known in Alyx."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    rig.need()
    began = stage.runtime.monotonic()
    await lab.until(lambda: rig.loans)
    assert stage.runtime.monotonic() - began <= 0.5
    (loan,) = rig.loans
    assert (loan.session_id, loan.account, loan.store, loan.seconds) == (SESSION, ADMIN, None, 4 * HOURS)
    assert loan.token == stage.house.accounts.own_token(ADMIN)
    assert loan.token
    assert PASSWORD not in loan.token.reveal()


@unopened
async def test_the_store_is_lent_below_the_prefix_this_bridge_finds_itself(stage: Stage) -> None:
    """Endpoint, bucket and prefix come from Alyx; what the rig says of them is not believed. Without temporary keys
    each request is signed here."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    alyx_id = await lab.record()
    rig.need(alyx_id=alyx_id, repository=REPOSITORY, endpoint=EVIL, store_wanted=True)
    await lab.until(lambda: rig.loans)
    store = rig.loans[-1].store
    assert store is not None
    assert (store.endpoint, store.bucket, store.prefix) == (STORE, "coglab", PREFIX)
    assert store.grant is Grant.SIGNED
    assert not store.access_key
    assert not store.secret_key


@unopened
async def test_the_raw_key_is_lent_only_where_the_settings_of_the_rig_say_so(stage: Stage) -> None:
    """Two rigs, one with raw_keys."""
    lab = Lab(stage)
    plain, trusted = lab.rig("plain"), lab.rig("trusted", raw_keys=True)
    await lab.open()
    for number, rig in enumerate((plain, trusted)):
        session = f"{number}" * 8 + "-0000-4000-8000-000000000000"
        rig.need(
            session, alyx_id=await lab.record(session, number=number + 1), repository=REPOSITORY, store_wanted=True
        )
    await lab.until(lambda: plain.loans and trusted.loans)
    lent = [rig.loans[-1].store for rig in (plain, trusted)]
    assert [store.grant for store in lent if store] == [Grant.SIGNED, Grant.RAW]
    assert [store.secret_key.reveal() for store in lent if store] == ["", SECRET_KEY]


@unopened
async def test_a_record_of_another_session_opens_no_store(stage: Stage) -> None:
    """The record must carry the rig's session as its marker; a path in the place of an id is not asked for."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    foreign = await lab.record("22222222-2222-4222-8222-222222222222")
    for number, alyx_id in enumerate((foreign, "../users/admin", f"{foreign}/x")):
        rig.need(alyx_id=alyx_id, repository=REPOSITORY, store_wanted=True)
        await lab.until(lambda count=number: len(rig.refusals) > count)  # type: ignore[misc]  # a default of its own
        rig.done()
        await stage.runtime.sleep(1.0)
    assert [finding.field for _, finding in rig.refusals] == ["session"] * 3
    assert all(loan.store is None for loan in rig.loans)
    assert not stage.alyx.asked("/sessions/..")


@pytest.mark.parametrize("subject", ["", "a/b", "..", ".hidden", "a\\b", "*", "a?", "%2e%2e", "a\nb", "/"])
def test_a_subject_that_is_no_folder_opens_no_store(subject: str) -> None:
    """Whoever may rename subjects in Alyx must not thereby reach other folders of the store."""

    @unopened
    async def story(stage: Stage) -> None:
        await Lab(stage).open()
        assert stage.house.rigs is not None
        record = {"subject": subject, "start_time": "2026-11-20T10:00:00", "number": 3}
        with pytest.raises(Refused):
            await stage.house.rigs.lending._stores._place(ADMIN, REPOSITORY, record)
        place = await stage.house.rigs.lending._stores._place(ADMIN, REPOSITORY, record | {"subject": "A-1.b_c d"})
        assert place.key.startswith("CogLab/Subjects/A-1.b_c d/2026-11-20/003/")

    story()


@unopened
async def test_the_policy_looks_at_the_session_as_alyx_has_it(stage: Stage) -> None:
    """A rig that names an allowed subject for another one's session gets no store."""
    lab = Lab(stage)
    rig = lab.rig(subjects=("TestSubject",))
    await lab.open()
    alyx_id = await lab.record(subject="Algernon")
    rig.need(alyx_id=alyx_id, repository=REPOSITORY, store_wanted=True)
    await lab.until(lambda: rig.refusals)
    assert rig.refusals[0][1].field == "subject"
    assert all(loan.store is None for loan in rig.loans)


@unopened
async def test_a_lease_is_renewed_at_half_time_while_it_is_needed(stage: Stage) -> None:
    """The same id again, with the secrets of now; once the work is done there is no more renewal."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    rig.need(alyx_id=await lab.record(), repository=REPOSITORY, store_wanted=True)
    await lab.until(lambda: rig.loans and rig.loans[-1].store)
    begun = len(rig.loans)
    for count in (begun + 1, begun + 2):
        await stage.runtime.sleep(2 * HOURS - 200)
        assert len(rig.loans) == count - 1
        await stage.runtime.sleep(250)
        assert len(rig.loans) == count
    assert len({loan.lease_id for loan in rig.loans}) == 1
    assert all(loan.store for loan in rig.loans[begun - 1 :])
    rig.done()
    await stage.runtime.sleep(10 * HOURS)
    assert len(rig.loans) == begun + 2
    assert stage.house.rigs is not None
    assert stage.house.rigs.lending.leases() == []


@unopened
async def test_without_alyx_the_account_is_lent_and_the_token_follows(stage: Stage) -> None:
    """The session gets its account at once; the token when Alyx is back, by itself."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    stage.house.accounts.forget_token(ADMIN)
    await stage.house.credentials.put_password(ADMIN, Secret(PASSWORD))
    stage.away()
    rig.need()
    await lab.until(lambda: rig.loans)
    assert not rig.loans[0].token
    await stage.runtime.sleep(120)
    assert len(rig.loans) == 1
    stage.back()
    await lab.until(lambda: len(rig.loans) > 1, 3600)
    assert rig.loans[-1].token
    assert rig.loans[-1].lease_id == rig.loans[0].lease_id


@unopened
async def test_each_refusal_has_its_reason(stage: Stage) -> None:
    """Nobody logged in, another's account, keyring locked, settings, no key pair: said once, and lent once mended."""
    lab = Lab(stage)
    rig, barred = lab.rig(), lab.rig("barred", lend=Lend.NEVER)
    await lab.open(enter=False)
    rig.need()
    barred.need("33333333-3333-4333-8333-333333333333")
    await lab.until(lambda: rig.refusals and barred.refusals)
    assert (rig.refusals[0][1].field, barred.refusals[0][1].field) == ("login", "policy")
    await stage.runtime.sleep(300)
    assert len(rig.refusals) == len(barred.refusals) == 1
    await stage.enter()
    await lab.until(lambda: rig.loans, 5)
    rig.change(account=OTHER, token_wanted=True)
    await lab.until(lambda: len(rig.refusals) == 2)
    assert "researcher" in rig.refusals[1][1].message
    assert barred.loans == []


@unopened
async def test_a_locked_keyring_is_named(stage: Stage) -> None:
    """An account that was proved before, whose password is behind a locked keyring."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    stage.house.accounts.forget_token(ADMIN)
    stage.keyring.locked = True
    rig.need()
    await lab.until(lambda: rig.refusals)
    assert rig.refusals[0][1].field == "keyring"
    assert rig.loans == []


@unopened
async def test_without_the_key_pair_the_token_is_lent_and_the_reason_told(stage: Stage) -> None:
    """The rig's record goes on in Alyx; the store follows as soon as the key pair is handed over."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    await stage.house.credentials.remove("store", STORE, "")
    rig.need(alyx_id=await lab.record(), repository=REPOSITORY, store_wanted=True)
    await lab.until(lambda: rig.refusals)
    assert rig.refusals[0][1].field == "credentials"
    assert rig.loans[-1].token
    assert rig.loans[-1].store is None
    await stage.enter()
    await lab.until(lambda: rig.loans[-1].store is not None, 5)


@unopened
async def test_of_a_file_server_nothing_is_lent_and_the_rig_is_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even to a rig that is trusted with raw keys: whoever has the password may do anything on the share."""

    async def refused(*_given: object) -> None:
        raise Refused("Nothing of the file server can be lent.", about="share", hint="Log in there.")

    lab = Lab(stage)
    rig = lab.rig(raw_keys=True)
    await lab.open()
    monkeypatch.setattr(stage.house.credentials._door, "scoped_keys", refused)
    rig.need(alyx_id=await lab.record(), repository=REPOSITORY, store_wanted=True)
    await lab.until(lambda: rig.refusals)
    assert rig.refusals[0][1].hint == "Log in there."
    assert rig.loans[-1].token
    assert rig.loans[-1].store is None


@unopened
async def test_a_session_of_another_rig_is_refused(stage: Stage) -> None:
    """Who told of it first has it: in its needs, or in what it tells of its sessions; also across a restart."""
    lab = Lab(stage)
    owner, thief = lab.rig("owner"), lab.rig("thief")
    await lab.open()
    owner.need()
    await lab.until(lambda: owner.loans)
    thief.need()
    await lab.until(lambda: thief.refusals)
    assert thief.refusals[0][1].field == "session"
    owner.tell(Kind.SESSION, "44444444-4444-4444-8444-444444444444", '{"subject": "TestSubject"}')
    await stage.runtime.sleep(2)
    owner.die()
    thief.done()
    await stage.close()
    await lab.open()
    thief.need("44444444-4444-4444-8444-444444444444")
    await lab.until(lambda: len(thief.refusals) == 2)
    assert thief.loans == []


@unopened
async def test_a_restarted_rig_is_lent_to_again_on_the_same_path(stage: Stage) -> None:
    """It lost what it had; its needs are enough."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    rig.need()
    await lab.until(lambda: rig.held)
    rig.die()
    await stage.runtime.sleep(600)
    assert rig.held == {}
    rig.live()
    await lab.until(lambda: rig.held, 20)
    assert rig.loans[-1].session_id == SESSION


@unopened
async def test_a_restarted_control_pc_lends_again(stage: Stage) -> None:
    """Its own leases of an earlier life are unknown to it: it lends anew, whatever the rig shows."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    rig.need(alyx_id=await lab.record(), repository=REPOSITORY, store_wanted=True)
    await lab.until(lambda: rig.loans and rig.loans[-1].store)
    old = rig.loans[-1].lease_id
    await stage.close()
    await lab.open()
    await lab.until(lambda: rig.loans[-1].lease_id != old)
    assert rig.loans[-1].store


@unopened
async def test_a_token_that_alyx_refuses_is_fetched_anew(stage: Stage) -> None:
    """The rig wants the token it was lent: this bridge asks Alyx itself, and logs in again from the keyring."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open(enter=False)
    await stage.house.accounts.log_in(ALYX, "admin", Secret(PASSWORD), remember=True)
    rig.need()
    await lab.until(lambda: rig.loans)
    await stage.runtime.sleep(30)
    old = stage.house.accounts.own_token(ADMIN)
    stage.world.core.accounts.revoke("admin")
    rig.change(token_wanted=True)
    await lab.until(lambda: rig.loans[-1].token != old, 120)
    assert rig.loans[-1].token


@unopened
async def test_requests_are_signed_for_the_lease_of_that_rig_only(stage: Stage) -> None:
    """Another rig, another session, another lease, a lease that was taken back: refused; the good one is signed."""
    lab = Lab(stage)
    rig, thief = lab.rig(), lab.rig("thief")
    await lab.open()
    rig.need(alyx_id=await lab.record(), repository=REPOSITORY, store_wanted=True)
    await lab.until(lambda: rig.loans)
    lease_id = rig.loans[-1].lease_id
    good = _request("good", stage, lease_id)
    rig.ask(good, _request("lease", stage, "55555555-5555-4555-8555-555555555555"))
    thief.ask(_request("theft", stage, lease_id))
    await lab.until(lambda: len(rig.signed) == 2 and thief.signed)
    answers = {signed.id: signed for signed in (*rig.signed, *thief.signed)}
    assert "AWS4-HMAC-SHA256" in answers["good"].headers["Authorization"]
    assert SECRET_KEY not in str(answers["good"].headers)
    assert answers["lease"].refusal
    assert answers["theft"].refusal
    assert not answers["theft"].headers
    assert "Authorization" not in repr(answers["good"])
    rigs = stage.house.rigs
    assert rigs is not None
    await rigs.revoke(lease_id)
    rig.ask(_request("late", stage, lease_id))
    await lab.until(lambda: any(signed.id == "late" for signed in rig.signed))
    assert rig.signed[-1].refusal


@unopened
async def test_a_rig_may_ask_for_a_signature_before_its_answer_to_the_loan_is_here(stage: Stage) -> None:
    """It uses the lease the moment it has it; a refusal would make its upload wait for a minute."""
    lab = Lab(stage)
    rig = lab.rig()
    rig.on_push = lambda loan: rig.ask(*([_request("early", stage, loan.lease_id)] if loan.store else []))
    await lab.open()
    rig.need(alyx_id=await lab.record(), repository=REPOSITORY, store_wanted=True)
    await lab.until(lambda: rig.signed)
    assert rig.loans[0].store is None, "the token goes ahead"
    assert rig.signed[0].refusal == ""


def _request(identity: str, stage: Stage, lease_id: str) -> SignRequest:
    return SignRequest(
        id=identity,
        session_id=SESSION,
        lease_id=lease_id,
        method="PUT",
        bucket="coglab",
        key=PREFIX + "events.table.x.tsv",
        query={},
        headers={"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="},
        content_sha256="UNSIGNED-PAYLOAD",
        moment=stage.runtime.now().isoformat(),
    )


@unopened
async def test_a_session_goes_on_after_a_logout(stage: Stage) -> None:
    """What was accepted is delivered: a lease of that account is renewed, and begun for nobody else."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    rig.need()
    await lab.until(lambda: rig.loans)
    stage.house.accounts.log_out(ALYX, "admin")
    await stage.runtime.sleep(3 * HOURS)
    assert len(rig.loans) == 2
    rig.need("22222222-2222-4222-8222-222222222222", account=ADMIN)
    await lab.until(lambda: rig.refusals)
    assert len(rig.loans) == 2
