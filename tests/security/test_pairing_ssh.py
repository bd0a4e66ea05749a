"""Pairing over the real ssh with a real sshd: both sides, or neither."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.bridge import Bridge
from tests.security.forged import forge
from tests.security.lan import made
from tests.security.ssh_server import THERE, USER, SshServer, client, serving

pytestmark = pytest.mark.skipif(not THERE, reason="needs OpenSSH")
NAMES = ("CAGELAB_BRIDGE_", "SSH_")


class Computer:
    """A computer with a bridge's folders, which may run."""

    def __init__(self, folder: Path, role: str) -> None:
        self.folder = folder
        folder.mkdir()
        self.bridge = Bridge(folder, SERVER_LAN_ADDRESS="127.0.0.1", SERVER_LAN_PORT="0", BRIDGE_ROLE=role)
        (folder / "settings.toml").touch()
        self.own = {
            "CAGELAB_BRIDGE_STATE": str(folder / "state"),
            "CAGELAB_BRIDGE_RUNTIME": str(folder / "run"),
            "CAGELAB_BRIDGE_CONFIG": str(folder / "settings.toml"),
        }
        if role:
            (folder / "settings.toml").write_text(f'[bridge]\nrole = "{role}"\n')
            self.known = made(folder / "state")

    def run(self, *arguments: str, ssh: Path | None = None) -> subprocess.CompletedProcess[str]:
        """The command line on this computer."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith(NAMES)} | self.own
        if ssh is not None:
            environ["PATH"] = f"{ssh}:{environ['PATH']}"
        command = [sys.executable, "-m", "cagelab_bridge.cli", *arguments]
        return subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, check=False
        )

    @property
    def peers(self) -> dict[str, str]:
        """The files of its peers, by name."""
        folder = self.folder / "state" / "peers"
        return {path.name: path.read_text() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


class Lab:
    """A control PC, a rig behind an sshd, and the way there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.control, self.rig = Computer(folder / "control", "control"), Computer(folder / "rig", "rig")
        self.server = SshServer(folder / "sshd", self.rig.own)
        self.ssh = client(folder / "ssh", {"rig7": self.server})

    def pair(self, *more: str, target: str = f"{USER}@rig7") -> subprocess.CompletedProcess[str]:
        """`pair`, as a person at the control PC runs it."""
        return self.control.run("pair", "--my-name", "control-pc", *more, "--", target, ssh=self.ssh)

    @property
    def both(self) -> tuple[dict[str, str], dict[str, str]]:
        """What both sides keep."""
        return self.control.peers, self.rig.peers


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """The sshd runs."""
    one = Lab(tmp_path)
    with serving(one.server):
        yield one


def test_pairing_over_ssh_makes_both_sides_known(lab: Lab) -> None:
    """Each gets the other's certificate and role; the rig's bridge need not run; again changes nothing."""
    done = lab.pair("--json")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert (shown["name"], shown["address"], shown["verified"]) == ("rig7", "127.0.0.1", False)
    assert shown["device_id"] == lab.rig.known.identity.device_id
    control, rig = lab.both
    assert lab.rig.known.identity.certificate_pem.strip() in control["rig7.toml"]
    assert 'roles = ["rig"]' in control["rig7.toml"]
    assert lab.control.known.identity.certificate_pem.strip() in rig["control-pc.toml"]
    assert 'roles = ["control"]' in rig["control-pc.toml"]
    assert lab.pair().returncode == 0
    assert lab.both == (control, rig)


def test_pairing_keeps_what_somebody_wrote_into_the_file(lab: Lab) -> None:
    """Pairing again may bring a new address; what is lent stays as it was decided."""
    assert lab.pair().returncode == 0
    path = lab.control.folder / "state" / "peers" / "rig7.toml"
    path.write_text(path.read_text().replace('lend = "lab"', 'lend = "after-forward"'))
    assert lab.pair("--address", "10.0.0.17").returncode == 0
    assert 'lend = "after-forward"' in path.read_text()
    assert 'address = "10.0.0.17"' in path.read_text()


