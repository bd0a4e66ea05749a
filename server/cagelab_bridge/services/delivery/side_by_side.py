"""Carrying the files of a transfer, several at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from cagelab_bridge.models import File


async def carried(
    unsettled: Callable[[str], list[File]], carry: Callable[[File], Awaitable[float | None]], at_once: int
) -> list[float]:
    """Carry every file once, `at_once` at a time; the pauses (seconds) of those that want another look.

    `unsettled`: the next files behind a relative path ("": the first ones), [] when there are no more.
    Raises JournalTrouble, which stops all of them: nobody goes on beside the next round then.
    """
    pauses: list[float] = []
    after = ""
    while files := unsettled(after):
        after = files[-1].relative_path
        pending = list(reversed(files))

        async def worker(pending: list[File] = pending) -> None:
            while pending:
                pause = await carry(pending.pop())
                if pause is not None:
                    pauses.append(pause)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(at_once, len(pending))):
                    group.create_task(worker())
        except ExceptionGroup as problems:
            # Only a journal that cannot be written comes up here: it stops this round, not the delivery.
            raise problems.exceptions[0] from problems
    return pauses
