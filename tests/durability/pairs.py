"""`python -m tests.durability pairs`: the bridge dies at one edge of a tale, then at an edge of its next life.

Every edge of the first life, with every edge of the life that follows it: its start, where it recovers, included.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from tests.durability.all_tales import TALES
from tests.durability.lives import Tale, played, silence
from tests.simulation.world import Untrue


@dataclass(frozen=True)
class Result:
    """How many pairs were played, and those that do not hold, each in a sentence."""

    count: int
    failures: tuple[str, ...]


def tale_named(name: str) -> type[Tale]:
    """The tale of that name."""
    return next(kind for kind in TALES if kind.__name__ == name)


def with_first(name: str, first: int, every: int = 1) -> Result:
    """All pairs (each `every`th) whose first crash is at that edge."""
    kind, count, failures = tale_named(name), 0, []
    with silence():
        for second in _seconds(kind, first, every):
            count += 1
            try:
                played(kind, [first, second])
            except (Untrue, RuntimeError) as problem:  # the latter: it waits for ever
                failures.append(f"{name} {first}, {second}: {problem}")
    return Result(count, tuple(failures))


def _seconds(kind: type[Tale], first: int, every: int) -> Iterator[int]:
    """Edges of the second life; spread differently for each first crash."""
    last = played(kind, [first])
    return iter(range(first + 1 + first * 7 % every, last + 1, every))


def report(names: list[str], jobs: int) -> int:
    """Play all pairs of these tales; 0 when all hold."""
    wrong = 0
    for name in names:
        began = time.monotonic()
        with silence():
            edges = played(tale_named(name))
        with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
            results = list(pool.map(with_first, [name] * edges, range(1, edges + 1)))
        failures = [text for result in results for text in result.failures]
        count = sum(result.count for result in results)
        seconds = time.monotonic() - began
        print(f"{name}: {edges} edges, {count:,} pairs, {len(failures)} failed, {seconds:.0f} s", flush=True)
        for text in failures[:20]:
            print(f"  {text}")
        wrong += len(failures)
    return 1 if wrong else 0
