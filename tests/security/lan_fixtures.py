"""A control PC and a rig behind its LAN door, for the tests of the door and of the calls to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.security.lan import Known, Rig, made, opened


@pytest.fixture
def control(tmp_path: Path) -> Known:
    """A control PC."""
    return made(tmp_path / "control")


@pytest.fixture
async def rig(tmp_path: Path, control: Known) -> AsyncIterator[Rig]:
    """A rig that trusts the control PC."""
    async with opened(tmp_path / "rig") as one:
        await one.pair(control, "control-pc", "control")
        yield one
