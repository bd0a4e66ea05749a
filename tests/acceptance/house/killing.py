"""Runs `serve` as a process that kills itself around the deletion of a file: `killing.py before|after COMMAND …`."""

from __future__ import annotations

import os
import runpy
import signal
import sys
from typing import Any

unlink = os.unlink
DEADLY = ".tsv.reclaiming"  # the name that a file has when it is deleted


def killed(path: Any, *, dir_fd: int | None = None) -> None:
    """In the place of `os.unlink`."""
    deadly = os.fsdecode(path).endswith(DEADLY)
    if not deadly or sys.argv[0] == "after":
        unlink(path, dir_fd=dir_fd)
    if not deadly:
        return
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.argv = sys.argv[1:]  # when, python, -m, module, arguments
    os.unlink = killed
    when, _, _, module, *arguments = sys.argv
    sys.argv = [when, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=False)
