"""Secrets in the operating system's keyring."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from cagelab_bridge import ports
from cagelab_bridge.daemon_threads import DaemonThreads
from cagelab_bridge.errors import InvalidInput, KeyringTrouble
from cagelab_bridge.keys.backends import ALLOWED, Choice
from cagelab_bridge.keys.keyring import SystemKeyring, account_name
from cagelab_bridge.keys.sandbox_keyring import NoKeyring
from cagelab_bridge.ports import KeyringState, KeyringView
from cagelab_bridge.secret import Secret
from tests.unit.keys.fake_backend import MemoryBackend

PLACE = ("alyx", "http://alyx:8000", "cagelab")
NAME = "keyring.backends.SecretService.Keyring"
QUICK = {"read_seconds": 0.2, "write_seconds": 0.3}
NO_BUS = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus", "XDG_RUNTIME_DIR": "/nonexistent"}


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend()


@pytest.fixture
def keyring(backend: MemoryBackend) -> SystemKeyring:
    return SystemKeyring(DaemonThreads(2), lambda: Choice(KeyringState.READY, NAME, backend), **QUICK)


def in_a_new_process(program: str, **environ: str) -> str:
    """What a program prints that runs without a D-Bus session."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.defpath, "HOME": "/nonexistent", "PYTHONPATH": str(Path.cwd()), **NO_BUS, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


STATE = """
from cagelab_bridge.daemon_threads import DaemonThreads
from cagelab_bridge.keys.keyring import SystemKeyring
seen = SystemKeyring(DaemonThreads(1)).look()
print(seen.state, seen.backend)
"""
PUT = """
from cagelab_bridge.daemon_threads import DaemonThreads
from cagelab_bridge.errors import KeyringTrouble
from cagelab_bridge.keys.keyring import SystemKeyring
from cagelab_bridge.secret import Secret
try:
    SystemKeyring(DaemonThreads(1)).put("alyx", "http://alyx:8000", "cagelab", Secret("canary"))
except KeyringTrouble as trouble:
    print(trouble.message, trouble.hint)
"""


def test_without_a_desktop_bus_the_keyring_is_absent() -> None:
    """A system service or a plain ssh session has none; the hint says what to install and what works without."""
    assert in_a_new_process(STATE) == "absent"
    told = in_a_new_process(PUT)
    assert "gnome-keyring" in told
    assert "--secrets-stdin" in told


def test_a_plain_text_backend_is_refused_even_when_it_is_the_default() -> None:
    """The library would take it from the environment; we name it and never call it."""
    fake = {"PYTHON_KEYRING_BACKEND": "tests.unit.keys.fake_backend.PlainTextKeyring"}
    default = "import keyring; print(type(keyring.get_keyring()).__name__)"
    assert in_a_new_process(default, **fake) == "PlainTextKeyring"  # so the refusal below means something
    assert in_a_new_process(STATE, **fake) == "refused tests.unit.keys.fake_backend.PlainTextKeyring"
    told = in_a_new_process(PUT, **fake)
    assert "plain text" in told
    assert "canary" not in told


def test_a_plain_text_backend_that_another_package_brings_is_refused(tmp_path: Path) -> None:
    """An installed package announces itself by an entry point; it is named without being imported."""
    info = tmp_path / "keyrings_alt-5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: keyrings.alt\nVersion: 5\n")
    (info / "entry_points.txt").write_text("[keyring.backends]\nfile = keyrings.alt.file\n")
    told = in_a_new_process(STATE, PYTHONPATH=f"{Path.cwd()}{os.pathsep}{tmp_path}")
    assert told == "refused keyrings.alt.file"


def test_all_allowed_backends_exist_in_the_library() -> None:
    """A name that the library drops would silently turn a keyring into none."""
    for module, name in ALLOWED:
        program = f"import keyring.backends.{module} as module; print(hasattr(module, {name!r}))"
        assert in_a_new_process(program) == "True"


def test_importing_our_keyring_imports_no_library() -> None:
    """The server starts fast."""
    program = (
        "import sys, cagelab_bridge.keys.keyring, cagelab_bridge.keys.sandbox_keyring; print('keyring' in sys.modules)"
    )
    assert in_a_new_process(program) == "False"


def test_what_is_put_comes_back_until_it_is_removed(keyring: SystemKeyring, backend: MemoryBackend) -> None:
    """Kept under our service and an account that names kind, endpoint and identity."""
    assert keyring.get(*PLACE) is None
    keyring.put(*PLACE, Secret("canary"))
    assert backend.kept == {("cagelab-bridge", "alyx:http://alyx:8000:cagelab"): "canary"}
    assert keyring.get(*PLACE) == Secret("canary")
    assert keyring.remove(*PLACE) is True
    assert keyring.get(*PLACE) is None
    assert keyring.remove(*PLACE) is False