def test_pairing_ends_with_a_call_when_the_rig_runs(lab: Lab) -> None:
    """Over mutual TLS, at the port it really has; a removed rig is then unpaired on that side at once."""
    lab.rig.bridge.start()
    try:
        done = lab.pair()
        assert done.returncode == 0, done.stderr
        assert "called over mutual TLS" in done.stdout
        port = lab.rig.run("status", "--json")
        assert f"port = {json.loads(port.stdout)['lan_address'].rpartition(':')[2]}" in lab.control.peers["rig7.toml"]
    finally:
        lab.rig.bridge.end(signal.SIGKILL)


def test_pairing_is_undone_on_both_sides_where_another_device_answers(lab: Lab) -> None:
    """The address given is that of another rig: neither side keeps anything."""
    other = Computer(lab.folder / "other", "rig")
    lab.rig.bridge.start()
    other.bridge.start()
    try:
        place = json.loads(other.run("status", "--json").stdout)["lan_address"]
        done = lab.pair("--port", place.rpartition(":")[2])
        assert "another device than rig7" in done.stderr, done.stderr
        assert done.returncode == 6
        assert lab.both == ({}, {})
    finally:
        lab.rig.bridge.end(signal.SIGKILL)
        other.bridge.end(signal.SIGKILL)


def test_a_computer_that_is_no_rig_is_not_made_one_in_passing(lab: Lab) -> None:
    """Only --init does that, and only where nobody has said what it is."""
    settings = lab.rig.folder / "settings.toml"
    settings.write_text("")
    refused = lab.pair()
    assert refused.returncode == 6
    assert "not a rig" in refused.stderr
    assert lab.both == ({}, {})
    assert lab.pair("--init").returncode == 0
    assert 'role = "rig"' in settings.read_text()
    settings.write_text('[bridge]\nrole = "workstation"\n')
    assert lab.pair("--init").returncode == 6
    assert settings.read_text() == '[bridge]\nrole = "workstation"\n'


def test_the_program_is_found_where_pipx_and_uv_put_it(lab: Lab) -> None:
    """~/.local/bin is in the path of a login shell, and what ssh runs is none."""
    place = lab.folder / "home" / ".local" / "bin"
    place.mkdir(parents=True)
    (place / "cagelab-bridge").symlink_to(Path(sys.executable).parent / "cagelab-bridge")
    with (lab.server.folder / "environment").open("a") as environment:
        environment.write(f"export PATH=/usr/bin:/bin HOME={lab.folder / 'home'}\n")
    done = lab.pair()
    assert done.returncode == 0, done.stderr
    assert "rig7" in done.stdout


def test_an_unknown_host_key_is_never_accepted(lab: Lab) -> None:
    """ssh's own check is what makes pairing safe: a machine in the middle gets nothing, and nobody is asked."""
    (lab.ssh / "known").write_text("")
    unknown = lab.pair()
    kind, key, *_ = (lab.server.folder / "other.pub").read_text().split()
    (lab.ssh / "known").write_text(f"rig7 {kind} {key}\n")
    changed = lab.pair()
    for done in (unknown, changed):
        assert done.returncode == 11, done.stderr
        assert "Host key verification failed" in done.stderr
        assert lab.both == ({}, {})
    assert "StrictHostKeyChecking=yes" in (lab.ssh / "calls").read_text()


@pytest.mark.parametrize(
    "target",
    [
        "-oProxyCommand=touch ran",
        "lab@-oProxyCommand=x",
        "-V",
        "rig7 rig8",
        "$(touch ran)",
        "a;b",
        "rig7\n",
        "",
        "@rig7",
    ],
)
def test_attack_63_what_is_no_computer_is_refused_before_ssh_runs(lab: Lab, target: str) -> None:
    """ssh takes a word with a dash for an option, and some options run programs."""
    done = lab.pair(target=target)
    assert done.returncode in (2, 3), done.stderr
    assert not (lab.ssh / "calls").exists()
    assert lab.both == ({}, {})


