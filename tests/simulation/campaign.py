"""Many schedules in a row, and how a failing one is made small."""

from __future__ import annotations

import dataclasses
import gc
import logging
import multiprocessing
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from tests.simulation.chaos import NONE, Rates, mixed
from tests.simulation.directed import STORIES, told
from tests.simulation.schedule import run
from tests.simulation.world import Untrue, small_parts

CHUNK = 50  # schedules handed to a process at a time
COLLECT = 5  # schedules between two collections of garbage: often enough to stay in the processor's cache
# Finds mistakes about late requests, changing and torn files sooner.
HARSH = Rates(alyx_late=0.15, alyx_lost=0.1, crash=0.01, source_changed=0.2, torn=0.5, dismissed=0.02)


@dataclass(frozen=True)
class Failure:
    """A schedule that does not hold."""

    seed: int
    text: str


def play(seeds: Sequence[int]) -> tuple[Counter[str], list[Failure]]:
    """Run these; what struck (with the number of files, calls and milliseconds of the processor), and what failed."""
    began = time.process_time()
    logging.disable(logging.CRITICAL)
    gc.disable()  # a schedule lives for milliseconds
    gc.collect()
    gc.freeze()  # what is there now stays
    counts: Counter[str] = Counter()
    failures: list[Failure] = []
    with small_parts():
        for count, seed in enumerate(seeds):
            if count % COLLECT == COLLECT - 1:
                gc.collect()
            try:
                outcome = run(seed)
            except Untrue as problem:
                failures.append(Failure(seed, str(problem)))
            else:
                counts += outcome.counts
                counts["files"] += outcome.files
                counts["alyx_calls"] += outcome.alyx_calls
    gc.enable()
    counts["cpu_ms"] = round(1000 * (time.process_time() - began))
    return counts, failures


def campaign(seeds: Sequence[int], jobs: int) -> tuple[Counter[str], list[Failure]]:
    """The same, in several processes. New ones, not forks: a fork of a program with threads may hang."""
    chunks = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    counts: Counter[str] = Counter()
    failures: list[Failure] = []
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for chunk_counts, chunk_failures in pool.map(play, chunks):
            counts += chunk_counts
            failures += chunk_failures
    return counts, failures


def hunt(schedules: int) -> Failure | None:
    """The first story, random schedule or crash at an edge that does not hold."""
    logging.disable(logging.CRITICAL)
    try:
        for story in STORIES:
            told(story)
    except (Untrue, AssertionError, RuntimeError) as problem:  # the last: it waits for ever
        return Failure(-1, str(problem))
    with small_parts():
        for seed in range(schedules):
            try:
                run(seed, HARSH if seed % 2 else None)
                if seed % 10 == 0:
                    run(seed, NONE, crash_at=[1 + seed // 10])
            except Untrue as problem:
                return Failure(seed, str(problem))
    return None


def shrink(seed: int) -> list[str]:
    """Kinds of fault without which the schedule would hold: switch off one after the other while it still fails."""
    logging.disable(logging.CRITICAL)
    rates = mixed(seed)
    with small_parts():
        for field in dataclasses.fields(Rates):
            fewer = dataclasses.replace(rates, **{field.name: 0.0})
            try:
                run(seed, fewer)
            except Untrue:
                rates = fewer
    return [field.name for field in dataclasses.fields(Rates) if getattr(rates, field.name)]
