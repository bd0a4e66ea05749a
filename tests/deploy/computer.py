"""A computer of its own inside this one: network, host name, accounts, processes, /run and logs that nobody else sees.

Linux namespaces, made by root. Nothing outside changes: the account is made in a layer over /etc, homes are a folder of
the test, and when the process that holds the namespaces dies (it does with this one), everything in them goes.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from tests.deploy.terminal import Terminal

PROGRAMS = ("unshare", "nsenter", "setpriv", "setsid", "ip", "useradd", "sysctl")
FIRST_UID = 44_300
UNSHARE = ("--net", "--mount", "--uts", "--pid", "--fork", "--kill-child=KILL", "--mount-proc")
# The parts of a computer that need no network and no account. {…}: of this computer.
MADE = """set -e
mount -t overlay overlay -o lowerdir=/etc,upperdir={folder}/etc,workdir={folder}/work /etc
names=$(cat /etc/resolv.conf)
rm /etc/resolv.conf
echo "$names" > /etc/resolv.conf
mount --bind {folder}/home /home
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /var/lib/systemd
mount -t tmpfs -o mode=755 tmpfs /var/log
mkdir -p /run/sshd /run/systemd/system /run/user
hostname {name}
echo {name} > /etc/hostname
printf '127.0.0.1 localhost {name}\\n%s' {hosts} > /etc/hosts
ip link set lo up
{account}
echo made
exec cat > /dev/null
"""
ACCOUNT = """useradd --create-home --shell /bin/bash --uid {uid} --password '*' {user}
chmod 700 /home/{user}
mkdir -m 700 /run/user/{uid}
chown {uid}:{uid} /run/user/{uid}"""


@dataclass(frozen=True)
class Account:
    """Who works there."""

    user: str
    uid: int


@dataclass(frozen=True)
class Computer:
    """`pid`: the first process in its namespaces, as this computer counts."""

    name: str
    folder: Path
    pid: int
    account: Account | None

    @property
    def home(self) -> Path:
        """The account's home, seen from outside."""
        assert self.account is not None
        return self.folder / "home" / self.account.user

    def entering(self, *, internet: bool = False, root: bool = False) -> list[str]:
        """What stands before a command that runs there. `internet`: with the network of the computer outside."""
        inside = ["nsenter", f"--target={self.pid}", "--mount", "--uts", "--pid", *([] if internet else ["--net"])]
        return inside if root else [*inside, *self.becoming()]

    def becoming(self) -> list[str]:
        """What makes root the account."""
        assert self.account is not None
        return ["setpriv", f"--reuid={self.account.uid}", f"--regid={self.account.uid}", "--init-groups", "--"]

    def environ(self) -> dict[str, str]:
        """What a login gives, and nothing else."""
        assert self.account is not None
        user, run = self.account.user, f"/run/user/{self.account.uid}"
        place = {"HOME": f"/home/{user}", "XDG_RUNTIME_DIR": run, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={run}/bus"}
        path = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "xterm", "LANG": "C.UTF-8"}
        return {"USER": user, "LOGNAME": user, "SHELL": "/bin/bash"} | place | path

    def terminal(self, *, internet: bool = False) -> Terminal:
        """A new terminal window of the account."""
        shell = "cd && exec bash --login --noediting -i"
        command = [*self.entering(internet=internet), "setsid", "--ctty", "--wait", "sh", "-c", shell]
        return Terminal(command, self.environ())

    def run(self, *command: str, root: bool = False, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """A command there; fails when it does."""
        environ = None if root else self.environ()
        done = subprocess.run(
            [*self.entering(root=root), *command],
            env=environ,
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{shlex.join(command)}: {done.stdout}{done.stderr}"
        return done

    def wire(self, other: Computer, mine: str, theirs: str) -> None:
        """A cable to another computer, with a network card at each end."""
        cable = ["ip", "link", "add", mine, "netns", str(self.pid), "type", "veth"]
        subprocess.run([*cable, "peer", "name", theirs, "netns", str(other.pid)], check=True)

    def address(self, card: str, *addresses: str, gateway: str = "") -> None:
        """Addresses for a network card."""
        for address in addresses:
            self.run("ip", "address", "add", address, "dev", card, root=True)
        self.run("ip", "link", "set", card, "up", root=True)
        if gateway:
            self.run("ip", "route", "add", "default", "via", gateway, root=True)


def why_not() -> str:
    """Why there can be no such computers here; empty: there can."""
    if os.geteuid() != 0:
        return "this is not root"
    if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
        return f"not installed: {', '.join(missing)}"
    tried = subprocess.run(["unshare", *UNSHARE, "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip()


def free_uid() -> int:
    """The number of an account that does not exist."""
    taken = {one.pw_uid for one in pwd.getpwall()}
    return next(uid for uid in range(FIRST_UID, FIRST_UID + 1000) if uid not in taken)


def account_of(user: str, uid: int) -> Account:
    """An account to be made. Fails where one of that name exists, even though it would not be touched."""
    with contextlib.suppress(KeyError):
        pwd.getpwnam(user)
        raise AssertionError(f"there is an account {user!r} on this computer")
    return Account(user, uid)


@contextmanager
def made(name: str, folder: Path, account: Account | None = None, hosts: Sequence[str] = ()) -> Iterator[Computer]:
    """A computer, for as long as the block runs. `hosts`: lines of its /etc/hosts."""
    for part in ("etc", "work", "home"):
        (folder / part).mkdir(parents=True)
    who = ACCOUNT.format(user=account.user, uid=account.uid) if account else ""
    script = MADE.format(
        folder=folder, name=name, hosts=shlex.quote("".join(f"{host}\n" for host in hosts)), account=who
    )
    holder = subprocess.Popen(
        ["unshare", *UNSHARE, "sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        heard = list(takewhile(lambda line: line != b"made\n", iter(holder.stdout.readline, b"")))
        assert holder.poll() is None, b"".join(heard).decode()
        children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
        yield Computer(name, folder, int(children[0]), account)
    finally:
        holder.stdin.close()  # its first process ends with that, and all others with the first
        holder.wait(30)
        holder.stdout.close()