def test_attack_63_an_inventory_cannot_smuggle_an_option_in(lab: Lab) -> None:
    """Nor a name that is a path."""
    inventory = lab.folder / "hosts.ini"
    inventory.write_text("[rigs]\nrig7 ansible_host=-oProxyCommand=x\n../../evil ansible_host=rig7\n")
    done = lab.control.run("pair", "--inventory", str(inventory), ssh=lab.ssh)
    assert done.returncode == 6
    assert "names no computer" in done.stdout
    assert "cannot name a peer" in done.stdout
    assert lab.both == ({}, {})


def answer(certificate: str, **more: object) -> str:
    """The line with which a rig answers."""
    line = {"step": "answer", "version": 1, "name": "rig7", "certificate": certificate, "port": 7461, "running": False}
    return json.dumps({**line, **more})


def says(*lines: str) -> str:
    """A shell script that says these after each line it hears, and then listens on."""
    return "".join(f"read heard\ncat <<'END'\n{line}\nEND\n" for line in lines) + "cat >/dev/null"


KEY, PEM = forge()
KEPT, BYE = '{"step": "kept"}', '{"step": "bye"}'
EVIL = {
    "nothing": "exit 0",
    "garbage": "head -c 3000 /dev/urandom; echo; cat >/dev/null",
    "a banner": says("Welcome to rig7"),
    "10 MB in one line": "head -c 10000000 /dev/zero; cat >/dev/null",
    "10 MB in lines": "yes '{}' | head -c 10000000; cat >/dev/null",
    "no end": "yes x | tr -d '\\n'",
    "two objects in one line": says(answer(PEM) + answer(PEM)),
    "two answers": says(answer(PEM) + "\n" + answer(PEM)),
    "a list": says("[]"),
    "deep": says("[" * 8000),
    "another step": says(KEPT),
    "a field too many": says(answer(PEM, extra=1), KEPT, BYE),
    "a field too few": says('{"step": "answer", "version": 1}', KEPT, BYE),
    "another version": says(answer(PEM, version=2), KEPT, BYE),
    "a port as text": says(answer(PEM, port="7461"), KEPT, BYE),
    "a port that is none": says(answer(PEM, port=70000), KEPT, BYE),
    "a private key": says(answer(KEY), KEPT, BYE),
    "a private key with its certificate": says(answer(KEY + PEM), KEPT, BYE),
    "two certificates": says(answer(PEM + forge()[1]), KEPT, BYE),
    "no certificate": says(answer("x"), KEPT, BYE),
    "gone before it has kept": says(answer(PEM)).replace("cat >/dev/null", ""),
    "gone before the end": says(answer(PEM), KEPT).replace("cat >/dev/null", ""),
    "a failure that is none": says('{"step": "failed", "code": 1}'),
}


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab for all answers that are none; the two are paired, under another name."""
    one = Lab(tmp_path_factory.mktemp("evil"))
    with serving(one.server):
        assert one.pair("--name", "before").returncode == 0
        yield one


@pytest.mark.parametrize("what", EVIL)
def test_attack_64_an_answer_that_is_none_changes_nothing(evil: Lab, what: str) -> None:
    """Whatever the other end of ssh says instead of pairing: refused with a sentence, both sides as they were."""
    before = evil.both
    evil.server.instead(EVIL[what])
    began = time.monotonic()
    done = evil.pair()
    assert time.monotonic() - began < 30
    assert done.returncode in (1, 3, 11), (done.stdout, done.stderr)
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
    assert "PRIVATE KEY" not in done.stdout + done.stderr
    assert evil.both == before


def test_attack_64_the_made_up_answers_would_pass_if_they_were_right(evil: Lab) -> None:
    """What is refused above is refused for what is wrong with it."""
    evil.server.instead(says(answer(PEM), KEPT, BYE))
    done = evil.pair("--name", "made-up")
    assert done.returncode == 0, done.stderr
    assert evil.control.run("peers", "remove", "made-up").returncode == 0


def test_attack_64_another_rigs_certificate_is_refused(lab: Lab) -> None:
    """One that is known by another name is told as such; an honest rig refuses to be taken for another, too."""
    assert lab.pair("--name", "rig8").returncode == 0
    before = lab.both
    done = lab.pair("--name", "rig7")
    assert done.returncode == 5, done.stderr
    assert "known already, as rig8" in done.stderr
    assert lab.both == before
    wrong = made(lab.folder / "wrong").identity.certificate_pem
    swap = f"python3 {lab.folder}/swap.py"
    (lab.folder / "swap.py").write_text(SWAP.format(python=sys.executable, pem=wrong))
    lab.server.instead(swap)
    done = lab.pair("--name", "rig9")
    assert done.returncode == 3, done.stderr
    assert "has seen another certificate" in done.stderr
    assert lab.both == before


SWAP = """
import json, subprocess, sys
rig = subprocess.Popen([{python!r}, "-m", "cagelab_bridge.cli", "pair-answer"], stdin=subprocess.PIPE,
                       stdout=subprocess.PIPE, text=True)
