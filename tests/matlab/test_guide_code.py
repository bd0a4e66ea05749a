"""The MATLAB lines of the guides, one after the other as they stand there, under GNU Octave with a real bridge."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.matlab.sandbox_bridge import sandbox_bridge
from tests.matlab.test_octave import LIMIT, OCTAVE, TESTS

ROOT = TESTS.parents[1]
DOCS = ROOT / "server" / "docs"


def lines_of(page: str, heading: str) -> str:
    """The MATLAB block below a heading."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.search(rf"^## {heading}$.*?^```matlab\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


@pytest.mark.octave
@pytest.mark.skipif(OCTAVE is None, reason="GNU OCTAVE IS MISSING: the guides' MATLAB lines are NOT tested")
def test_the_lines_of_the_guides_record_a_session_and_load_it_again(tmp_path: Path) -> None:
    """The programmer's task stores a file, and the analyst's question brings it back."""
    (tmp_path / "cagelab-bridge").symlink_to(ROOT)  # where the guides say that it lies
    task, analysis = lines_of("matlab.md", "A task of your own"), lines_of("analyst.md", "MATLAB")
    shown = "job.wait('Timeout', 60);\n{}\nprintf('%d', content.trials.response);\n"
    (tmp_path / "guide.m").write_text(task + shown.format(analysis), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAGELAB_", "CLBRIDGE_", "XDG_"))}
    (tmp_path / "bridge").mkdir()
    with sandbox_bridge(tmp_path / "bridge") as bridge:
        done = subprocess.run(
            [str(OCTAVE), "--norc", "--quiet", "--eval", f"addpath('{TESTS / 'octave'}'); source('guide.m');"],
            cwd=tmp_path,
            env={**kept, **bridge.environ, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("101"), done.stdout
