"""`python -m tests.mutants [--only TEXT] [--jobs J]`: every safeguard removed in turn; each must be missed."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.catalogue import MUTANTS, Mutant
from tests.mutants.workshop import killed, make


def main() -> int:
    """Print one line per mutant; 0 when all of them were killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose name contains this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if options.only in mutant.name]
    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(judge, chosen))
    alive = [mutant.name for mutant, dead in zip(chosen, results, strict=True) if not dead]
    print(f"{len(chosen) - len(alive)} of {len(chosen)} killed")
    return 1 if alive else 0


def judge(mutant: Mutant) -> bool:
    """Make it, hunt it, say what happened."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "server"
        make(mutant, folder)
        dead = killed(folder)
    print(f"{'killed' if dead else 'ALIVE '} {time.monotonic() - began:6.1f} s  {mutant.name}", flush=True)
    return dead


if __name__ == "__main__":
    sys.exit(main())
