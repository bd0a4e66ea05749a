"""A lab for all tests, a pair of bridges for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance import lab as labs
from tests.acceptance.lab import Lab
from tests.integration.rigs.pair import Pair, paired


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The live lab, or a sandbox."""
    with labs.opened() as found:
        yield found


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """A rig that runs, and its control PC, which does not yet."""
    with paired(tmp_path) as made:
        yield made
