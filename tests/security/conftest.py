"""A lab for all attacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance import lab as labs
from tests.acceptance.lab import Lab
from tests.security.lan_fixtures import control, rig

__all__ = ["control", "lab", "rig"]  # fixtures


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The live lab, or a sandbox."""
    with labs.opened() as found:
        yield found
