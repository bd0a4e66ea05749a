"""The m-files keep the style and the rules of matlab/miss_hit.cfg."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MATLAB = Path(__file__).parents[2] / "matlab"


@pytest.mark.parametrize("tool", [["mh_style"], ["mh_lint"], ["mh_metric", "--ci"]], ids=lambda tool: tool[0])
def test_m_files_are_clean(tool: list[str]) -> None:
    """MISS_HIT finds nothing: style, mistakes, functions of more than 50 lines."""
    program, *options = tool
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *options, "--brief", str(MATLAB)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "everything seems fine" in done.stdout, done.stdout
