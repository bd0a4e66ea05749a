"""A journal in a folder of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cagelab_bridge.journal.journal import Journal
from tests.simulation.schedule import MEMORY


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder on a disk in memory, for tests that are not about the disk."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def journal(memory: Path) -> Iterator[Journal]:
    """A new, empty journal."""
    made = Journal(memory)
    yield made
    made.close()
