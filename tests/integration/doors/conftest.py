"""Open doors for the tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.doors.stage import Stage, opened


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Both doors with their usual limits."""
    async with opened() as doors:
        yield doors
