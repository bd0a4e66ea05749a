"""A sandbox to work against, and bridges as real processes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge.sandbox import Sandbox
from tests.acceptance import lab as labs
from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An Alyx stand-in and a store."""
    with Sandbox() as made:
        yield made
        made.s3_process.send_signal(signal.SIGCONT)


@pytest.fixture
def lab(sandbox: Sandbox) -> Lab:
    """How to get in."""
    return labs.of(sandbox)


class Process(Bridge):
    """Remembers whether it was ever started."""

    began = False

    def start(self, *options: str, text: str = "") -> dict[str, Any]:
        """See Bridge."""
        self.began = True
        return super().start(*options, text=text)


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    """A bridge that is not started yet; killed at the end, if need be."""
    made = Process(tmp_path)
    yield made
    if made.began:
        made.end(signal.SIGKILL)
