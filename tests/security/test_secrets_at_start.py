"""Secrets for a computer without a keyring: from stdin, systemd credentials, the environment."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2, credentials_pb2_grpc, status_pb2
from cagelab_bridge.errors import InvalidInput, Unreachable
from cagelab_bridge.models import AccountKey
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.accounts.start_secrets import Handed, StartSecrets, parse
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.lab import Lab
from tests.simulation.world import ALYX, STORE
from tests.unit.services.stage import PASSWORD, SECRET_KEY, Stage, staged

CANARY = "handed-canary-5a1c"


def lines(lab: Lab) -> str:
    """What a person would write down for this lab."""
    return (
        f"# the lab\nalyx {lab.alyx_url} {lab.user} {lab.password}\n\nstore {lab.s3_url} {lab.s3_key} {lab.s3_secret}\n"
    )


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    """A bridge that is not started yet."""
    made = Bridge(tmp_path)
    yield made
    made.end()


def sources(bridge: Bridge) -> dict[int, str]:
    """Where the bridge has its secrets from, by their kind, once it is logged in with them."""
    wait_until(lambda: all_in(bridge.call("GetStatus", status_pb2.GetStatusRequest())))
    listed = credentials_pb2_grpc.CredentialsStub(bridge.channel).ListCredentials(
        credentials_pb2.ListCredentialsRequest(), metadata=bridge.metadata, timeout=30
    )
    return {held.kind: held.source for held in listed.credentials}


def all_in(status: status_pb2.GetStatusResponse) -> bool:
    return bool(status.accounts) and all(account.logged_in for account in status.accounts) and bool(status.stores)


def every(source: str) -> dict[int, str]:
    return {credentials_pb2.CREDENTIAL_KIND_ALYX: source, credentials_pb2.CREDENTIAL_KIND_STORE: source}


def kept_by_the_kernel(pid: int) -> bytes:
    """What root finds in /proc of a process; others may not read the environment of a bridge."""
    names = ("environ", "cmdline") if os.geteuid() == 0 else ("cmdline",)
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in names)


def test_secrets_come_from_stdin(bridge: Bridge, lab: Lab) -> None:
    """`serve --secrets-stdin` logs in and holds them in memory only; nothing of them is in the state folder."""
    bridge.start("--secrets-stdin", text=lines(lab))
    assert sources(bridge) == every("memory")
    files = [path for path in bridge.folder.rglob("*") if path.is_file()]
    assert [path for path in files if lab.s3_secret.encode() in path.read_bytes()] == []


def test_secrets_come_from_systemd_credentials(tmp_path: Path, lab: Lab) -> None:
    """Files that systemd decrypted for this service alone; those of other names are not looked at."""
    given = tmp_path / "credentials"
    given.mkdir()
    first, second = (line for line in lines(lab).splitlines() if line and line[0] != "#")
    (given / "cagelab-bridge.alyx").write_text(first + "\n")
    (given / "cagelab-bridge.store").write_text(second)  # as `systemd-creds` leaves it, without a line's end
    (given / "another-service").write_bytes(b"\xff no business of ours")
    bridge = Bridge(tmp_path)
    bridge.extra["CREDENTIALS_DIRECTORY"] = str(given)
    bridge.start()
    try:
        assert sources(bridge) == every("systemd")
    finally:
        bridge.end()


def test_secrets_in_the_environment_are_read_once_and_gone(tmp_path: Path, lab: Lab) -> None:
    """The kernel keeps a program's first environment, so the bridge takes its own place: same process, clean /proc."""
    bridge = Bridge(tmp_path)
    first, second = (line for line in lines(lab).splitlines() if line and line[0] != "#")
    bridge.extra |= {"CAGELAB_BRIDGE_SECRET_1": first, "CAGELAB_BRIDGE_SECRETS": second}
    bridge.start()
    try:
        assert sources(bridge) == every("environment")
        seen = kept_by_the_kernel(bridge.pid)
        assert b"CAGELAB_BRIDGE_STATE" in seen or os.geteuid() != 0  # so the absence below means something
        for text in (lab.password, lab.s3_secret, "CAGELAB_BRIDGE_SECRET"):
            assert text.encode() not in seen
    finally:
        bridge.end()


def test_wrong_secrets_end_the_start_with_a_sentence(tmp_path: Path) -> None:
    """The line is named by its number; nothing of it is repeated."""
    bridge = Bridge(tmp_path)
    (tmp_path / "empty.toml").touch()
    done = bridge.command(
        "serve", "--config", str(tmp_path / "empty.toml"), "--secrets-stdin", text=f"\nalyx http://a {CANARY}\n"
    )
    assert done.returncode == 3
    assert "Line 2 of the secrets" in done.stderr
    assert "alyx URL USER PASSWORD" in done.stderr
    assert CANARY not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_the_sandbox_takes_no_secrets(tmp_path: Path) -> None:
    """It has its own; a real one must not come near it."""
    done = Bridge(tmp_path).command("serve", "--sandbox", "--secrets-stdin", text=f"store http://s k {CANARY}\n")
    assert done.returncode == 2
    assert CANARY not in done.stderr + done.stdout


