"""Days for old sessions."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest


@pytest.fixture
def first_day() -> date:
    """Somewhere in years in which nobody, a live lab neither, has sessions."""
    return date(1950, 1, 1) + timedelta(days=random.randrange(15_000))
