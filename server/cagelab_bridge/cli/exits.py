"""Exit codes of the command line: 0 success, 2 wrong usage, those of `api/status.py` for errors, and one of its own."""

from __future__ import annotations

from cagelab_bridge.api.status import STATUS
from cagelab_bridge.errors import Code

BLOCKED = 20  # files of an upload wait for somebody; the others are stored and verified
SET_ASIDE = 21  # `recover` found records, or `backfill` folders, that it could not use
CANCELLED = STATUS[Code.CANCELED].exit
REFUSED = STATUS[Code.INVALID_ARGUMENT].exit  # `check` found an error
TROUBLE = STATUS[Code.FAILED_PRECONDITION].exit  # `doctor` found something wrong
INTERRUPTED = 130  # Ctrl-C, as shells have it
