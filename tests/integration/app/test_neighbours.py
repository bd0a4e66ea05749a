"""The bridge as a process among others: which doors it opens, what it says of itself, and a disk that was copied."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, status_pb2
from cagelab_bridge.api.status import STATUS
from cagelab_bridge.errors import Code
from tests.acceptance.bridge import Bridge, wait_until
from tests.security.lan import made

LISTENING = "0A"  # state of a socket in /proc/net/tcp
LOOPBACK = "0100007F"  # 127.0.0.1, also at the end of the IPv6 address that means the same


def listeners(pid: int) -> set[str]:
    """Addresses (hexadecimal, as the kernel writes them) at which the process takes TCP connections."""
    mine = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            mine.add(str(handle.readlink()))
        except FileNotFoundError:
            continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and f"socket:[{fields[9]}]" in mine:
                found.add(fields[1])
    return found


class Maker:
    """Starts bridges that share one folder."""

    def __init__(self, folder: Path, made_here: list[Bridge]) -> None:
        self._folder, self._made = folder, made_here

    def __call__(self, role: str, **settings: str) -> Bridge:
        """One that runs."""
        place = {"SERVER_LAN_ADDRESS": "127.0.0.1", "SERVER_LAN_PORT": "0"}
        one = Bridge(self._folder, BRIDGE_ROLE=role, **(place | settings))
        one.start()
        self._made.append(one)
        return one


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Maker]:
    """Bridges of any role, killed at the end."""
    made_here: list[Bridge] = []
    yield Maker(tmp_path, made_here)
    for one in made_here:
        one.end(signal.SIGKILL)


def status(bridge: Bridge) -> status_pb2.GetStatusResponse:
    """GetStatus."""
    found: status_pb2.GetStatusResponse = bridge.call("GetStatus", status_pb2.GetStatusRequest())
    return found


@pytest.mark.parametrize("role", ["workstation", "control"])
def test_only_a_rig_can_be_called_from_elsewhere(bridge: Maker, role: str) -> None:
    """Two listeners, both on loopback; the control PC only dials out."""
    one = bridge(role, SERVER_LAN_ADDRESS="0.0.0.0")
    found = listeners(one.pid)
    assert len(found) == 2
    assert all(address.partition(":")[0].endswith(LOOPBACK) for address in found), found
    assert status(one).lan_address == ""
    assert status(one).role == role
    assert bool(status(one).device_id) is (role == "control")


def test_a_rig_says_where_its_door_is_but_not_to_local_programs(bridge: Maker) -> None:
    """In the status; endpoint.json is for programs of this computer, which never use it."""
    one = bridge("rig")
    said = status(one)
    assert said.role == "rig"
    assert said.device_id == made(one.folder / "state").identity.device_id
    host, _, port = said.lan_address.partition(":")
    assert host == "127.0.0.1"
    assert len(listeners(one.pid)) == 3
    text = (one.folder / "run" / "endpoint.json").read_text()
    assert port not in text
    assert set(json.loads(text)) == {"version", "pid", "grpc", "gateway", "token", "started_at", "sandbox"}
    with socket.create_connection(("127.0.0.1", int(port)), 5):
        pass


def test_a_taken_port_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    """A rig that nobody can lend to must not look as if all were well."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        one = Bridge(tmp_path, BRIDGE_ROLE="rig", SERVER_LAN_ADDRESS="127.0.0.1", SERVER_LAN_PORT=port)
        done = one.command("serve")
    assert done.returncode == STATUS[Code.FAILED_PRECONDITION].exit
    assert f"127.0.0.1:{port} cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_file_among_the_peers_is_shown_in_the_status(bridge: Maker) -> None:
    """Noticed while it runs; it hides no other."""
    one = bridge("rig")
    peers = one.folder / "state" / "peers"
    peers.mkdir(mode=0o700)
    (peers / "bad.toml").write_text("x")

    def told() -> bool:
        return any(notice.field == "peers/bad.toml" for notice in status(one).notices)

    wait_until(told)
    (peers / "bad.toml").unlink()
    wait_until(lambda: not told())


def copied(bridge: Bridge) -> None:
    """As if its disk had been put into another computer."""
    path = bridge.folder / "state" / "identity" / "computer.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, "machine": "of another computer"}))


def test_a_copied_disk_begins_anew_and_says_so(bridge: Maker) -> None:
    """Another identity, an empty journal; what the other computer had accepted is set aside, and delivered by it."""
    one = bridge("rig")
    before = status(one).device_id
    request = session_pb2.StartSessionRequest(
        request_id="r", spec=session_pb2.SessionSpec(subject="TestSubject", lab="CogLab")
    )
    one.call("StartSession", request)
    one.end()
    copied(one)
    other = bridge("rig")
    said = status(other)
    assert said.device_id not in ("", before)
    assert (said.sessions_open, said.sessions_pending) == (0, 0)
    (notice,) = [notice for notice in said.notices if notice.field == "identity"]
    assert "copied from another" in notice.message
    assert (Path(notice.value) / "journal.db").stat().st_size > 0
    assert "copied from another computer" in (other.folder / "serve.log").read_text()
    other.end()
    third = bridge("rig")
    assert status(third).device_id == said.device_id


def test_a_workstation_without_identity_pays_nothing_for_peers(bridge: Maker) -> None:
    """No key, no folder, no door: what it always was."""
    one = bridge("workstation")
    assert sorted(path.name for path in (one.folder / "state").iterdir() if path.is_dir()) == []
    assert status(one).device_id == ""
