"""A lab for all tests, a bridge for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance import lab as labs
from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The live lab, or a sandbox."""
    with labs.opened() as found:
        yield found


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    """A running bridge that knows nobody yet."""
    made = Bridge(tmp_path)
    made.start()
    yield made
    made.end()


@pytest.fixture
def entered(bridge: Bridge, lab: Lab) -> Bridge:
    """A running bridge, logged in, with the store's keys."""
    bridge.enter(lab)
    return bridge
