"""A real bridge is killed while it works: the short form of the campaign."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.durability.kills import MIB, endured, figures
from tests.durability.sent_bytes import measure

KILLS = 30


@pytest.mark.timeout(600)
def test_thirty_kills_lose_double_and_claim_nothing(tmp_path: Path) -> None:
    """SIGKILL, SIGSTOP, cut, reset and swallowed connections: every session and file is there once, and as it says."""
    siege = endured(tmp_path, KILLS, 3, lambda siege: print(figures(siege)))
    assert siege.stage.wrong == []
    assert siege.kills >= KILLS
    assert siege.promised


def test_a_kill_for_every_64_mib_costs_less_than_a_tenth(tmp_path: Path) -> None:
    """An upload goes on where the dead process stopped: at most one part is sent twice per kill."""
    ratio, kills = measure(tmp_path, 1, 256 * MIB)
    assert kills == 4
    assert 1.0 <= ratio <= 1.10
