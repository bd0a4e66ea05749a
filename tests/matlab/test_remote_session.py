"""A session as CageLab runs it: START on a control PC, the task on a rig, two bridges that are paired, one lab.

On a sandbox, or on the live Alyx and store that the environment names.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from tests.acceptance import lab as labs
from tests.acceptance.bridge import wait_until
from tests.integration.rigs.pair import paired
from tests.matlab.switchable import switchable
from tests.matlab.test_octave import run

pytestmark = pytest.mark.octave

STORIES = {
    "all is well": ("test_2_rig_runs_the_task", "test_3_control_pc_sees_what_became_of_it"),
    "alyx is away at start": ("test_2_rig_works_while_alyx_is_away", "test_3_control_pc_sees_what_became_of_it"),
    "a file has no type": ("test_2_rig_has_a_file_without_a_type", "test_3_control_pc_sees_which_file_waits"),
    "the task fails": ("test_2_rig_has_a_task_that_fails", "test_3_control_pc_sees_a_task_that_failed"),
}


def files_with(folder: Path, secrets: list[bytes]) -> list[Path]:
    """Files that hold one of the secrets."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in found if any(secret in path.read_bytes() for secret in secrets)]


@pytest.mark.parametrize("story", STORIES)
def test_a_session_is_started_on_the_control_pc_and_run_on_a_rig(story: str, tmp_path: Path) -> None:
    """The calls of the GUI and of clutil, in their order, on two computers: the record and the files are in Alyx and
    the store, the control PC shows it, and neither the rig nor what was sent to it holds password or key."""
    task, seen = STORIES[story]
    with labs.opened() as real, switchable(real.alyx_url) as (alyx_url, switch), paired(tmp_path) as pair:
        lab = dataclasses.replace(real, alyx_url=alyx_url)
        pair.trust()
        pair.control.start()
        wait_until(lambda: "control-pc" in (pair.rig.folder / "serve.log").read_text() or None)
        sent = tmp_path / "sent.mat"
        common = {
            "CLBRIDGE_TEST_URL": lab.alyx_url,
            "CLBRIDGE_TEST_SWITCH": switch,
            "CLBRIDGE_TEST_USER": lab.user,
            "CLBRIDGE_TEST_STORE": lab.s3_url,
            "CLBRIDGE_TEST_OBJECT": str(sent),
        }
        secrets = {
            "CLBRIDGE_TEST_PASSWORD": lab.password,
            "CLBRIDGE_TEST_KEY": lab.s3_key,
            "CLBRIDGE_TEST_SECRET": lab.s3_secret,
        }
        control = {**common, "CAGELAB_BRIDGE_RUNTIME": str(pair.control.folder / "run"), "HOME": str(tmp_path)}
        rig = {**common, "CAGELAB_BRIDGE_RUNTIME": str(pair.rig.folder / "run"), "HOME": str(pair.rig.folder)}
        run("remote", "test_1_control_pc_presses_start", **control, **secrets)
        run("remote", task, **rig)
        run("remote", seen, **control)
        # A lab for tests may have a password that is the user's name, which may be anywhere.
        held = [os.fsencode(secret) for secret in (lab.password, lab.s3_secret) if secret != lab.user]
        assert files_with(pair.rig.folder, held) == []
        letters = sent.read_bytes().replace(b"\0", b"")  # MAT-files write two bytes for a letter
        assert b"TestSubject" in letters
        assert not any(secret in letters for secret in held)
