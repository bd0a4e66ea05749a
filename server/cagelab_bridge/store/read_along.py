"""Reads a file for its hashes while it is sent: the next parts are read while the last ones are on their way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from cagelab_bridge.errors import FileChanged, SecretInFile
from cagelab_bridge.ports import Hashes, Runtime, Watched
from cagelab_bridge.store.hashing import Measuring

LEAD = 8  # parts read before they are asked for: what is sent next still lies in the computer's memory


@asynccontextmanager
async def reading(runtime: Runtime, path: str, watched: Sequence[Watched]) -> AsyncIterator[ReadAlong]:
    """See `ports.StoreDoor.reading`. Nothing is read any more when it ends."""
    measuring = await runtime.in_calm_thread(Measuring, runtime.files, path, watched, runtime.beside)
    along = ReadAlong(runtime, path, measuring)
    task = asyncio.ensure_future(along.run())
    try:
        yield along
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class ReadAlong:
    """`ports.Reading`."""

    def __init__(self, runtime: Runtime, path: str, measuring: Measuring) -> None:
        self._runtime = runtime
        self._path = path
        self._measuring = measuring
        self._count = len(measuring.parts)
        self._read = 0  # parts, without a secret
        self._wanted = 0  # parts that somebody waits for, or has had
        self._news = asyncio.Condition()
        self._hashes: Hashes | None = None
        self._problem: Exception | None = None

    async def part_md5(self, number: int) -> str:
        """See `ports.Reading`. A secret may lie across the border of two parts.

        Raises FileChanged for a part that the file had when it was registered, and has no more.
        """
        if number > self._count:
            raise FileChanged(f"{self._path} became shorter before it was sent.")
        await self._until(min(number + 1, self._count))
        return self._measuring.part_md5s[number - 1]

    async def hashes(self) -> Hashes:
        """See `ports.Reading`."""
        await self._until(self._count)
        async with self._news:
            await self._news.wait_for(lambda: self._hashes is not None or self._problem is not None)
        if self._problem is not None:
            raise self._problem
        assert self._hashes is not None  # waited for
        return self._hashes

    async def run(self) -> None:
        """Read; what goes wrong is told to those who wait."""
        try:
            for part in self._measuring.parts:
                async with self._news:
                    await self._news.wait_for(lambda: self._read < self._wanted + LEAD)
                await self._runtime.in_calm_thread(self._measuring.read, part)
                self._demand_no_secret()
                self._read += 1
                await self._tell()
            self._hashes = await self._runtime.in_thread(self._measuring.hashes)
        except Exception as problem:  # noqa: BLE001 - raised to those who wait
            self._problem = problem
        await self._tell()

    def _demand_no_secret(self) -> None:
        if self._measuring.leaks:
            raise SecretInFile.found(self._path, self._measuring.leaks)

    async def _until(self, count: int) -> None:
        """Wait until so many parts were read."""
        self._wanted = max(self._wanted, count)
        await self._tell()
        async with self._news:
            await self._news.wait_for(lambda: self._problem is not None or self._read >= count)
        if self._problem is not None:
            raise self._problem

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()
