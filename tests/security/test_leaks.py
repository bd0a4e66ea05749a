"""What a bridge lets others see of itself. Attacks 19, 24, 47, 72 and 73; of 32 what can be measured."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor

from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2, credentials_pb2_grpc, status_pb2
from cagelab_bridge.api.dispatch import contract
from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab

CANARY = "seen-canary-5a1c77"
linux = pytest.mark.skipif(sys.platform != "linux", reason="prctl and /proc are Linux's")


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    """A bridge that is not started yet."""
    made = Bridge(tmp_path)
    yield made
    made.end()


def hand_over(bridge: Bridge, secret: str = CANARY) -> None:
    """A key pair for a store that is not there."""
    request = credentials_pb2.PutCredentialsRequest(
        kind=credentials_pb2.CREDENTIAL_KIND_STORE, endpoint="http://127.0.0.1:9", identity="key", secret=secret
    )
    stub = credentials_pb2_grpc.CredentialsStub(bridge.channel)
    stub.PutCredentials(request, metadata=bridge.metadata, timeout=30)


def test_attack_19_tracing_asked_for_by_the_environment_shows_nothing(bridge: Bridge, lab: Lab) -> None:
    """GRPC_TRACE=all prints metadata and SSLKEYLOGFILE the keys of TLS: both are dropped before their library loads."""
    keys = bridge.folder / "tls-keys"
    bridge.extra |= {"GRPC_TRACE": "all", "GRPC_VERBOSITY": "DEBUG", "SSLKEYLOGFILE": str(keys)}
    bridge.start("--log-level", "debug")
    bridge.enter(lab)
    hand_over(bridge)
    token = bridge.place.token.reveal()
    bridge.end()
    said = (bridge.folder / "serve.log").read_text()
    assert "PutCredentials ok" in said
    for secret in (CANARY, token, lab.password, lab.s3_secret):
        assert secret not in said
    assert "chttp2" not in said
    assert not keys.exists()


SHOWS_ITS_TOKEN = """
import asyncio, grpc
async def call():
    async with grpc.aio.insecure_channel("127.0.0.1:9") as channel:
        await channel.unary_unary("/a/b")(b"", metadata=(("authorization", "Bearer traced-canary"),), timeout=3)
try:
    asyncio.run(call())
except grpc.RpcError:
    pass
"""


def test_attack_19_means_something() -> None:
    """The same tracing in a program that does not drop it shows what the bridge hides."""
    environ = {**os.environ, "GRPC_TRACE": "all", "GRPC_VERBOSITY": "DEBUG"}
    done = subprocess.run(
        [sys.executable, "-c", SHOWS_ITS_TOKEN], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert "traced-canary" in done.stderr


SECRET_WORDS = ("password", "secret", "token")


def may_hold_one(field: FieldDescriptor) -> bool:
    """A text called like a secret; a page token is the number of a page."""
    is_text = field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES)
    return is_text and field.name.rpartition("_")[2] in SECRET_WORDS and not field.name.endswith("page_token")


def fields(message: Any, seen: set[str]) -> Iterator[FieldDescriptor]:
    """Every field of a message and of what it holds."""
    if message.full_name in seen:
        return
    seen.add(message.full_name)
    for field in message.fields:
        yield field
        if field.message_type is not None:
            yield from fields(field.message_type, seen)


@pytest.mark.parametrize("name", sorted(contract()))
def test_attack_24_no_answer_holds_a_secret(name: str) -> None:
    """No field of an answer is marked as one or called like one."""
    for field in fields(contract()[name].response.DESCRIPTOR, set()):
        assert not field.GetOptions().debug_redact, field.full_name
        assert not may_hold_one(field), field.full_name


def test_attack_24_every_secret_of_a_question_is_marked() -> None:
    """So that the test above knows them all."""
    found = {
        field.full_name: field.GetOptions().debug_redact
        for method in contract().values()
        for field in fields(method.request.DESCRIPTOR, set())
        if may_hold_one(field)
    }
    assert len(found) >= 2
    assert [name for name, marked in found.items() if not marked] == []


class Recorder:
    """A proxy that only remembers what came to it."""

    def __init__(self) -> None:
        self.heard = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.heard += connection.recv(4096) + b"|"

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.close()


def test_attack_47_netrc_and_proxies_of_the_account_are_ignored(bridge: Bridge, lab: Lab, recorder: Recorder) -> None:
    """A netrc would replace our token, a proxy would receive it: the login, Alyx and the store are asked directly."""
    netrc = bridge.folder / ".netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\ndefault login thief password thief\n")
    netrc.chmod(0o600)
    proxies = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    bridge.extra |= dict.fromkeys(proxies, recorder.url)
    bridge.extra |= {"HOME": str(bridge.folder), "NETRC": str(netrc), "no_proxy": "", "NO_PROXY": ""}
    bridge.start()
    bridge.enter(lab)
    assert bridge.command("check", "--subject", "TestSubject").returncode in (0, 3)  # asks Alyx and the store
    status = bridge.call("GetStatus", status_pb2.GetStatusRequest())
    assert [account.logged_in for account in status.accounts] == [True]
    assert [store.reachable for store in status.stores] == [True]
    assert recorder.heard == b""


@linux
def test_attack_72_process_list_and_environment_are_clean(bridge: Bridge, lab: Lab) -> None:
    """What every user of the computer sees: command lines; another user cannot read the environment at all."""
    bridge.start()
    bridge.enter(lab)
    shown = subprocess.run(["ps", "eww", str(bridge.pid)], capture_output=True, text=True, check=True).stdout
    assert "cagelab_bridge" in shown
    assert (
        "CAGELAB_BRIDGE_STATE" in shown or os.geteuid() != 0
    )  # root reads the environment, so the absence below means something
    for secret in (lab.s3_secret, bridge.place.token.reveal()):
        assert secret not in shown
    listed = Path(f"/proc/{bridge.pid}/environ").stat()
    assert listed.st_mode & 0o077 == 0
    assert listed.st_uid == 0  # of a process that is not dumpable: root's, whoever runs it


LOOK = """
import ctypes, os, sys
pid = int(sys.argv[1])
for name in ("environ", "mem", "maps"):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            print(name, "open" if file.read(1) else "nothing to read")
    except OSError as problem:
        print(name, problem.strerror)
