"""`ssh -L`, as the guide for other languages has it: somebody with an ssh login reaches both loopback doors."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import bridge_pb2_grpc, status_pb2
from tests.acceptance.bridge import Bridge, wait_until
from tests.security import ssh_server
from tests.security.ssh_server import SshServer

# Here both ends of the tunnel are one computer, so this one stands for the laptop.
LAPTOP = "127.0.0.2"


@contextmanager
def tunnel(folder: Path, ports: list[int]) -> Iterator[None]:
    """The same port numbers on the laptop, through a real sshd."""
    server = SshServer(folder / "sshd", {})
    server.start()
    (folder / "known").write_text(server.known_as("rig"))
    wishes = [word for port in ports for word in ("-L", f"{LAPTOP}:{port}:127.0.0.1:{port}")]
    login = ["-i", str(server.folder / "user"), "-p", str(server.port), f"{ssh_server.USER}@127.0.0.1"]
    safe = ["-o", f"UserKnownHostsFile={folder / 'known'}", "-o", "ExitOnForwardFailure=yes", "-o", "BatchMode=yes"]
    ssh = subprocess.Popen(["ssh", "-F", "/dev/null", "-N", *wishes, *safe, *login], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: all(map(_listens, ports)))
        yield
    finally:
        ssh.terminate()
        ssh.wait(10)
        server.stop()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((LAPTOP, port), 1):
        return True
    return False


@pytest.mark.skipif(not ssh_server.THERE, reason="NOT CHECKED: sshd or ssh is not installed")
def test_both_doors_answer_through_ssh(rig: Bridge, tmp_path: Path) -> None:
    """With the token; the gateway by the same port number, as its Host must be its own."""
    place = json.loads((rig.folder / "run" / "endpoint.json").read_text())
    (grpc_port, json_port) = (int(place[name].rpartition(":")[2]) for name in ("grpc", "gateway"))
    with tunnel(tmp_path, [grpc_port, json_port]):
        with grpc.insecure_channel(f"{LAPTOP}:{grpc_port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
            stub = bridge_pb2_grpc.BridgeStub(channel)
            said = stub.GetStatus(status_pb2.GetStatusRequest(), metadata=rig.metadata, timeout=30)
            assert said.process_id == rig.pid
        connection = http.client.HTTPConnection(LAPTOP, json_port, timeout=30)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {place['token']}"}
        for host, status in ((f"127.0.0.1:{json_port}", 200), (f"127.0.0.1:{json_port + 1}", 421)):
            connection.request("POST", "/cagelab.bridge.v1.Bridge/GetStatus", "{}", headers | {"Host": host})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status
        connection.close()
