"""Two homes of one account, for whoever is not root: no network between them, no systemd, no ssh, no keyring."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cagelab_bridge.sandbox import Sandbox
from tests.deploy.guide import Follower
from tests.deploy.installers import Tools
from tests.deploy.served_tree import ServedTree, served
from tests.deploy.terminal import CONTROL_C, Terminal
from tests.deploy.unit_file import Service, environ
from tests.deploy.walk import BARS, INSTALL, LOGIN, NO_ROOT, STORE, UNIT_ENABLED, WATCH, Walk
from tests.security.four_bridges import free_port

SSH = "paired without ssh, as the rig's guide says; ssh has tests of its own"
NO_SSH = {
    "ssh-keygen -t ed25519": SSH,
    "ssh-copy-id cagelab@cagelab-001": SSH,
    "cagelab-bridge pair cagelab@cagelab-001": SSH,
    "cagelab-bridge pair --inventory ~/hosts.ini --group rigs": SSH,
}
UNIT = "cagelab-bridge.service"
NETWORK = ("PIP_", "UV_", "SSL_", "REQUESTS_", "CURL_", "HTTP_", "HTTPS_", "NO_PROXY")
SHELL = ["setsid", "--ctty", "--wait", "bash", "--login", "--noediting", "-i"]


@contextmanager
def opened(tools: Tools, why: str) -> Iterator[Walk]:
    """Two accounts that are one; `why` there are not two."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cagelab-walk-")))
        tree = stack.enter_context(served(folder / "git"))
        sandbox = stack.enter_context(Sandbox(keep=folder / "lab"))
        port = free_port("127.0.0.1")
        followers = [follower(name, folder, tools, stack, sandbox, tree, port) for name in ("control", "rig")]
        yield Walk(
            how=f"two homes of one account ({why})",
            control=followers[0],
            rig=followers[1],
            tree=tree,
            unplug=sandbox.stop_alyx,
            plug=sandbox.start_alyx,
            store=folder / "lab" / "store",
        )


def follower(
    name: str, folder: Path, tools: Tools, stack: ExitStack, sandbox: Sandbox, tree: ServedTree, port: int
) -> Follower:
    """One of the two; the service is started by the test, as the unit says."""
    home = folder / name
    home.mkdir()
    (home / ".profile").write_text(f'PATH="$HOME/.local/bin:{tools.folder}:$PATH"\n')
    service = Service(home)
    stack.callback(service.stop)
    one = Follower(
        name,
        home,
        window=lambda _: Terminal(SHELL, way_out(tools, home) | environ(home) | {"TERM": "xterm"}, str(home)),
        instead=instead(sandbox, tree, port),
        not_typed=NO_SSH | {INSTALL: NO_ROOT},
        by_hand={
            "systemctl --user daemon-reload": lambda: None,
            "loginctl enable-linger": lambda: None,
            UNIT_ENABLED: service.start,
            f"systemctl --user start {UNIT}": service.start,
            f"systemctl --user stop {UNIT}": service.stop,
            f"systemctl --user restart {UNIT}": service.restart,
            f"systemctl --user disable --now {UNIT}": service.stop,
        },
        answers={
            LOGIN: {"password.*:": sandbox.accounts["admin"]},
            STORE: {"[Ss]ecret key.*:": sandbox.s3_secret},
            WATCH: {BARS: CONTROL_C},
        },
    )
    stack.callback(one.close)
    return one


def way_out(tools: Tools, home: Path) -> dict[str, str]:
    """How this computer reaches the package index, and where it keeps what was fetched before."""
    known = tools.environ(home)
    return {name: value for name, value in known.items() if name.upper().startswith(NETWORK)}


def instead(sandbox: Sandbox, tree: ServedTree, port: int) -> dict[str, str]:
    """What stands for names and addresses."""
    return {
        "URL-OF-CAGELAB-BRIDGE": tree.url,
        "http://172.16.102.30:8000": sandbox.alyx_url,
        'user = "cagelab"': 'user = "admin"',
        "as cagelab": "as admin",
        "http://172.16.102.77:9000": sandbox.s3_url,
        "--access-key ID": f"--access-key {sandbox.s3_key}",
        " --remember": "",
        "lan_port = 7461": f"lan_port = {port}",
        "--address 192.168.3.11": f"--address 127.0.0.1 --port {port}",
        ":7461": f":{port}",
    }
