"""Started as a script: ties the process to its parent's life, then becomes the program given.

Linux kills the process as soon as the thread that started it ends, so nothing is left running when a sandbox is
killed. Elsewhere the program just runs.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """`pdeath.py PARENT PROGRAM ARGUMENT…`."""
    parent, program = int(sys.argv[1]), sys.argv[2]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)
    os.execv(program, sys.argv[2:])


if __name__ == "__main__":
    main()
