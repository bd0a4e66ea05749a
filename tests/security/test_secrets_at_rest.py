"""Secrets at rest: the keyring, with a real gnome-keyring in a private D-Bus session. Attacks 67 to 69."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge.daemon_threads import DaemonThreads
from cagelab_bridge.errors import InvalidInput, KeyringTrouble
from cagelab_bridge.keys.backends import Choice
from cagelab_bridge.keys.keyring import WINDOWS, WINDOWS_UNITS, SystemKeyring
from cagelab_bridge.ports import KeyringState
from cagelab_bridge.secret import Secret
from tests.security.keyring_session import CANARY, PLACE
from tests.unit.keys.fake_backend import MemoryBackend

PROGRAMS = ("gnome-keyring-daemon", "dbus-run-session")
MISSING = [program for program in PROGRAMS if shutil.which(program) is None]
needs_gnome_keyring = pytest.mark.skipif(
    bool(MISSING) and "CI" not in os.environ, reason=f"not installed here: {', '.join(MISSING)}"
)
# A bus that starts no service by itself: what is not running is not there, and no dialog can be shown.
BUS = """<busconfig><type>session</type><listen>unix:dir=/tmp</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"""


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A home and a runtime folder of its own, and a bus."""
    for name in ("home", "data", "bridge"):
        (tmp_path / name).mkdir()
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "bus.conf").write_text(BUS)
    return tmp_path


