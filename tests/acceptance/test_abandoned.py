"""Programs that die in the middle of a session, or forget it: the session ends in Alyx, its files are stored."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, transfer_pb2
from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import asked, completed, stored

ROOT = Path(__file__).resolve().parents[2]
OCTAVE = shutil.which("octave-cli")
WITHIN = 60.0  # seconds from the death of a program to the end of its session in Alyx
# What an experimenter's MATLAB does: a session, a file, an error that nobody caught, another session.
SCRIPT = """
addpath('{matlab}/toolbox', '{matlab}/tests/octave');
c = clbridge.Client();
while true
    s = c.startSession(struct('subject', 'TestSubject'));
    f = fopen(fullfile(s.folder, 'events.table.1.tsv'), 'w');
    fprintf(f, 'hello');
    fclose(f);
    printf('%s\\n', s.session_id);
    fflush(stdout);
    try
        if isempty(fread(stdin, 6)), exit(0); end
        error('the task failed');
    catch
    end
end
"""

Program = subprocess.Popen[str]


@pytest.fixture
def spare(tmp_path: Path) -> Path:
    """Where the task saves its spare copy."""
    return tmp_path / "ongoingTaskRun.mat"


@pytest.fixture
def entered(tmp_path: Path, spare: Path, lab: Lab) -> Iterator[Bridge]:
    """A running bridge, logged in, that knows where the spare copy lies."""
    made = Bridge(tmp_path, FILES_SPARE_COPY=str(spare))
    made.start()
    made.enter(lab)
    yield made
    made.end()


@pytest.fixture
def programs() -> Iterator[Callable[[list[str], dict[str, str]], Program]]:
    """Starts programs; kills what is left of them."""
    running: list[Program] = []

    def start(command: list[str], environ: dict[str, str]) -> Program:
        running.append(
            subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        )
        return running[-1]

    yield start
    for program in running:
        program.kill()
        program.communicate()


def octave(bridge: Bridge) -> tuple[list[str], dict[str, str]]:
    if OCTAVE is None:
        message = "GNU OCTAVE IS MISSING: a dying MATLAB is NOT tested (apt-get install octave)."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    script = SCRIPT.format(matlab=ROOT / "matlab")
    return [OCTAVE, "--norc", "--quiet", "--eval", script], bridge.environ | {"HOME": str(bridge.folder)}


def python(bridge: Bridge, spare: Path | str = "") -> tuple[list[str], dict[str, str]]:
    command = [sys.executable, "-m", "tests.acceptance.leaving_client", str(bridge.folder / "run"), str(spare)]
    return command, bridge.environ


def said(program: Program) -> str:
    """The id of the session it started."""
    assert program.stdout is not None
    line = program.stdout.readline().strip()
    assert line, "the program did not start a session"
    return line


def again(program: Program) -> None:
    """Let it go on to its next session."""
    assert program.stdin is not None
    program.stdin.write("again\n")
    program.stdin.flush()


def abandoned(bridge: Bridge, lab: Lab, session_id: str, why: str) -> dict[str, transfer_pb2.TransferFile]:
    """What holds of every abandoned session; its files by name."""
    session = completed(bridge, session_id)
    assert session.run == session_pb2.RUN_STATE_ABANDONED
    record = asked(bridge, f"sessions/{session.alyx_id}")
    assert (record["qc"], record["json"]["cagelab"]["state"]) == ("WARNING", "COMPLETE")
    assert (record["start_time"], record["end_time"]) == (session.start_time, session.end_time)
    assert record["narrative"].startswith("Ended by the bridge: the program")
    assert why in record["narrative"]
    transfer = bridge.settled(session.transfer_ids[0])
    files = {file.relative_path: file for file in transfer.files}
    for name, file in files.items():
        assert stored(lab, file) == (Path(session.folder) / name).read_bytes()
    return files


def test_a_killed_program_leaves_a_whole_record(
    entered: Bridge, lab: Lab, spare: Path, programs: Callable[..., Program]
) -> None:
    """SIGKILL: within a minute WARNING and an end in Alyx, the torn MAT as FAIL, the spare copy beside it as PASS."""
    program = programs(*python(entered, spare))
    session_id = said(program)
    program.send_signal(signal.SIGKILL)  # dead, but not buried: nobody waits for it
    began = time.monotonic()
    files = abandoned(entered, lab, session_id, f"(process {program.pid}) went away")
    assert time.monotonic() - began < WITHIN
    raw, copy = files["opticka.raw.1.mat"], files["matlab.raw.ongoingTaskRun.1.mat"]
    assert set(files) == {"events.table.1.tsv", raw.relative_path, copy.relative_path}
    assert [file.partial for file in files.values()] == [file is raw for file in files.values()]
    verdicts = {file.relative_path: asked(entered, f"datasets/{file.dataset_id}") for file in files.values()}
    assert (verdicts[raw.relative_path]["qc"], verdicts[copy.relative_path]["qc"]) == ("FAIL", "PASS")
    assert verdicts[raw.relative_path]["json"]["cagelab"]["partial"] is True
    assert spare.read_bytes() == stored(lab, copy)


def test_a_program_that_died_while_the_bridge_was_dead_is_noticed(
    entered: Bridge, lab: Lab, programs: Callable[..., Program]
) -> None:
    """Both are killed; the next bridge ends the session."""
    program = programs(*python(entered))
    session_id = said(program)
    entered.end(signal.SIGKILL)
    program.kill()
    program.wait()
    entered.start()
    entered.enter(lab)
    assert len(abandoned(entered, lab, session_id, "went away")) == 2


def test_a_program_that_forgets_its_session_and_starts_another(
    entered: Bridge, lab: Lab, programs: Callable[..., Program]
) -> None:
    """The first session ends with the start of the second, which goes on."""
    program = programs(*python(entered))
    first = said(program)
    again(program)
    second = said(program)
    files = abandoned(entered, lab, first, "started another session without ending this one")
    assert set(files) == {"events.table.1.tsv", "opticka.raw.1.mat"}
    assert running(entered, second)


def running(bridge: Bridge, session_id: str) -> bool:
    found = bridge.call("GetSession", session_pb2.GetSessionRequest(session_id=session_id, heartbeat=True)).session
    return bool(found.run == session_pb2.RUN_STATE_OPEN)


@pytest.mark.octave
def test_a_killed_octave_leaves_a_whole_record(entered: Bridge, lab: Lab, programs: Callable[..., Program]) -> None:
    """The toolbox tells the bridge its process by itself."""
    program = programs(*octave(entered))
    session_id = said(program)
    began = time.monotonic()
    program.send_signal(signal.SIGKILL)
    assert set(abandoned(entered, lab, session_id, "went away")) == {"events.table.1.tsv"}
    assert time.monotonic() - began < WITHIN


@pytest.mark.octave
def test_an_octave_task_that_fails_and_starts_another(
    entered: Bridge, lab: Lab, programs: Callable[..., Program]
) -> None:
    """An error that nobody handled, and the next task in the same Octave."""
    program = programs(*octave(entered))
    first = said(program)
    again(program)
    second = said(program)
    assert set(abandoned(entered, lab, first, "another session")) == {"events.table.1.tsv"}
    assert running(entered, second)
