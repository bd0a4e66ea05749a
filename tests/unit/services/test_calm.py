"""While an experiment runs, the bridge keeps to what the lab allows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Run
from cagelab_bridge.services.delivery.calm import Calm
from tests.unit.journal.nouns import session


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path)
    yield made
    made.close()


class Door:
    """Notes the limits it is told."""

    def __init__(self) -> None:
        self.limits: list[float] = []

    def limit(self, bytes_per_second: float) -> None:
        self.limits.append(bytes_per_second)


def calm(journal: Journal, usual: float, while_open: float) -> Door:
    """A calm bridge, and the door it tells."""
    door = Door()
    Calm(journal, door, usual=usual, while_open=while_open).begin()  # type: ignore[arg-type]  # all that is asked of it
    return door


def ended(journal: Journal, name: str) -> None:
    """The session ends."""
    journal.sessions.ended(session(name, run=Run.ENDED))


@pytest.mark.parametrize(
    ("usual", "while_open", "expected"),
    [(0, 5, [0, 5e6, 0]), (20, 5, [20e6, 5e6, 20e6]), (20, 0, [20e6]), (5, 20, [5e6]), (0, 0, [0])],
)
def test_the_limit_follows_the_sessions(
    journal: Journal, usual: float, while_open: float, expected: list[float]
) -> None:
    """It holds from the first session that opens to the end of the last; the lower one counts."""
    door = calm(journal, usual, while_open)
    journal.sessions.insert(session("a", number=1))
    journal.sessions.insert(session("b", number=2))
    ended(journal, "a")
    journal.sessions.warned("b", "something else happens")
    ended(journal, "b")
    assert door.limits == expected


def test_a_start_finds_the_session_that_is_open(journal: Journal) -> None:
    """A bridge that was started anew while a task runs is calm at once."""
    journal.sessions.insert(session())
    assert calm(journal, 0, 3).limits == [3e6]
