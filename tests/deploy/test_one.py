"""The analyst's page: what it says of Python and ONE, run as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, transfer_pb2
from tests.acceptance import lab as labs
from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab
from tests.deploy.installers import ROOT, Tools

PAGE = ROOT / "server" / "docs" / "analyst.md"
ONE = ("ONE-api==3.6.1", "boto3")
TEXT = "time\tevent\n0.1\tstart\n"


@pytest.fixture
def python(tools: Tools, tmp_path: Path) -> Path:
    """A Python with ONE."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "one"], check=True)
    program = tmp_path / "one" / "bin" / "python"
    fetched = tools.run(tmp_path, "uv", "pip", "install", "--quiet", "--python", str(program), *ONE)
    if fetched.returncode != 0:
        pytest.skip(f"NOT CHECKED: {', '.join(ONE)} cannot be had: {fetched.stderr.strip()[-300:]}")
    return program


def deliver(bridge: Bridge) -> None:
    """A session with the file that the page asks for."""
    request = session_pb2.StartSessionRequest(spec=session_pb2.SessionSpec(subject="TestSubject"))
    session = bridge.call("StartSession", request).session
    (Path(session.folder) / "events.table.1.tsv").write_text(TEXT)
    end = session_pb2.EndSessionRequest(session_id=session.session_id, qc="PASS", upload_folder=True)
    done = bridge.settled(bridge.call("EndSession", end).transfer_id)
    assert done.state == transfer_pb2.TRANSFER_STATE_DONE


def example(lab: Lab, cache: Path) -> str:
    """The lines of the page; only the lab, its account and the place of files differ."""
    (lines,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    mine = f'"{lab.alyx_url}", username="{lab.user}", password="{lab.password}", cache_dir="{cache}", silent=True'
    assert '"http://172.16.102.30:8000"' in lines
    return str(lines.replace('"http://172.16.102.30:8000"', mine)) + "\nprint(open(files[0]).read(), end='')\n"


@pytest.mark.timeout(600)
def test_one_reads_what_the_bridge_stored(python: Path, tmp_path: Path) -> None:
    """`one-env` in the shell, the three lines in Python, and the file is the one that the task wrote."""
    with labs.opened() as lab:
        bridge = Bridge(tmp_path, LAB_NAME="CogLab")
        bridge.start()
        try:
            bridge.enter(lab)
            deliver(bridge)
            (tmp_path / "analysis.py").write_text(example(lab, tmp_path / "cache"))
            show = f'eval "$({sys.executable} -m cagelab_bridge.cli one-env)" && {python} {tmp_path}/analysis.py'
            read = subprocess.run(
                ["sh", "-c", show],
                env=bridge.environ | {"AWS_SECRET_ACCESS_KEY": lab.s3_secret, "HOME": str(tmp_path)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
        finally:
            bridge.end()
    assert read.returncode == 0, read.stderr[-4000:]
    assert read.stdout.endswith(TEXT)
