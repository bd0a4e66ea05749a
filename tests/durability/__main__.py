"""`python -m tests.durability power-loss|kills|pairs …`: the long campaigns, with their figures."""

from __future__ import annotations

import argparse
import os
import sys


def main() -> int:
    """Run one campaign; 0 when nothing was lost, doubled or untrue."""
    parser = argparse.ArgumentParser(prog="python -m tests.durability", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    power = verbs.add_parser("power-loss", help="cut the power after every operation of the journal")
    power.add_argument("--states", type=int, default=100_000, help="disks to look at (default 100,000)")
    power.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)")
    kills = verbs.add_parser("kills", help="kill a real bridge between a real store and a stand-in for Alyx")
    kills.add_argument("--kills", type=int, default=500, help="how many (default 500)")
    pairs = verbs.add_parser("pairs", help="crash at every edge of a tale, and again at every edge of the next life")
    pairs.add_argument("--tale", default="Compact", help="its name, or all (default Compact; see tales.py)")
    pairs.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)")
    for one in (power, kills):
        one.add_argument("--seed", type=int, default=0, help="the first seed (default 0)")
    options = parser.parse_args()
    if options.verb == "power-loss":
        from tests.durability.power_loss import report

        return report(options.states, options.seed, options.jobs)
    if options.verb == "pairs":
        from tests.durability.all_tales import TALES
        from tests.durability.pairs import report as report_pairs

        known = [kind.__name__ for kind in TALES]
        return report_pairs(known if options.tale == "all" else [options.tale], options.jobs)
    from tests.durability.kills import report as report_kills

    return report_kills(options.kills, options.seed)


if __name__ == "__main__":
    sys.exit(main())
