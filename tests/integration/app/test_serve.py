"""The bridge as a process: how fast it is there, what it holds, how it ends."""

from __future__ import annotations

import contextlib
import json
import signal
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, status_pb2, transfer_pb2
from cagelab_bridge.api.status import STATUS
from cagelab_bridge.errors import Code
from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.faults import Fault
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.lab import Lab

READY = 5.0  # seconds; 1.5 on a machine that has nothing else to do
STOP = 5.0  # seconds
IDLE_MEMORY = 90.0  # MB
BYTES = bytes(range(256)) * 40_000  # some 10 MB: more than a socket takes in


@pytest.fixture
def running(bridge: Bridge) -> Bridge:
    """A bridge that takes calls."""
    bridge.start()
    return bridge


def test_the_bridge_is_ready_soon(bridge: Bridge) -> None:
    """MATLAB's user does not notice that it was started; the best of three starts counts."""
    seconds = []
    for _ in range(3):
        began = time.monotonic()
        said = bridge.start()
        seconds.append(time.monotonic() - began)
        assert said["ready"]
        bridge.end()
    print(f"\nready after {min(seconds):.2f} s (of {', '.join(f'{second:.2f}' for second in seconds)})")
    assert min(seconds) < READY


def memory(pid: int) -> float:
    """Resident memory in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def test_an_idle_bridge_is_small(running: Bridge) -> None:
    """It runs beside an experiment, day and night."""
    running.call("GetStatus", status_pb2.GetStatusRequest())
    found = memory(running.pid)
    print(f"\nidle with {found:.1f} MB")
    assert found < IDLE_MEMORY


def test_an_idle_bridge_stops_at_once(running: Bridge) -> None:
    """SIGTERM and Ctrl-C end it in order, with exit code 0."""
    for number in (signal.SIGTERM, signal.SIGINT):
        assert running.end(number) < STOP
        assert running._process is not None
        assert running._process.returncode == 0
        running.start()


def test_endpoint_json_is_ours_alone_and_gone_after_the_end(running: Bridge) -> None:
    """Folder 0700, file 0600: the token opens everything; a stopped bridge leaves none behind."""
    path = running.folder / "run" / "endpoint.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    place = json.loads(path.read_text())
    assert place["pid"] == running.pid
    assert place["gateway"].startswith("http://127.0.0.1:")
    running.end()
    assert list(path.parent.iterdir()) == []


def test_the_token_is_neither_in_the_log_nor_on_the_command_line(running: Bridge) -> None:
    """Who may read the process list or the log may not thereby command the bridge."""
    token = running.place.token.reveal()
    running.call("GetStatus", status_pb2.GetStatusRequest())
    for name in ("cmdline", "environ"):
        with contextlib.suppress(PermissionError):  # of the environment: not even this account may read it
            assert token.encode() not in Path(f"/proc/{running.pid}/{name}").read_bytes()
    running.end()
    assert token not in (running.folder / "serve.log").read_text()


def test_a_second_bridge_on_the_same_journal_is_refused(running: Bridge) -> None:
    """It says which process is first and what to do, ends with its own code, and leaves the first one's place alone."""
    before = (running.folder / "run" / "endpoint.json").read_bytes()
    second = running.command("serve", "--config", str(running.folder / "empty.toml"))
    assert second.returncode == STATUS[Code.FAILED_PRECONDITION].exit
    assert f"process {running.pid}" in second.stderr
    assert "Traceback" not in second.stderr
    assert (running.folder / "run" / "endpoint.json").read_bytes() == before
    running.call("GetStatus", status_pb2.GetStatusRequest())


def test_a_bridge_that_was_killed_does_not_hinder_the_next(running: Bridge) -> None:
    """Neither its lock nor its endpoint.json."""
    running.end(signal.SIGKILL)
    assert (running.folder / "run" / "endpoint.json").exists()
    running.start()
    assert running.place.pid == running.pid
    running.call("GetStatus", status_pb2.GetStatusRequest())


@pytest.mark.parametrize("wrong", ["[lab]\nnmae = 1\n", '[alyx]\npassword = "hunter2-9c"\n', "not toml"])
def test_wrong_settings_end_the_start_with_a_sentence(bridge: Bridge, wrong: str) -> None:
    """Exit code of a wrong argument, no trace, no secret."""
    (bridge.folder / "wrong.toml").write_text(wrong)
    done = bridge.command("serve", "--config", str(bridge.folder / "wrong.toml"))
    assert done.returncode == STATUS[Code.INVALID_ARGUMENT].exit
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr + done.stdout
    assert "hunter2-9c" not in done.stderr + done.stdout


