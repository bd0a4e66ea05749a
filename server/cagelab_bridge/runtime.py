"""The computer the bridge really runs on: its clock, chance, ids and threads."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from cagelab_bridge.local_files import LocalFiles
from cagelab_bridge.ports import Files

T = TypeVar("T")


class SystemRuntime:
    """`ports.Runtime` on the real machine."""

    def __init__(self) -> None:
        self.files: Files = LocalFiles()
        self._random = random.SystemRandom()

    def now(self) -> datetime:
        """The wall clock, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def chance(self) -> float:
        """Uniform in [0, 1)."""
        return self._random.random()

    def new_id(self) -> str:
        """A random UUID, dashed, lower case."""
        return str(uuid.uuid4())

    async def in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run blocking work outside the event loop."""
        return await asyncio.to_thread(work, *arguments)

    async def wait_for(self, awaitable: Awaitable[T], seconds: float) -> T:
        """Wait at most so long; raises TimeoutError and cancels."""
        return await asyncio.wait_for(awaitable, seconds)
