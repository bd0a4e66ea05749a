"""A lab's network inside this computer: control PC and rig, each a computer of its own, a router, Alyx and a store.

The addresses are those of the guides, so nothing in the guides has to be translated. Made by root; see computer.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.deploy import computer, lab_servers, own_systemd
from tests.deploy.computer import Account, Computer
from tests.deploy.guide import Follower
from tests.deploy.installers import ROOT
from tests.deploy.served_tree import ServedTree, served
from tests.deploy.terminal import CONTROL_C
from tests.deploy.walk import BARS, INSTALL, LOGIN, NO_ROOT, PIPX, STORE, WATCH, Walk

PYTHON = "/usr/bin/python3"  # Debian's own, as every account has it
CONTROL, RIG = "control-pc", "cagelab-001"
OPERATOR, CAGELAB = "anna", "cagelab"
PASSWORD = "not-a-real-password"
HOSTS = (f"172.16.102.50 {CONTROL}", f"192.168.3.11 {RIG}")
LINGER = "loginctl enable-linger"
TO_CONTROL, TO_RIG = "to-control", "to-rig"
ANSWERS = {
    "ssh-keygen -t ed25519": {r"\(.*\):": "", "passphrase.*:": "", "passphrase again:": ""},
    "ssh-copy-id cagelab@cagelab-001": {r"\(yes/no.*\)\?": "yes", "password:": PASSWORD},
    WATCH: {BARS: CONTROL_C},
}
SSHD = """HostKey /etc/ssh/walk_host_key
UsePAM no
PasswordAuthentication yes
PidFile none
SetEnv XDG_RUNTIME_DIR=/run/user/{uid}
"""


def why_not() -> str:
    """Why there can be no such lab here; empty: there can."""
    missing = [name for name in ("sshd", "ssh", "ssh-copy-id", "git", "openssl") if not shutil.which(name)]
    if missing:
        return f"not installed: {', '.join(missing)}"
    tried = subprocess.run(
        [PYTHON, "-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"],
        capture_output=True,
        check=False,
    )
    if tried.returncode != 0:
        return f"{PYTHON} is not a Python 3.11 with venv"
    return computer.why_not() or own_systemd.why_not()


@contextmanager
def opened() -> Iterator[Walk]:
    """The lab; nothing of it is left afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cagelab-walk-", dir="/var/tmp")))
        folder.chmod(0o755)  # the homes in it are closed, each by its own account
        packages(folder / "apt")
        tree = stack.enter_context(served(folder / "git"))
        uid = computer.free_uid()
        accounts = (computer.account_of(OPERATOR, uid), computer.account_of(CAGELAB, uid + 1))
        servers = stack.enter_context(computer.made("servers", folder / "servers"))
        control, rig = (
            stack.enter_context(desk(name, folder, account))
            for name, account in zip((CONTROL, RIG), accounts, strict=True)
        )
        cables(servers, control, rig)
        lab = stack.enter_context(lab_of(servers, folder / "lab"))
        for one in (control, rig):
            offer(one, folder / "apt")
        ssh_server(rig)
        keyring = own_systemd.unlock_keyring(control)
        followers = [follower(one, lab, tree, keyring=keyring) for one in (control, rig)]
        for walker in followers:
            stack.callback(walker.close)
        yield Walk(
            how=f"two accounts on two computers, a router between them, systemd --user, sshd, keyring: {keyring}",
            control=followers[0],
            rig=followers[1],
            tree=tree,
            unplug=lambda: servers.run("ip", "link", "set", TO_RIG, "down", root=True),
            plug=lambda: servers.run("ip", "link", "set", TO_RIG, "up", root=True),
            store=folder / "lab" / "store",
            computers=(control, rig),
        )


@contextmanager
def desk(name: str, folder: Path, account: Account) -> Iterator[Computer]:
    """A computer with an account and its systemd."""
    with (
        own_systemd.groups(name, account) as groups,
        computer.made(name, folder / name, account, HOSTS) as made,
        own_systemd.running(made, groups),
    ):
        yield made


