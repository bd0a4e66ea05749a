"""The bridge dies at every edge while a session is abandoned: it is ended once, and its files are stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulation.chaos import NONE
from tests.simulation.schedule import run
from tests.simulation.world import small_parts

TWO_SESSIONS = 34  # a seed whose client has two sessions to run


@pytest.mark.parametrize("kind", ["client_died", "client_forgot"])
@pytest.mark.parametrize("life", range(3))
def test_a_crash_at_every_edge_of_an_abandoned_session_is_survived(kind: str, life: int) -> None:
    """Whether its program died or went on to another session, at whatever commit or exchange the bridge dies."""
    rates = replace(NONE, **{kind: 1.0})
    with small_parts():
        whole = run(TWO_SESSIONS, rates)
        assert (whole.sessions, whole.counts[kind]) == (2, 2 if kind == "client_died" else 1)
        for edge in range(1 + life, whole.edges + 1, 3):
            # Once, or again while it recovers.
            run(TWO_SESSIONS, rates, crash_at=[edge] if edge % 2 else [edge, edge + 4])
