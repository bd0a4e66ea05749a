"""The MATLAB toolbox under GNU Octave: one test per m-file below matlab/tests.

`offline` needs nothing, `misbehaving` runs against a stand-in that hangs, moves and hangs up, `sandbox` and `compat`
against a real `cagelab-bridge serve --sandbox`; `compat` also against a live lab, if the environment names one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance import lab as labs
from tests.matlab.lab_bridge import lab_bridge
from tests.matlab.misbehaving_bridge import MisbehavingBridge
from tests.matlab.sandbox_bridge import SandboxBridge, sandbox_bridge

TESTS = Path(__file__).parents[2] / "matlab" / "tests"
LIMIT = 120  # seconds for one m-file
SECOND_ACCOUNT = {"test_a_task_changes_no_account", "test_secrets_go_to_the_bridge"}  # a live lab names only one
OCTAVE = shutil.which("octave-cli")

pytestmark = pytest.mark.octave


def names(folder: str) -> list[str]:
    """The m-tests of a folder."""
    return sorted(file.stem for file in (TESTS / folder).glob("test_*.m"))


def octave(folder: str, pattern: str, **environ: str) -> tuple[int, str]:
    """Run the m-tests of a folder whose names match in one Octave; its exit status, and what it printed."""
    if OCTAVE is None:
        message = "GNU OCTAVE IS MISSING: the MATLAB toolbox is NOT tested (apt-get install octave)."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CAGELAB_", "CLBRIDGE_"))}
    kept.pop("XDG_RUNTIME_DIR", None)
    done = subprocess.run(
        [OCTAVE, "--norc", "--quiet", "--eval", f"run_tests('{folder}', '{pattern}')"],
        cwd=TESTS,
        env={**kept, **environ},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def run(folder: str, name: str, **environ: str) -> None:
    """Run one m-test in an Octave of its own; its output is the failure's message."""
    code, printed = octave(folder, name, **environ)
    assert code == 0, printed
    assert re.search(r"^1 tests, 0 failed$", printed, re.MULTILINE), printed


@pytest.fixture
def misbehaving(tmp_path: Path) -> Iterator[MisbehavingBridge]:
    """A stand-in of its own for each test."""
    with MisbehavingBridge(tmp_path) as bridge:
        yield bridge


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxBridge]:
    """One real bridge on the sandbox for all tests of this file."""
    with sandbox_bridge(tmp_path_factory.mktemp("bridge")) as bridge:
        yield bridge


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxBridge]:
    """One real bridge on the live lab for all tests of this file."""
    if not labs.is_named():
        pytest.skip("no live Alyx and store: set CAGELAB_TEST_ALYX_URL and its kin")
    with labs.opened() as lab, lab_bridge(tmp_path_factory.mktemp("live"), lab) as bridge:
        yield bridge


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the m-tests that need no bridge printed, run in one Octave: starting it takes longer than they do."""
    _, printed = octave("offline", "test_*", HOME=str(tmp_path_factory.mktemp("home")))
    return printed


@pytest.mark.parametrize("name", names("offline"))
def test_toolbox_alone(name: str, alone: str) -> None:
    """What the m-file's first comment states holds without a bridge."""
    assert re.search(rf"^ok +{name} ", alone, re.MULTILINE), alone


@pytest.mark.parametrize("name", names("misbehaving"))
def test_toolbox_against_a_misbehaving_bridge(name: str, misbehaving: MisbehavingBridge) -> None:
    """What the m-file's first comment states holds against a bridge that misbehaves."""
    run("misbehaving", name, CAGELAB_BRIDGE_RUNTIME=str(misbehaving.folder))


@pytest.mark.parametrize("name", names("sandbox"))
def test_toolbox_against_the_sandbox(name: str, sandbox: SandboxBridge) -> None:
    """What the m-file's first comment states holds against a real bridge on the sandbox."""
    run("sandbox", name, **sandbox.environ)


@pytest.mark.parametrize("name", names("compat"))
def test_old_classes_against_the_sandbox(name: str, sandbox: SandboxBridge, tmp_path: Path) -> None:
    """What the m-file's first comment states holds for alyxManager and minioManager on a real bridge."""
    run("compat", name, HOME=str(tmp_path), **sandbox.environ)


@pytest.mark.live
@pytest.mark.parametrize("name", [name for name in names("compat") if name not in SECOND_ACCOUNT])
def test_old_classes_against_a_live_lab(name: str, live: SandboxBridge, tmp_path: Path) -> None:
    """What the m-file's first comment states holds on a real Alyx too."""
    run("compat", name, HOME=str(tmp_path), **live.environ)


def test_an_object_that_is_saved_and_sent(sandbox: SandboxBridge, tmp_path: Path) -> None:
    """A saved alyxManager holds no secret, and on another computer it works with the bridge it meets there."""
    file = {"CLBRIDGE_TEST_OBJECT": str(tmp_path / "r.mat")}
    run("sent", "test_a_saved_object_holds_no_secret", HOME=str(tmp_path), **sandbox.environ, **file)
    run("sent", "test_objects_of_the_old_class_lose_their_secrets", HOME=str(tmp_path), **sandbox.environ)
    elsewhere = tmp_path / "rig"
    elsewhere.mkdir()
    with sandbox_bridge(elsewhere) as rig:
        arrives = "test_a_sent_object_works_with_the_bridge_it_meets"
        run("sent", arrives, HOME=str(elsewhere), **rig.environ, **file)
