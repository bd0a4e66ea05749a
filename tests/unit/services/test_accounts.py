"""Accounts: who may be used, and what happens when Alyx no longer takes the token."""

from __future__ import annotations

import asyncio

import pytest

from cagelab_bridge.errors import Denied, InvalidInput, KeyringTrouble, LoginRefused, NotLoggedIn, Unreachable
from cagelab_bridge.models import AccountKey, AlyxState, Trouble
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.accounts.accounts import KEYRING_KIND
from cagelab_bridge.services.delivery.rounds import CREDENTIALS_POLL
from tests.simulation.world import ALYX
from tests.unit.services.stage import ADMIN, PASSWORD, Stage, entered, staged

RESEARCHER = AccountKey(alyx_url=ALYX, username="researcher")


async def log_in(stage: Stage, username: str, *, remember: bool = False) -> AccountKey:
    return await stage.house.accounts.log_in(ALYX, username, Secret(f"sandbox-{username}"), remember=remember)


@entered
async def test_a_call_that_names_no_account_means_the_last_one_that_logged_in(stage: Stage) -> None:
    """The last proved account is the default; a named one is used when it is logged in."""
    accounts = stage.house.accounts
    assert accounts.pick() == ADMIN
    await asyncio.sleep(1)
    await log_in(stage, "researcher")
    assert accounts.pick() == RESEARCHER
    assert accounts.pick("", "admin") == ADMIN
    assert accounts.pick("HTTP://127.0.0.1:8000/") == RESEARCHER


@entered
async def test_another_persons_account_is_never_taken_in_place_of_the_named_one(stage: Stage) -> None:
    """A name or an address that nobody logged in with is refused, in words that name it."""
    for url, username, said in (("", "ann", "ann"), ("http://10.0.0.1:8000", "", "10.0.0.1")):
        with pytest.raises(NotLoggedIn, match=said):
            stage.house.accounts.pick(url, username)


@entered
async def test_logout_stops_new_use(stage: Stage) -> None:
    """After Logout no call uses the account, until the next Login."""
    stage.house.accounts.log_out("", "")
    with pytest.raises(NotLoggedIn):
        stage.house.accounts.pick()
    with pytest.raises(NotLoggedIn):
        await stage.start()
    await log_in(stage, "admin")
    assert stage.house.accounts.pick() == ADMIN


@entered
async def test_logout_lets_what_was_accepted_be_delivered(stage: Stage) -> None:
    """The token is kept for the sessions that were accepted before."""
    stage.house.choices.refresh(ADMIN)
    await asyncio.sleep(5)
    stage.away()
    session = await stage.start()
    stage.house.accounts.log_out("", "")
    stage.back()
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN)


@staged
async def test_delivery_after_logout_does_not_log_the_account_in_again(stage: Stage) -> None:
    """A kept password carries old sessions to Alyx after a restart; for new use the account stays logged out."""
    await log_in(stage, "admin", remember=True)
    stage.house.choices.refresh(ADMIN)
    await asyncio.sleep(5)
    stage.away()
    session = await stage.start()
    stage.house.accounts.log_out("", "")
    stage.back()
    await stage.restart()
    await stage.until(lambda: stage.journal.sessions.get(session.id).alyx is AlyxState.OPEN)
    with pytest.raises(NotLoggedIn):
        stage.house.accounts.pick()


@entered
async def test_a_refused_token_is_forgotten_and_the_session_waits_for_a_login(stage: Stage) -> None:
    """When Alyx refuses the token, delivery waits for credentials (not blocked) and goes on after Login."""
    session = await stage.start()
    stage.world.core.accounts.revoke("admin")
    stage.end(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).trouble.waiting)
    assert not stage.journal.sessions.get(session.id).trouble.blocked
    with pytest.raises(NotLoggedIn):
        stage.house.accounts.connection(ADMIN)
    calls = len(stage.alyx.calls)
    await asyncio.sleep(10 * CREDENTIALS_POLL)
    assert len(stage.alyx.calls) == calls
    await log_in(stage, "admin")
    stage.house.delivery.wake_all()
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed, patience=30)
    assert stage.journal.sessions.get(session.id).trouble == Trouble()


