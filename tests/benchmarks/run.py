"""Run the benchmarks and print one table: `python -m tests.benchmarks.run [--full] [CASE…]`.

Needs the extra `bench` (peers from PyPI) and, for the cases that compare with ONE, a live Alyx and store named in
CAGELAB_TEST_ALYX_URL and its kin; without one those cases run on the sandbox.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import calls, downloads, engine, growth, jitter, month, queries, scale, sessions
from tests.benchmarks.table import Row, show

PICTURE = Path(__file__).with_name("growth.png")
CASES: dict[str, Callable[[bool], list[Row]]] = {
    "engine": lambda full: engine.rows(big_mib=1024 if full else 256, small=2000, rounds=2),
    "sessions": lambda full: sessions.rows(big_mib=1024 if full else 256, many=500 if full else 100, rounds=2),
    "queries": lambda full: queries.rows(rounds=5 if full else 3),
    "jitter": lambda full: jitter.rows(big_mib=1024 if full else 256, seconds=6.0 if full else 3.0),
    "downloads": lambda full: downloads.rows(small=500, big_mib=512 if full else 128, rounds=2),
    "growth": lambda full: growth.rows(
        mebibytes=[1, 16, 64, 512, 20480] if full else [1, 64, 512],
        counts=[1, 10, 100, 1000, 5000] if full else [1, 100],
        picture=PICTURE if full else None,
    ),
    "scale": lambda full: scale.rows(
        sessions=1000, files=100, measured=1000 if full else 200, calls=320 if full else 160
    ),
    "month": lambda full: month.rows(days=30 if full else 8, sessions=10 if full else 5),
    "calls": lambda full: calls.rows(count=1000 if full else 400),
}


def main() -> int:
    """Print the table; 1 when something that is promised does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.run", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"any of {', '.join(CASES)}; default: all")
    parser.add_argument("--full", action="store_true", help="the sizes that are promised: 1 GiB, more rounds")
    arguments = parser.parse_args()
    unknown = set(arguments.cases) - set(CASES)
    if unknown:
        parser.error(f"there is no case {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    wanted = [name for name in CASES if not arguments.cases or name in arguments.cases]
    try:
        for name in wanted:
            began = time.monotonic()
            print(f"measuring {name} …", end="", file=sys.stderr, flush=True)
            rows += CASES[name](arguments.full)
            print(f" {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print(" given up; this is what was measured before:", file=sys.stderr)
        wanted = []
    print(show(rows))
    return 0 if wanted and all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
