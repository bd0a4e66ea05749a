"""The guides for control PC and rig, followed line by line by two accounts, up to a delivered session."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance import lab as labs
from tests.acceptance.bridge import wait_until
from tests.acceptance.lab import Lab
from tests.deploy import guide, unit_file
from tests.deploy.guide import Follower
from tests.deploy.installers import ROOT, Tools
from tests.security.four_bridges import free_port

pytestmark = pytest.mark.timeout(900)  # two installations, under whatever else runs here
CONTROL, RIG = guide.parts("control-pc.md"), guide.parts("rig.md")
SYSTEMD = "no systemd runs here; the test starts what the unit names"
NOT_TYPED = {
    "sudo apt install git pipx": "needs root",
    "systemctl --user daemon-reload": SYSTEMD,
    "systemctl --user enable --now cagelab-bridge.service": SYSTEMD,
    "loginctl enable-linger": SYSTEMD,
}
NOT_TYPED_AT_CONTROL = NOT_TYPED | {
    "cagelab-bridge pair cagelab@cagelab-001": "paired without ssh, as the rig's guide says; ssh has tests of its own",
    "cagelab-bridge pair --inventory hosts.ini --group rigs": "as above",
    "cagelab-bridge watch": "does not end",
}
LOGIN = "cagelab-bridge login --remember"
STORE = "cagelab-bridge login --store http://172.16.102.77:9000 --access-key ID --remember"


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Alyx and the store."""
    with labs.opened() as found:
        yield found


def followers(tools: Tools, folder: Path, lab: Lab) -> tuple[Follower, Follower]:
    """The two accounts. There is no keyring here: secrets are typed, and kept for this run."""
    port = free_port("127.0.0.1")
    store = f"{lab.s3_url} --access-key {lab.s3_key} --secret-stdin"
    instead = {
        "URL-OF-CAGELAB-BRIDGE": str(ROOT),
        "http://172.16.102.30:8000": lab.alyx_url,
        'user = "cagelab"': f'user = "{lab.user}"',
        "http://172.16.102.77:9000 --access-key ID --remember": store,
        "login --remember": "login --password-stdin",
        "Asia/Shanghai": "UTC",
        "lan_port = 7461": f"lan_port = {port}",
        "--address 192.168.3.11": f"--address 127.0.0.1 --port {port}",
    }
    made = []
    for name, skipped in (("control", NOT_TYPED_AT_CONTROL), ("rig", NOT_TYPED)):
        home = folder / name
        home.mkdir()
        typed = {LOGIN: f"{lab.password}\n", STORE: f"{lab.s3_secret}\n"}
        made.append(Follower(tools, home, dict(instead), skipped, typed))
    return made[0], made[1]


def set_up(one: Follower, before: list[tuple[str, str]], service: list[tuple[str, str]], stack: ExitStack) -> None:
    """Install and set up; then the lines about the unit, with the unit's program started where systemd would."""
    for block in before:
        one.follow(block)
    for kind, text in service:
        head, _, tail = text.partition("loginctl enable-linger")
        one.follow((kind, head))
        copied = one.home / ".config" / "systemd" / "user" / unit_file.UNIT.name
        assert copied.read_text() == unit_file.UNIT.read_text()
        stack.enter_context(unit_file.started(one.home))
        one.follow((kind, f"loginctl enable-linger{tail}"))


def pair(control: Follower, rig: Follower) -> None:
    """The rig's guide, "Without ssh": certificates are carried, device ids read out."""
    there, here = RIG["Pair"]
    rig.follow(there, " id")
    control.follow(here, " id")
    shutil.copy(rig.home / "cagelab-001.pem", control.home)
    shutil.copy(control.home / "control-pc.pem", rig.home)
    for one, other, name in ((rig, control, "CONTROL-PC"), (control, rig, "RIG")):
        one.instead = {**one.instead, f"DEVICE-ID-OF-THE-{name}": other.run("cagelab-bridge id").stdout.strip()}
    rig.follow(there, "import")
    control.follow(here, "import")


def deliver(rig: Follower) -> str:
    """A session on the rig, with a file; its id, once everything is stored and verified."""
    started = rig.run("cagelab-bridge start --subject TestSubject --json")
    assert started.returncode == 0, started.stderr
    session = json.loads(started.stdout)
    (Path(session["folder"]) / "events.table.1.tsv").write_text("time\tevent\n0.1\tstart\n")
    ended = rig.run(f"cagelab-bridge end {session['session_id']} --qc PASS --upload --wait")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return str(session["session_id"])


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="NOT CHECKED: this is no checkout")
def test_whoever_follows_the_guides_ends_with_a_delivered_session(tools: Tools, lab: Lab, tmp_path: Path) -> None:
    """Every line of both guides is typed or has a reason; the rig delivers with what it was lent."""
    control, rig = followers(tools, tmp_path, lab)
    with ExitStack() as stack:
        before = [*CONTROL["Install"], *CONTROL["Say what this computer is"]]
        set_up(control, before, CONTROL["Let it run"], stack)
        for block in CONTROL["Log in, once"]:
            control.follow(block)
        *before, service = RIG["Install and start"]
        set_up(rig, before, [service], stack)
        pair(control, rig)
        wait_until(lambda: '"connected": true' in control.run("cagelab-bridge rigs --json").stdout)
        for block in CONTROL["Pair the rigs"]:
            control.follow(block)
        session = deliver(rig)

        def mirrored() -> bool:
            said = control.run("cagelab-bridge sessions --rig '*' --json").stdout
            return any(one["session_id"] == session and one["complete"] for one in json.loads(said)["sessions"])

        assert wait_until(mirrored)
        for block in CONTROL["Every day"]:
            control.follow(block)
    (tmp_path / "transcript").write_text("\n\n".join([*control.transcript, *rig.transcript]))
    everything = [*CONTROL.values(), *RIG.values()]
    said = {line for blocks in everything for kind, text in blocks if kind == "sh" for line in guide.lines(text)}
    assert said == control.done | rig.done