@entered
async def test_a_refused_token_shows_in_the_call_that_met_it(stage: Stage) -> None:
    """The caller hears that the token was refused, and the status no longer says logged in."""
    stage.world.core.accounts.revoke("admin")
    with pytest.raises(Denied):
        await stage.house.queries.read(ADMIN, "subjects", 0)
    assert [state.logged_in for state in stage.house.accounts.states()] == [False]


@staged
async def test_a_password_kept_by_name_logs_in_alone(stage: Stage) -> None:
    """With --remember the password is in the keyring, and a new process delivers without anybody typing it."""
    await log_in(stage, "admin", remember=True)
    assert stage.keyring.kept[KEYRING_KIND, ALYX, "admin"].reveal() == PASSWORD
    session = await stage.start()
    await stage.restart()
    stage.end(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)


@staged
async def test_a_start_logs_in_from_the_keyring_by_itself(stage: Stage) -> None:
    """A kept password is used at the start, before any work asks for it; a logged-out account stays out."""
    await log_in(stage, "admin", remember=True)
    await stage.restart()
    await stage.house.accounts.resume()
    assert [state.logged_in for state in stage.house.accounts.states()] == [True]
    stage.house.accounts.log_out("", "")
    await stage.restart()
    await stage.house.accounts.resume()
    assert stage.house.accounts.states() == []


@staged
async def test_a_keyring_that_is_unlocked_later_is_noticed(stage: Stage) -> None:
    """After a start without a desktop session the keyring is locked: once it is open, delivery goes on by itself."""
    await log_in(stage, "admin", remember=True)
    session = await stage.start()
    await stage.close()
    stage.keyring.locked = True
    stage.open()
    stage.end(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).trouble.waiting)
    stage.keyring.locked = False
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed, patience=CREDENTIALS_POLL + 5)


@staged
async def test_a_password_is_kept_only_when_asked(stage: Stage) -> None:
    """A login without --remember leaves the keyring alone."""
    await log_in(stage, "admin")
    assert stage.keyring.kept == {}


@staged
async def test_a_wrong_password_proves_nothing(stage: Stage) -> None:
    """A refused login leaves no account, keeps no password and says to type it again."""
    with pytest.raises(LoginRefused) as caught:
        await stage.house.accounts.log_in(ALYX, "admin", Secret("wrong-pw-1"), remember=True)
    assert "wrong-pw-1" not in str(caught.value)
    assert stage.keyring.kept == {}
    assert stage.house.accounts.states() == []


@staged
async def test_a_locked_keyring_does_not_stop_a_typed_login(stage: Stage) -> None:
    """The keyring is only asked when no password was given."""
    stage.keyring.locked = True
    assert await log_in(stage, "admin") == ADMIN
    with pytest.raises(KeyringTrouble):
        await stage.house.accounts.log_in(ALYX, "admin", Secret(""), remember=False)


@staged
async def test_a_login_without_password_anywhere_says_how_to_give_one(stage: Stage) -> None:
    """No password given and none kept: the hint names the command."""
    with pytest.raises(InvalidInput, match="keyring holds none") as caught:
        await stage.house.accounts.log_in(ALYX, "admin", Secret(""), remember=False)
    assert "--remember" in caught.value.hint


@staged
async def test_a_login_without_address_or_user_says_which_is_missing(stage: Stage) -> None:
    """The settings may name them; otherwise the sentence says what is missing."""
    for url, user, missing in (("", "admin", "address"), (ALYX, "", "user name")):
        with pytest.raises(InvalidInput, match=missing):
            await stage.house.accounts.log_in(url, user, Secret(PASSWORD), remember=False)
    await stage.restart(alyx_url=ALYX, alyx_user="admin")
    assert await stage.house.accounts.log_in("", "", Secret(PASSWORD), remember=False) == ADMIN


@entered
async def test_a_troubled_alyx_is_left_alone(stage: Stage) -> None:
    """While Alyx is away, calls fail at once with its last failure instead of knocking again and again."""
    stage.away()
    for _ in range(4):
        with pytest.raises(Unreachable):
            await stage.house.queries.read(ADMIN, "subjects", 0)
    assert stage.alyx.plan.faults[0].hits < 4
    assert [str(state.trouble) for state in stage.house.accounts.states()] != ["None"]