def play(session: Path, scene: str, **environ: str) -> dict[str, Any]:
    """What a scene of keyring_session found."""
    places = {"HOME": "home", "XDG_DATA_HOME": "data", "XDG_RUNTIME_DIR": "run"}
    command = [sys.executable, "-m", "tests.security.keyring_session", scene, str(session / "bridge")]
    done = subprocess.run(
        ["dbus-run-session", f"--config-file={session / 'bus.conf'}", "--", *command],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(filter(None, (str(Path.cwd()), os.environ.get("PYTHONPATH")))),
            **{name: str(session / folder) for name, folder in places.items()},
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert CANARY not in done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def on_disk(session: Path) -> list[str]:
    """The files below the session that hold the canary in clear."""
    files = [path for path in session.rglob("*") if path.is_file()]
    return [str(path.relative_to(session)) for path in files if CANARY.encode() in path.read_bytes()]


@needs_gnome_keyring
def test_attack_67_keyring_absent(session: Path) -> None:
    """A bus without a keyring: ABSENT with what to install, nothing written."""
    found = play(session, "without_service")
    assert found["state"] == "absent"
    assert "Install" in found["hint"]
    assert "has no keyring" in found["put"]
    assert on_disk(session) == []


@needs_gnome_keyring
def test_attack_67_keyring_ready_keeps_no_plain_text(session: Path) -> None:
    """gnome-keyring with a password: READY, comes back in another process, gone after removal, never clear on disk."""
    found = play(session, "kept")
    assert found == {
        "state": "ready",
        "backend": "keyring.backends.SecretService.Keyring",
        "came_back": True,
        "removed": True,
        "gone": True,
    }
    assert on_disk(session) == []


@needs_gnome_keyring
def test_attack_67_keyring_locked(session: Path) -> None:
    """LOCKED is not "no password stored": it is told, with how to unlock it."""
    found = play(session, "locked")
    assert found["state"] == "locked"
    assert "log in on the desktop" in found["get"]
    assert on_disk(session) == []


@needs_gnome_keyring
def test_attack_67_keyring_that_hangs(session: Path) -> None:
    """It costs one limit, then nothing until it answers again; its state is LOCKED and says that it does not answer."""
    found = play(session, "hanging")
    assert found["state"] == "locked"
    assert "does not answer" in found["reason"]
    assert "does not answer" in found["again"]
    assert 0.9 < found["first"] < 3
    assert found["both"] - found["first"] < 0.5
    assert found["after"]


@needs_gnome_keyring
def test_attack_67_bridge_beside_a_keyring_that_hangs(session: Path) -> None:
    """The bridge starts, answers and stops as fast as ever, and tells how the keyring stands."""
    found = play(session, "bridge_beside_a_hanging_keyring")
    assert found["ready"] < 10
    assert found["answered"] < 2
    assert found["state"] == "locked"
    assert "does not answer" in found["listed"]
    assert found["stopped"] < 5


@needs_gnome_keyring
def test_attack_67_gnome_keyring_without_a_password_is_refused(session: Path) -> None:
    """It writes every secret into its file as text, so nothing is given to it."""
    found = play(session, "without_password")
    assert found["state"] == "refused"
    assert "without a password" in found["put"]
    assert on_disk(session) == []


@needs_gnome_keyring
@pytest.mark.parametrize(
    "environ",
    [
        {"PYTHON_KEYRING_BACKEND": "tests.unit.keys.fake_backend.PlainTextKeyring"},
        {"KEYRING_PROPERTY_GET_PASSWORD": "x", "KEYRING_PROPERTY_SCHEME": "x"},
    ],
)
def test_attack_67_environment_override_changes_nothing(session: Path, environ: dict[str, str]) -> None:
    """Where a good keyring is there, the environment can neither replace nor bend it."""
    found = play(session, "kept", **environ)
    assert found["backend"] == "keyring.backends.SecretService.Keyring"
    assert found["came_back"]


@needs_gnome_keyring
def test_secrets_are_set_listed_and_removed(session: Path) -> None:
    """`secrets set|list|remove` with a real keyring; no answer and no log line holds the secret."""
    found = play(session, "bridge_with_its_keyring")
    assert found["kept"]
    assert found["gone"]
    assert "The keyring is ready" in found["said"]
    assert CANARY not in found["said"] + found["log"]
    assert on_disk(session) == []


@pytest.mark.parametrize("plugin", ["efile", "keyrings.alt.file", "chainer-from-elsewhere"])
def test_attack_67_plugins_with_any_priority_are_only_named(tmp_path: Path, plugin: str) -> None:
    """A package whose backend claims the highest priority is named, never imported, and nothing is written."""
    info = tmp_path / "plugin-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[keyring.backends]\n{plugin} = hostile_backend\n")
    (tmp_path / "hostile_backend.py").write_text(
        "import pathlib, os; pathlib.Path(os.environ['HOME'], 'ran').touch()\n"
        "from keyring.backend import KeyringBackend\n"
        "class Backend(KeyringBackend):\n    priority = 20\n"
    )
    (tmp_path / "home").mkdir()
    program = (
        "from tests.security.keyring_session import without_service\n"
        "import json; print(json.dumps(without_service(None)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "PATH": os.defpath,
            "HOME": str(tmp_path / "home"),
            "PYTHONPATH": os.pathsep.join([str(Path.cwd()), str(tmp_path), os.environ.get("PYTHONPATH", "")]),
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["state"] == "refused"
    assert "hostile_backend" in found["put"]
    assert list((tmp_path / "home").rglob("*")) == []


def on(name: str, backend: MemoryBackend) -> SystemKeyring:
    return SystemKeyring(DaemonThreads(1), lambda: Choice(KeyringState.READY, name, backend))


@pytest.mark.parametrize("letter", ["a", "é", "𝄞"])
def test_attack_68_windows_keeps_no_more_than_1280_characters(letter: str) -> None:
    """Its store answers more with a puzzle; we say it before asking. Other keyrings have no such limit."""
    units = len(letter.encode("utf-16-le")) // 2
    fits, too_long = letter * (WINDOWS_UNITS // units), letter * (WINDOWS_UNITS // units) + "a"
    backend = MemoryBackend()
    on(WINDOWS, backend).put(*PLACE, Secret(fits))
    with pytest.raises(InvalidInput, match="1280") as caught:
        on(WINDOWS, backend).put(*PLACE, Secret(too_long))
    assert too_long not in str(caught.value)
    assert list(backend.kept.values()) == [fits]
    on("another", backend).put(*PLACE, Secret(too_long))


def test_attack_69_read_back_differs() -> None:
    """A keyring that gives back something else is an error at once, and is told to forget it."""
    backend = MemoryBackend()
    backend.spoil = lambda text: text + " "
    with pytest.raises(KeyringTrouble, match="something else"):
        on("another", backend).put(*PLACE, Secret(CANARY))
    assert backend.kept == {}
