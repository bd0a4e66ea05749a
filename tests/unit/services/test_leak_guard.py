"""Files that hold a secret of the bridge are not stored."""

from __future__ import annotations

import dataclasses
import logging
import sys
from collections.abc import Callable
from operator import attrgetter

from cagelab_bridge.models import File, FileState
from cagelab_bridge.secret import Secret
from cagelab_bridge.services import health
from cagelab_bridge.services.accounts.leak_guard import LeakGuard, MaskedFormatter
from tests.simulation.world import ALYX, STORE
from tests.unit.services.stage import PASSWORD, SECRET_KEY, Stage, staged

Look = Callable[[File], bool]
BLOCKED: Look = attrgetter("trouble.blocked")
WAITING: Look = attrgetter("trouble.waiting")
DONE: Look = lambda file: file.state is FileState.DONE  # noqa: E731 - one of three of its kind
NAMES = ["the Alyx password of admin", "the Alyx token of admin", f"the secret key of {STORE}"]


def held(stage: Stage) -> dict[str, str]:
    """Every secret the bridge holds, by its name."""
    return {secret.name: secret.secret.reveal() for secret in stage.house.credentials.guard.watched()}


async def file_when(stage: Stage, transfer: str, look: Look) -> File:
    """The only file of a transfer, once that is true of it."""

    def found() -> bool:
        rows = list(stage.rows(transfer).values())  # none, before the transfer is listed
        return bool(rows) and look(rows[0])

    await stage.until(found)
    return next(iter(stage.rows(transfer).values()))


@staged
async def test_the_bridge_watches_all_it_holds(stage: Stage) -> None:
    """Password, token and secret key; after the logout the password is forgotten."""
    await stage.enter()
    assert sorted(held(stage)) == NAMES
    stage.house.accounts.log_out("", "")
    assert sorted(held(stage)) == NAMES[1:]


@staged
async def test_a_file_with_a_secret_is_blocked_and_never_reaches_alyx_or_the_store(stage: Stage) -> None:
    """The reason names the kind of secret and not the secret; the hint says what to do."""
    await stage.enter()
    for number, (name, secret) in enumerate(held(stage).items()):
        session, told = await stage.start(), f"opticka.raw.{number}.mat"
        stage.write(session, told, data=b"\0".join([b"before", secret.encode("utf-16-le"), b"after"]))
        asked, sent = stage.alyx.asked("register-file"), len(stage.store.sent)
        transfer = stage.upload(session, told)
        file = await file_when(stage, transfer, BLOCKED)
        assert file.state is FileState.ACCEPTED
        assert file.trouble.reason == f"{session.folder}/{told} holds {name}."
        assert "leak_guard" in file.trouble.hint
        assert secret not in file.trouble.reason + file.trouble.hint
        assert (stage.alyx.asked("register-file"), len(stage.store.sent)) == (asked, sent)
        # Saved again without it, it goes on.
        stage.write(session, told, data=b"without")
        stage.house.transfers.retry(transfer)
        await file_when(stage, transfer, DONE)


@staged
async def test_a_file_read_before_the_secret_came_is_searched_before_it_is_sent(stage: Stage) -> None:
    """Keys that are handed over later must not go into the store with a file that holds them."""
    await stage.house.accounts.log_in(ALYX, "admin", Secret(PASSWORD), remember=False)
    session = await stage.start()
    stage.write(session, "opticka.raw.1.mat", data=SECRET_KEY.encode())
    transfer = stage.upload(session, "opticka.raw.1.mat")
    file = await file_when(stage, transfer, WAITING)
    assert file.state is FileState.REGISTERED
    await stage.house.credentials.put_store(STORE, "key", Secret(SECRET_KEY), keep=False)
    stage.house.delivery.wake_all()
    file = await file_when(stage, transfer, BLOCKED)
    assert file.trouble.reason.endswith(f"holds the secret key of {STORE}.")
    assert not any(order.startswith(("PUT", "POST")) for order in stage.store.sent)


