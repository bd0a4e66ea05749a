"""The guides for control PC, rig and admin, followed line by line, from an empty home to a delivered session.

As root: two accounts on two computers made of namespaces, with networks, a router, an sshd and each account's systemd
(lan.py). Whoever is not root: two homes of one account (homes.py), and the run says that the other way is NOT CHECKED.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.bridge import wait_until
from tests.deploy import guide, homes, lan
from tests.deploy.computer import Computer
from tests.deploy.served_tree import NEWER
from tests.deploy.walk import Walk, stored, value

pytestmark = pytest.mark.timeout(600)  # three installations, under whatever else runs here
CONTROL, RIG, ADMIN = (guide.parts(name) for name in ("control-pc.md", "rig.md", "admin.md"))
ANALYST, OTHERS = guide.parts("analyst.md")["A shell"], guide.parts("other-languages.md")["On the same computer"]
KEPT = ("Backup", "Upgrade", "Uninstall")  # what the admin's guide says is followed on the rig
WHY_NOT = lan.why_not()
LOOPBACK = ("127.", "[::1]", "[::ffff:127.")
ACCOUNTS, HOMES = "two-accounts", "two-homes"


@pytest.fixture(params=[ACCOUNTS, HOMES] if WHY_NOT else [ACCOUNTS])
def walk(request: pytest.FixtureRequest) -> Iterator[Walk]:
    """Two who have never seen the bridge, and their lab."""
    if request.param == HOMES:
        with homes.opened(request.getfixturevalue("tools"), WHY_NOT) as found:
            yield found
        return
    if WHY_NOT:
        pytest.skip(f"NOT CHECKED: two accounts on two computers ({WHY_NOT}); two homes of one account walk instead")
    with lan.opened() as found:
        yield found


def set_up(walk: Walk) -> None:
    """From nothing to two services; the control PC is logged in."""
    with ThreadPoolExecutor(2) as hands:
        list(hands.map(lambda one: one[0].follow(*one[1]["Install"]), ((walk.control, CONTROL), (walk.rig, RIG))))
    for one, parts in ((walk.control, CONTROL), (walk.rig, RIG)):
        one.follow(*parts["Say what this computer is"], *parts["Let it run"])
    walk.control.follow(*CONTROL["Log in, once"])


def pair(walk: Walk) -> None:
    """By ssh, where there is one; then, as nobody would do both, from nothing by hand."""
    control, rig = walk.both
    control.follow(*CONTROL["Pair the rigs"])
    if walk.computers:
        control.type("cagelab-bridge peers remove cagelab-001")
        rig.type("cagelab-bridge peers remove control-pc")
    first, second, shown, *third = RIG["Pair without ssh"]
    rig.follow(first)
    shutil.copy(rig.home / "cagelab-001.pem", control.home)
    control.instead["DEVICE-ID-OF-THE-RIG"] = rig.type("cagelab-bridge id").text.strip()
    control.follow(second, shown)
    shutil.copy(control.home / "control-pc.pem", rig.home)
    rig.instead["DEVICE-ID-OF-THE-CONTROL-PC"] = control.type("cagelab-bridge id").text.strip()
    rig.follow(*third)
    wait_until(lambda: '"connected": true' in control.type("cagelab-bridge rigs --json").text)


def deliver(walk: Walk) -> str:
    """The guide's session by hand; its id."""
    begin, shown, *rest = RIG["One session by hand"]
    walk.rig.follow(begin, shown)
    place, session = value(walk.rig.screen, "Folder"), value(walk.rig.screen, "Session")
    walk.rig.instead |= {"FOLDER": place, "SESSION": session}
    walk.rig.follow(*rest)
    assert b"it works\n" in stored(walk)
    return session


def look_at_it(walk: Walk) -> None:
    """As the analyst's guide does it in a shell, and with curl."""
    walk.control.instead["2026-11-01"] = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"
    walk.control.follow(*ANALYST)
    assert "it works" in walk.control.screen
    if shutil.which("jq") and shutil.which("curl"):
        walk.control.follow(*OTHERS)