for line in sys.stdin:
    rig.stdin.write(line); rig.stdin.flush()
    said = json.loads(rig.stdout.readline())
    if "certificate" in said:
        said["certificate"] = {pem!r}
    print(json.dumps(said), flush=True)
"""


def test_attack_65_a_known_name_with_a_new_certificate_needs_replace(lab: Lab) -> None:
    """On the control PC when the rig was set up anew, and on the rig when the control PC was."""
    assert lab.pair().returncode == 0
    before = lab.both
    for side, other in ((lab.rig, "rig7"), (lab.control, "control-pc")):
        identity = side.folder / "state" / "identity"
        for path in identity.iterdir():
            path.unlink()
        refused = lab.pair()
        assert refused.returncode == 5, refused.stderr
        assert f"{other} is known with another certificate" in refused.stderr
        assert lab.both == before
        replaced = lab.pair("--replace")
        assert replaced.returncode == 0, replaced.stderr
        assert lab.both != before
        before = lab.both


def test_attack_66_a_device_id_counts_whole_or_not_at_all(lab: Lab, tmp_path: Path) -> None:
    """Carried by hand, a certificate is believed only with its whole id; a slip or a piece of it is refused."""
    certificate = tmp_path / "rig7.pem"
    certificate.write_text(lab.rig.run("id", "--cert").stdout)
    right = lab.rig.run("id").stdout.strip()
    another = made(tmp_path / "another").identity.device_id
    swapped = right.replace(right[0], "A" if right[0] != "A" else "B", 1)
    for wrong in (right[:-5], right[:34], swapped, another, right + "-AAAA", ""):
        done = lab.control.run("peers", "import", "rig7", str(certificate), "--role", "rig", "--id", wrong)
        assert done.returncode == 3, (wrong, done.stderr)
        assert lab.control.peers == {}
    done = lab.control.run("peers", "import", "rig7", str(certificate), "--role", "rig", "--id", right.lower())
    assert done.returncode == 0, done.stderr
    assert "rig7.toml" in lab.control.peers


def test_many_rigs_of_an_inventory_are_paired_and_one_that_fails_stops_none(lab: Lab) -> None:
    """One line each; the exit code says that not all went well."""
    second = Computer(lab.folder / "second", "rig")
    server = SshServer(lab.folder / "sshd2", second.own)
    with serving(server):
        ssh = client(lab.folder / "ssh2", {"rig7": lab.server, "rig8": server})
        inventory = lab.folder / "hosts.yml"
        inventory.write_text(
            f"all:\n  vars:\n    ansible_user: {USER}\n  children:\n    rigs:\n      hosts:\n"
            "        pacman-001:\n          ansible_host: rig7\n        pacman-002: {ansible_host: rig8}\n"
            "        pacman-003: {ansible_host: rig7, ansible_port: 1}\n"
        )
        done = lab.control.run("pair", "--inventory", str(inventory), "--group", "rigs", ssh=ssh)
    assert done.returncode == 6, (done.stdout, done.stderr)
    assert len(done.stdout.splitlines()) == 3
    assert set(lab.control.peers) == {"pacman-001.toml", "pacman-002.toml"}
    assert len(second.peers) == 1