@staged
async def test_a_lab_may_switch_the_search_off(stage: Stage) -> None:
    """With leak_guard = "off" the file is stored as it is."""
    await stage.restart(files_leak_guard=False)
    await stage.enter()
    session = await stage.start()
    stage.write(session, "opticka.raw.1.mat", data=SECRET_KEY.encode())
    transfer = stage.upload(session, "opticka.raw.1.mat")
    await file_when(stage, transfer, DONE)


def test_a_guard_that_is_off_keeps_nothing() -> None:
    """No secret is held for a search nobody wants."""
    guard = LeakGuard(on=False)
    guard.watch(("a",), "a", Secret("long enough"))
    assert guard.watched() == ()


def test_short_secrets_are_told_and_not_searched_for() -> None:
    """A password of seven letters would block every file by chance."""
    guard = LeakGuard()
    guard.watch(("a",), "the Alyx password of anna", Secret("short-7"))
    assert guard.watched() == ()
    assert [finding.value for finding in guard.findings()] == ["the Alyx password of anna"]


@staged
async def test_status_tells_of_a_short_secret_and_a_locked_keyring(stage: Stage) -> None:
    """Both weaken what the bridge promises."""
    stage.house.credentials.guard.watch(("a",), "the Alyx password of anna", Secret("short-7"))
    stage.keyring.locked = True
    found = health.look(stage.journal, stage.house.accounts, stage.house.credentials, stage.house.clock).notices
    assert {"secret", "keyring"} <= {finding.field for finding in found}


def test_a_replaced_secret_is_searched_for_anew() -> None:
    """What was searched for an old password was not searched for the new one."""
    guard = LeakGuard()
    guard.watch(("a",), "a", Secret("password-1"))
    guard.searched("file", guard.watched())
    assert guard.not_yet_searched("file") == ()
    guard.watch(("a",), "a", Secret("password-2"))
    assert [secret.secret.reveal() for secret in guard.not_yet_searched("file")] == ["password-2"]
    guard.done_with("file")
    assert len(guard.not_yet_searched("other")) == 1


def test_the_log_holds_no_secret() -> None:
    """Not in the text, not in an argument, not in a trace, in no spelling."""
    guard = LeakGuard()
    secret = 'quo"te ñ 31c7'
    guard.watch(("a",), "a", Secret(secret))
    formatter = MaskedFormatter(logging.Formatter("%(message)s"), guard)
    try:
        raise ValueError(secret)
    except ValueError:
        trace = sys.exc_info()
    record = logging.LogRecord("n", logging.INFO, "f", 1, "%s and %s", (secret, "quo%22te%20%C3%B1%2031c7"), trace)
    said = formatter.format(record)
    assert said.startswith("… and …\n")
    assert "ValueError: …" in said
    assert "31c7" not in said.replace("test_leak_guard", "")


def test_what_others_say_writes_no_line_of_its_own_into_the_log() -> None:
    """A rig's refusal, a server's answer: with newlines in it, and with what steers a terminal."""
    formatter = MaskedFormatter(logging.Formatter("%(levelname)s %(message)s"), LeakGuard())
    said = "no\nINFO admin logged in\r\x1b[2K\u2028INFO more\x85"
    record = logging.LogRecord("n", logging.INFO, "f", 1, "rig7 said: %s", (said,), None)
    assert formatter.format(record).splitlines() == [
        "INFO rig7 said: no",
        r"    INFO admin logged in\r\x1b[2K\u2028INFO more\x85",
    ]


def test_watched_secrets_do_not_print() -> None:
    """The list of what is searched for is full of secrets."""
    guard = LeakGuard()
    guard.watch(("a",), "a", Secret("canary-31c7"))
    assert "canary" not in f"{guard.watched()} {dataclasses.replace(guard.watched()[0])} {vars(guard)}"