def test_too_much_in_the_environment_is_refused(tmp_path: Path) -> None:
    """What does not fit through the pipe to the new program must not stay in the old one's environment in silence."""
    bridge = Bridge(tmp_path)
    bridge.extra["CAGELAB_BRIDGE_SECRET"] = f"store http://s k {CANARY * 3000}"
    done = bridge.command("serve")
    assert done.returncode == 3
    assert "--secrets-stdin" in done.stderr
    assert CANARY not in done.stderr + done.stdout


@pytest.mark.parametrize(
    "wrong", ["alyx", "alyx http://a ann", f"store http://s {CANARY}", f"nas x y {CANARY}", "alyx   x"]
)
def test_what_is_not_understood_is_never_quoted(wrong: str) -> None:
    """It may be a secret with a slip of the keyboard."""
    with pytest.raises(InvalidInput) as caught:
        parse(f"# comment\n{wrong}\n", "systemd")
    assert "Line 2" in caught.value.message
    assert CANARY not in f"{caught.value}{caught.value.hint}"


def test_passwords_may_hold_blanks_and_addresses_may_be_left_to_the_settings() -> None:
    """A - stands for what the settings say."""
    assert parse("alyx - - pass  word \r\n", "memory") == [
        Handed(kind="alyx", endpoint="", identity="", secret=Secret("pass  word "), source="memory")
    ]


@staged
async def test_an_alyx_that_is_away_at_the_start_is_tried_until_it_is_back(stage: Stage) -> None:
    """A power cut starts the bridge before the server."""
    fault = stage.away(3)
    handed = parse(f"alyx {ALYX} admin {PASSWORD}\nstore {STORE} key {SECRET_KEY}", "systemd")
    house = stage.house
    await StartSecrets(house.accounts, house.credentials, stage.runtime, house.delivery.wake_all).take(handed)
    assert fault.count == 0 or stage.alyx.asked("auth-token") > 1
    assert [state.logged_in for state in house.accounts.states()] == [True]
    assert {held.source for held in house.credentials.held()} == {"systemd"}
    assert stage.keyring.kept == {}
    # A token that Alyx forgot is renewed from memory, without the keyring.
    house.accounts.forget_token(house.accounts.pick())
    stage.keyring.locked = True
    assert await house.accounts.awake(house.accounts.pick())
    # After a logout the password is gone.
    key = house.accounts.log_out("", "")
    assert key not in house.accounts._handed


@staged
async def test_an_alyx_that_is_away_keeps_no_other_account_waiting(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The accounts that can be logged in are, whatever stands before them in the list."""
    house = stage.house
    log_in = house.accounts.log_in

    async def away(url: str, username: str, password: Secret, *, remember: bool) -> AccountKey:
        if username == "researcher":
            raise Unreachable("Alyx does not answer.")
        return await log_in(url, username, password, remember=remember)

    monkeypatch.setattr(house.accounts, "log_in", away)
    handed = parse(f"alyx {ALYX} researcher whatever\nalyx {ALYX} admin {PASSWORD}", "systemd")
    secrets = StartSecrets(house.accounts, house.credentials, stage.runtime, house.delivery.wake_all)
    taking = asyncio.ensure_future(secrets.take(handed))
    await stage.until(lambda: [state.logged_in for state in house.accounts.states()] == [True], 60)
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)


@staged
async def test_a_wrong_password_is_tried_once(stage: Stage) -> None:
    """An account must not be locked out by a bridge that insists."""
    house = stage.house
    handed = parse(f"alyx {ALYX} admin wrong-pw-77aa", "environment")
    await StartSecrets(house.accounts, house.credentials, stage.runtime, house.delivery.wake_all).take(handed)
    assert stage.alyx.asked("auth-token") == 1
    assert house.accounts.states() == []


def test_a_process_that_starts_with_secrets_and_is_looked_at_at_once_is_clean() -> None:
    """Only the first instant of the process has them: from the restart on they are nowhere to be read."""
    program = """
import asyncio
import os
from cagelab_bridge.cli import start_secrets
print(os.getpid(), flush=True)
found = start_secrets.gather(os.environ, from_stdin=False)
own = open("/proc/self/environ").read()
print(os.getpid(), [secret.secret.reveal() for secret in found], "canary" in own)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "CAGELAB_BRIDGE_SECRET": f"store http://s k {CANARY}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    first, again, last = done.stdout.splitlines()
    assert first == again
    assert last == f"{first} [{CANARY!r}] False"
