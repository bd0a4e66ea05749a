"""The bridge dies twice: a sample of all pairs of edges (`python -m tests.durability pairs` plays every one)."""

from __future__ import annotations

from tests.durability.lives import played, silence
from tests.durability.pairs import with_first
from tests.durability.tales import Compact

EVERY = 37


def test_a_sample_of_all_pairs_of_crashes_is_survived() -> None:
    """Wherever the bridge dies, and wherever it dies again in its next life: one session, one file, as they are."""
    with silence():
        edges = played(Compact)
    results = [with_first("Compact", first, EVERY) for first in range(1, edges + 1)]
    assert [text for result in results for text in result.failures] == []
    assert sum(result.count for result in results) > 150
