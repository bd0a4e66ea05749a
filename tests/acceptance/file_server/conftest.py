"""A file server for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.file_server.nas import Nas, opened


@pytest.fixture
def nas(tmp_path: Path) -> Iterator[Nas]:
    """All of it, running."""
    with opened(tmp_path) as running:
        yield running