def told_complete(walk: Walk, session: str) -> bool:
    """Whether the control PC has heard that the session is complete."""
    said = json.loads(walk.control.type("cagelab-bridge sessions --rig '*' --json").text)
    return any(one["session_id"] == session and one["complete"] for one in said["sessions"])


def upgrade(walk: Walk) -> None:
    """With a session in the journal that Alyx does not know yet: the new version delivers it."""
    rig = walk.rig
    walk.unplug()
    started = rig.type("cagelab-bridge start --subject TestSubject").text
    rig.type(f"echo 'before the upgrade' > {value(started, 'Folder')}/events.table.1.tsv")
    rig.type(f"cagelab-bridge end {value(started, 'Session')} --upload")
    rig.type("mkdir ~/backup")
    rig.instead["/media/backup/"] = "~/backup/"
    rig.follow(*ADMIN["Backup"])
    assert (rig.home / "backup" / "cagelab-bridge" / "journal.db").exists()
    walk.tree.release()
    install, *compare = ADMIN["Upgrade"]
    rig.follow(install)
    assert NEWER in rig.screen
    rig.follow(*compare)
    walk.plug()
    wait_until(lambda: b"before the upgrade\n" in stored(walk))
    wait_until(lambda: told_complete(walk, value(started, "Session")))


def uninstall(walk: Walk) -> None:
    """Program and unit go; state and data stay."""
    rig = walk.rig
    rig.follow(*ADMIN["Uninstall"])
    assert not (rig.home / ".local" / "bin" / "cagelab-bridge").exists()
    assert not (rig.home / ".config" / "systemd" / "user" / "cagelab-bridge.service").exists()
    assert (rig.home / ".local" / "state" / "cagelab-bridge" / "journal.db").exists()
    assert list((rig.home / "OptickaFiles" / "SavedData").rglob("events.table.1.tsv"))


def listens_at(computer: Computer) -> set[str]:
    """The addresses beyond loopback where something on that computer takes connections, without ssh's."""
    said = computer.run("ss", "--no-header", "--listening", "--tcp", "--numeric", root=True).stdout
    places = {line.split()[3] for line in said.splitlines()}
    return {place for place in places if not place.startswith(LOOPBACK) and not place.endswith(":22")}


def strangers(walk: Walk) -> None:
    """What the guides say of doors and homes holds: one port on the rig, none on the control PC, homes are closed."""
    control, rig = walk.computers
    assert listens_at(control) == set()
    assert {place.rpartition(":")[2] for place in listens_at(rig)} == {"7461"}
    for one, other in ((control, rig), (rig, control)):
        looked = subprocess.run([*one.entering(), "ls", str(other.home)], capture_output=True, text=True, check=False)
        assert "Permission denied" in looked.stderr


def untyped(walk: Walk) -> set[str]:
    """Lines of the guides that nobody typed."""
    blocks = [*CONTROL.values(), *RIG.values(), *(ADMIN[part] for part in KEPT)]
    said = {line for part in blocks for kind, text in part if kind == "sh" for line in guide.lines(text)}
    return said - walk.control.done - walk.rig.done


def test_whoever_follows_the_guides_ends_with_a_delivered_session(walk: Walk, tmp_path: Path) -> None:
    """Every line is typed as it stands there, or has a reason; what the guides show is what is seen."""
    try:
        set_up(walk)
        pair(walk)
        session = deliver(walk)
        wait_until(lambda: told_complete(walk, session))
        walk.control.follow(*CONTROL["Every day"])
        look_at_it(walk)
        if walk.computers:
            strangers(walk)
        upgrade(walk)
        uninstall(walk)
    finally:
        (tmp_path / "transcript.txt").write_text(f"{walk.how}\n{walk.control.told()}\n{walk.rig.told()}")
    assert untyped(walk) == set()