def cables(servers: Computer, control: Computer, rig: Computer) -> None:
    """Two networks, as CageLab has them, and a router between them that is also the servers' computer."""
    servers.wire(control, TO_CONTROL, "eth0")
    servers.wire(rig, TO_RIG, "eth0")
    servers.address(TO_CONTROL, "172.16.102.1/24", f"{lab_servers.ALYX[0]}/24", f"{lab_servers.STORE[0]}/24")
    servers.address(TO_RIG, "192.168.3.1/24")
    control.address("eth0", "172.16.102.50/24", gateway="172.16.102.1")
    rig.address("eth0", "192.168.3.11/24", gateway="192.168.3.1")
    servers.run("sysctl", "-qw", "net.ipv4.ip_forward=1", root=True)


@contextmanager
def lab_of(servers: Computer, folder: Path) -> Iterator[dict[str, str]]:
    """Alyx and the store, and how to get in."""
    process = subprocess.Popen(
        [*servers.entering(root=True), sys.executable, "-m", "tests.deploy.lab_servers", str(folder)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},  # whoever enters another computer stands in its root folder
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        lab: dict[str, str] = json.loads(process.stdout.readline())
        yield lab
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def packages(folder: Path) -> None:
    """What `apt install pipx` puts there, without apt; and a mirror of the index with what the bridge needs."""
    subprocess.run([PYTHON, "-m", "venv", folder / "venv"], check=True)
    pip = str(folder / "venv" / "bin" / "pip")
    wanted = (f"{ROOT}[sandbox]", "hatchling", "pip", "setuptools", "wheel")
    for command in (["install", PIPX], ["download", "--dest", str(folder / "wheels"), *wanted]):
        done = subprocess.run([pip, *command, "--quiet"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"NOT CHECKED: the package index gave nothing: {done.stderr.strip()[-300:]}")
    (folder / "bin").mkdir()
    (folder / "bin" / "pipx").symlink_to(folder / "venv" / "bin" / "pipx")


def offer(one: Computer, folder: Path) -> None:
    """Put it into the account's path, and name the mirror in pip's settings."""
    one.run("tee", "/etc/profile.d/apt.sh", root=True, text=f'PATH="$PATH:{folder}/bin"\n')
    one.run("tee", "/etc/pip.conf", root=True, text=f"[global]\nno-index = true\nfind-links = {folder}/wheels\n")


def ssh_server(rig: Computer) -> None:
    """A rig's sshd, for password and key."""
    assert rig.account is not None
    word = subprocess.run(["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True, check=True).stdout
    rig.run("usermod", "--password", word.strip(), rig.account.user, root=True)
    rig.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/walk_host_key", root=True)
    rig.run("tee", "/etc/ssh/walk.conf", root=True, text=SSHD.format(uid=rig.account.uid))
    rig.run(str(shutil.which("sshd")), "-f", "/etc/ssh/walk.conf", root=True)


def follower(one: Computer, lab: dict[str, str], tree: ServedTree, *, keyring: bool) -> Follower:
    """The account in front of that computer. Where there is no keyring, secrets are typed, but not remembered."""
    assert one.account is not None
    user = one.account.user

    def lingers() -> None:
        """As logind writes it down."""
        one.run("mkdir", "-p", "/var/lib/systemd/linger", root=True)
        one.run("touch", f"/var/lib/systemd/linger/{user}", root=True)

    instead = {"URL-OF-CAGELAB-BRIDGE": tree.url, "--access-key ID": f"--access-key {lab['s3_key']}"}
    return Follower(
        one.name,
        one.home,
        window=lambda outside: one.terminal(internet=outside),
        instead=instead | ({} if keyring else {" --remember": ""}),
        not_typed={INSTALL: NO_ROOT},
        by_hand={LINGER: lingers},
        answers=ANSWERS | {LOGIN: {"password.*:": lab["password"]}, STORE: {"[Ss]ecret key.*:": lab["s3_secret"]}},
    )
