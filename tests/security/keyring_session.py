"""Run inside a private D-Bus session: drives a real gnome-keyring, prints what it found as JSON.

python -m tests.security.keyring_session SCENE FOLDER
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2
from cagelab_bridge.daemon_threads import DaemonThreads
from cagelab_bridge.errors import KeyringTrouble
from cagelab_bridge.keys.keyring import SystemKeyring
from cagelab_bridge.secret import Secret
from tests.acceptance.bridge import Bridge, wait_until

CANARY = "kept-canary-5a1c"
PLACE = ("alyx", "http://alyx:8000", "anna")
PLAIN_FILE = "[keyring]\ndisplay-name=login\nctime=0\nmtime=0\nlock-on-idle=false\nlock-after=false\n"


def keyring() -> SystemKeyring:
    return SystemKeyring(DaemonThreads(2), read_seconds=1.0, write_seconds=5.0)


@contextmanager
def gnome_keyring(*, unlocked: bool = True) -> Iterator[subprocess.Popen[bytes]]:
    """The daemon, its login keyring open."""
    command = ["gnome-keyring-daemon", "--foreground", "--components=secrets", *(["--unlock"] if unlocked else [])]
    daemon = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert daemon.stdin is not None
    daemon.stdin.write(b"password of the login keyring")
    daemon.stdin.close()
    try:
        # Without a service of its name on the bus the keyring is absent.
        wait_until(lambda: keyring().look().state != "absent", 20)
        yield daemon
    finally:
        daemon.send_signal(signal.SIGCONT)
        daemon.terminate()
        daemon.wait(10)


def trouble_of(call: Callable[[], object]) -> str:
    try:
        call()
    except KeyringTrouble as trouble:
        return f"{trouble.message} {trouble.hint}"
    return ""


def without_service(_: Path) -> dict[str, Any]:
    seen = keyring().look()
    return {"state": seen.state, "hint": seen.hint, "put": trouble_of(lambda: keyring().put(*PLACE, Secret(CANARY)))}


def kept(_: Path) -> dict[str, Any]:
    with gnome_keyring():
        ours = keyring()
        ours.put(*PLACE, Secret(CANARY))
        again = keyring().get(*PLACE)
        return {
            "state": ours.look().state,
            "backend": ours.look().backend,
            "came_back": again == Secret(CANARY),
            "removed": ours.remove(*PLACE),
            "gone": keyring().get(*PLACE) is None,
        }


def locked(_: Path) -> dict[str, Any]:
    import secretstorage

    with gnome_keyring():
        keyring().put(*PLACE, Secret(CANARY))
        connection = secretstorage.dbus_init()
        secretstorage.get_default_collection(connection).lock()
        connection.close()
        return {"state": keyring().look().state, "get": trouble_of(lambda: keyring().get(*PLACE))}


def hanging(_: Path) -> dict[str, Any]:
    with gnome_keyring() as daemon:
        ours = keyring()
        ours.put(*PLACE, Secret(CANARY))
        daemon.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        first = ours.look()
        waited = time.monotonic() - began
        second = trouble_of(lambda: ours.get(*PLACE))
        both = time.monotonic() - began
        daemon.send_signal(signal.SIGCONT)
        wait_until(lambda: ours.look().state == "ready", 20)
        return {
            "state": first.state,
            "reason": first.reason,
            "first": waited,
            "again": second,
            "both": both,
            "after": ours.get(*PLACE) == Secret(CANARY),
        }


def without_password(_: Path) -> dict[str, Any]:
    folder = Path(os.environ["XDG_DATA_HOME"]) / "keyrings"
    folder.mkdir(parents=True)
    (folder / "login.keyring").write_text(PLAIN_FILE)
    (folder / "default").write_text("login")
    with gnome_keyring(unlocked=False):
        return {"state": keyring().look().state, "put": trouble_of(lambda: keyring().put(*PLACE, Secret(CANARY)))}


def bridge_beside_a_hanging_keyring(folder: Path) -> dict[str, Any]:
    with gnome_keyring() as daemon:
        daemon.send_signal(signal.SIGSTOP)
        bridge = Bridge(folder)
        began = time.monotonic()
        bridge.start()
        ready = time.monotonic() - began
        began = time.monotonic()
        bridge.call("GetStatus", status_pb2.GetStatusRequest())
        answered = time.monotonic() - began
        state = wait_until(lambda: bridge.call("GetStatus", status_pb2.GetStatusRequest()).keyring.state, 30)
        listed = bridge.command("secrets", "list")
        return {
            "ready": ready,
            "answered": answered,
            "state": state,
            "listed": listed.stdout,
            "stopped": bridge.end(),
        }


def bridge_with_its_keyring(folder: Path) -> dict[str, Any]:
    store = ("store", "http://127.0.0.1:9", "key")
    with gnome_keyring():
        bridge = Bridge(folder)
        bridge.start()
        done = bridge.command("secrets", "set", *store, "--stdin", text=f"{CANARY}\n")
        listed = bridge.command("secrets", "list")
        kept = keyring().get(*store) == Secret(CANARY)
        removed = bridge.command("secrets", "remove", *store)
        gone = keyring().get(*store) is None
        bridge.end()
        said = done.stdout + done.stderr + listed.stdout + listed.stderr + removed.stdout + removed.stderr
        return {"said": said, "kept": kept, "gone": gone, "log": (folder / "serve.log").read_text()}


SCENES = {
    scene.__name__: scene
    for scene in (
        without_service,
        kept,
        locked,
        hanging,
        without_password,
        bridge_beside_a_hanging_keyring,
        bridge_with_its_keyring,
    )
}

if __name__ == "__main__":
    print(json.dumps(SCENES[sys.argv[1]](Path(sys.argv[2]))))