libc = ctypes.CDLL(None, use_errno=True)
print("ptrace", "open" if libc.ptrace(0x4206, pid, 0, 0) == 0 else os.strerror(ctypes.get_errno()))
"""


# Runs the rest of its command line as everybody but root is: without a right to look into other processes.
WITHOUT_RIGHTS = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
for capability in range(64):
    libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.execv(sys.argv[1], sys.argv[1:])
"""
LAUNCHER = [sys.executable, "-c", WITHOUT_RIGHTS]


def look_into(pid: int) -> dict[str, str]:
    """What another process of the same account can open of this one."""
    done = subprocess.run(
        [*LAUNCHER, sys.executable, "-c", LOOK, str(pid)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


@linux
def test_attack_73_no_other_program_of_the_account_looks_into_the_bridge(bridge: Bridge) -> None:
    """Neither environment nor memory nor ptrace; a program that is not shut can be looked into by the same means."""
    bridge.launcher = LAUNCHER  # else it would be more than who looks, and closed to him for that alone
    bridge.start()
    found = look_into(bridge.pid)
    assert set(found) == {"environ", "mem", "maps", "ptrace"}
    assert "open" not in found.values(), found
    waits = [*LAUNCHER, sys.executable, "-c", "print(flush=True); input()"]
    open_one = subprocess.Popen(waits, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # means that LOOK can look
    assert open_one.stdout is not None
    open_one.stdout.readline()
    try:
        assert look_into(open_one.pid)["environ"] == "open"
    finally:
        open_one.communicate(b"\n", timeout=10)


@linux
def test_attack_73_a_bridge_that_dies_leaves_no_core(bridge: Bridge) -> None:
    """The limit is nought, and no program gets the dump either (the process is not dumpable)."""
    bridge.start()
    limits = Path(f"/proc/{bridge.pid}/limits").read_text().splitlines()
    core = next(line for line in limits if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


def copies(pid: int, canary: str) -> int:
    """How often it stands in the memory of that process (root can look)."""
    found = 0
    with Path(f"/proc/{pid}/mem").open("rb") as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights, *_ = line.split()
            if "r" not in rights or line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            first, last = (int(number, 16) for number in place.split("-"))
            try:
                memory.seek(first)
                found += memory.read(last - first).count(canary.encode())
            except OSError:
                continue  # a guard page
    return found


@linux
@pytest.mark.skipif(os.geteuid() != 0, reason="only root looks into a bridge")
def test_attack_32_copies_in_memory_after_removal(bridge: Bridge) -> None:
    """Wiping is best effort: the bridge's own copy goes, and what gRPC and Python leave behind is written over in time.

    Which of their freed blocks is used again is chance: a last copy may stay, and no promise is made about it.
    """
    bridge.start()
    hand_over(bridge)
    held = copies(bridge.pid, CANARY)
    stub = credentials_pb2_grpc.CredentialsStub(bridge.channel)
    stub.RemoveCredentials(
        credentials_pb2.RemoveCredentialsRequest(
            kind=credentials_pb2.CREDENTIAL_KIND_STORE, endpoint="http://127.0.0.1:9"
        ),
        metadata=bridge.metadata,
        timeout=30,
    )
    removed = copies(bridge.pid, CANARY)
    for _ in range(500):
        hand_over(bridge, "x" * len(CANARY))
    later = copies(bridge.pid, CANARY)
    print(f"\ncopies: {held} while held, {removed} after the removal, {later} after 500 more calls")
    assert held >= 2
    assert removed < held
    assert later <= 1
