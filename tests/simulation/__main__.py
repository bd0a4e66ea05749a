"""`python -m tests.simulation --schedules N --seed S [--jobs J]`: many schedules, and the smallest way to fail."""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.simulation.campaign import campaign, shrink


def main() -> int:
    """Run them; 0 when all of them hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.schedules)
    began = time.monotonic()
    counts, failures = campaign(seeds, options.jobs)
    seconds = time.monotonic() - began
    print(f"{len(seeds)} schedules, seeds {seeds[0]} to {seeds[-1]}, {len(failures)} failed, {seconds:.0f} s,")
    print(f"{len(seeds) / seconds / options.jobs:.1f} per second and process,", end=" ")
    print(f"{1000 * len(seeds) / counts.pop('cpu_ms'):.1f} per second of the processor")
    print(", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())))
    for failure in failures[:5]:
        kinds = ", ".join(shrink(failure.seed)) or "no fault"
        print(f"\nseed {failure.seed}: {failure.text}\n  still fails with only: {kinds}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