def test_a_secret_never_goes_to_another_endpoint(keyring: SystemKeyring) -> None:
    """A changed address must not receive the old secret, and no two accounts share a name."""
    keyring.put(*PLACE, Secret("canary"))
    assert keyring.get("alyx", "http://alyx:8001", "cagelab") is None
    assert keyring.get("store", "http://alyx:8000", "cagelab") is None
    assert account_name("alyx", "http://h", "8000:bob") != account_name("alyx", "http://h:8000", "bob")
    assert account_name("alyx", "http://h", "a%3Ab") != account_name("alyx", "http://h", "a:b")


@pytest.mark.parametrize(
    "place", [("", "http://h", "u"), ("alyx", "", "u"), ("alyx", "http://h", ""), ("a:b", "h", "u")]
)
def test_an_account_needs_all_its_parts(place: tuple[str, str, str]) -> None:
    """An empty part would make one secret answer for many."""
    with pytest.raises(InvalidInput):
        account_name(*place)


def test_a_keyring_that_gives_back_something_else_is_told(keyring: SystemKeyring, backend: MemoryBackend) -> None:
    """Write, read back, compare: a secret that was cut off is forgotten and reported at once, not at the next start."""
    backend.spoil = lambda text: text[:3]
    with pytest.raises(KeyringTrouble, match="something else"):
        keyring.put(*PLACE, Secret("canary"))
    assert backend.kept == {}


def test_the_last_word_of_the_keyring_is_remembered(keyring: SystemKeyring, backend: MemoryBackend) -> None:
    """GetStatus tells it without asking: each call and each look renews it."""
    assert keyring.last_seen() is None
    keyring.get(*PLACE)
    assert keyring.last_seen() == KeyringView(state=KeyringState.READY, backend=NAME)
    backend.fail = KeyringLocked("")
    with pytest.raises(KeyringTrouble):
        keyring.get(*PLACE)
    seen = keyring.last_seen()
    assert seen is not None
    assert seen.state is KeyringState.LOCKED
    assert seen.reason == f"This computer's keyring is locked ({NAME}: KeyringLocked)."


class KeyringLocked(Exception):
    """As the library raises it."""


class PromptDismissedException(Exception):
    """As SecretStorage raises it."""


@pytest.mark.parametrize("failure", [KeyringLocked("canary"), PromptDismissedException("canary")])
def test_a_locked_keyring_is_not_an_empty_one(
    keyring: SystemKeyring, backend: MemoryBackend, failure: Exception
) -> None:
    """None means that nothing is kept; a locked keyring is a trouble, with the hint to log in on the desktop."""
    backend.fail = failure
    assert (keyring.look().state, keyring.look().backend) == (KeyringState.LOCKED, NAME)
    for call in (lambda: keyring.get(*PLACE), lambda: keyring.remove(*PLACE)):
        with pytest.raises(KeyringTrouble) as caught:
            call()
        assert "log in on the desktop" in caught.value.hint


def test_a_backends_exception_does_not_travel_on(keyring: SystemKeyring, backend: MemoryBackend) -> None:
    """It may quote what it was given; only the name of its class is told."""
    hidden = "".join(["s3c", "r3t"])  # so that the lines of this test, which a traceback shows, do not hold it
    backend.fail = ValueError(hidden)
    with pytest.raises(KeyringTrouble, match="ValueError") as caught:
        keyring.put(*PLACE, Secret(hidden))
    assert caught.value.__context__ is None
    assert hidden not in "".join(traceback.format_exception(caught.value))
    assert keyring.look().state == KeyringState.ABSENT


def test_a_keyring_that_appears_later_is_found() -> None:
    """Whoever logs in on the desktop after the bridge started need not restart it."""
    choices = [Choice(KeyringState.ABSENT), Choice(KeyringState.READY, "later", MemoryBackend())]
    keyring = SystemKeyring(DaemonThreads(1), lambda: choices.pop(0))
    with pytest.raises(KeyringTrouble):
        keyring.get(*PLACE)
    assert keyring.get(*PLACE) is None


def test_the_sandbox_touches_no_keyring() -> None:
    """Every call is refused, in words."""
    keyring: ports.Keyring = NoKeyring()
    for call in (
        lambda: keyring.get(*PLACE),
        lambda: keyring.put(*PLACE, Secret("x")),
        lambda: keyring.remove(*PLACE),
    ):
        with pytest.raises(KeyringTrouble, match="The sandbox never touches the keyring"):
            call()