def begin_upload(bridge: Bridge, lab: Lab) -> tuple[str, str]:
    """A session that ends with a file to upload; session and transfer."""
    bridge.enter(lab)
    request = session_pb2.StartSessionRequest(
        request_id=str(uuid.uuid4()), spec=session_pb2.SessionSpec(subject="TestSubject", lab="CogLab")
    )
    session = bridge.call("StartSession", request).session
    (Path(session.folder) / "opticka.raw.1.mat").write_bytes(BYTES)
    end = session_pb2.EndSessionRequest(request_id=str(uuid.uuid4()), session_id=session.session_id, upload_folder=True)
    return session.session_id, bridge.call("EndSession", end).transfer_id


def file_of(bridge: Bridge, transfer_id: str) -> transfer_pb2.TransferFile | None:
    files = bridge.call("GetTransfer", transfer_pb2.GetTransferRequest(transfer_id=transfer_id)).transfer.files
    return files[0] if files else None


def reached(bridge: Bridge, transfer_id: str, state: int) -> Callable[[], bool]:
    def look() -> bool:
        file = file_of(bridge, transfer_id)
        return file is not None and file.state >= state

    return look


def frozen_store(sandbox: Sandbox) -> None:
    """A store whose machine hangs: it takes the connection and never answers."""
    sandbox.s3_process.send_signal(signal.SIGSTOP)


def slow_register(sandbox: Sandbox) -> None:
    """Alyx takes a minute for each register-file."""
    sandbox.faults.add(Fault("slow", method="POST", path="register-file", delay_s=60))


def slow_patch(sandbox: Sandbox) -> None:
    """Alyx takes a minute to mark a dataset."""
    sandbox.faults.add(Fault("slow", method="PATCH", path="datasets", delay_s=60))


CASES = [
    (frozen_store, transfer_pb2.FILE_STATE_REGISTERED),
    (slow_register, transfer_pb2.FILE_STATE_HASHED),
    (slow_patch, transfer_pb2.FILE_STATE_VERIFIED),
]


@pytest.fixture
def quick_quarantine(tmp_path: Path) -> Iterator[Bridge]:
    """A bridge that trusts a lost answer to be over after a second."""
    made = Bridge(tmp_path, ALYX_QUARANTINE_SECONDS="1")
    made.start()
    yield made
    made.end(signal.SIGKILL)


@pytest.mark.parametrize(("trouble", "state"), CASES)
def test_a_stop_in_the_middle_of_an_upload_is_quick_and_loses_nothing(
    quick_quarantine: Bridge, sandbox: Sandbox, lab: Lab, trouble: Callable[[Sandbox], None], state: int
) -> None:
    """SIGTERM ends it within five seconds even while the other side hangs; the next start finishes the upload."""
    bridge = quick_quarantine
    trouble(sandbox)
    session_id, transfer_id = begin_upload(bridge, lab)
    wait_until(reached(bridge, transfer_id, state))
    file = file_of(bridge, transfer_id)
    assert file is not None
    assert file.state == state
    seconds = bridge.end()
    print(f"\n{trouble.__name__}: stopped after {seconds:.2f} s")
    sandbox.faults.clear()
    sandbox.s3_process.send_signal(signal.SIGCONT)
    bridge.start()
    bridge.enter(lab)
    transfer = bridge.settled(transfer_id)
    assert transfer.state == transfer_pb2.TRANSFER_STATE_DONE, transfer
    wanted = session_pb2.GetSessionRequest(session_id=session_id)
    wait_until(lambda: bridge.call("GetSession", wanted).session.complete)
    assert len(list(sandbox.alyx.core.state.rows("dataset"))) == 1
    assert seconds < STOP


def test_a_full_state_folder_is_a_sentence(bridge: Bridge) -> None:
    """A state folder that is no folder ends the start with a sentence."""
    (bridge.folder / "state").write_text("")
    done = bridge.command("serve")
    assert done.returncode == STATUS[Code.RESOURCE_EXHAUSTED].exit
    assert "Traceback" not in done.stderr


IMPORTS = """
import sys
from cagelab_bridge.cli import serve
serve.hide_foreign_command_line()
from cagelab_bridge import app
print(*sorted(name for name in sys.modules if name in sys.argv[1:]))
"""


def test_a_bridge_loads_only_what_it_serves_with() -> None:
    """Neither the sandbox nor the store's transport before they are needed, nor what paints tables."""
    heavy = ["urllib3", "keyring.backends", "rich", "pygments", "cagelab_bridge.sandbox"]
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, *heavy], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []
