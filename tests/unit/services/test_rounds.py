"""However much waits, whoever asks is heard in between."""

from __future__ import annotations

import asyncio
from datetime import UTC
from zoneinfo import ZoneInfo

from cagelab_bridge.errors import NotLoggedIn
from cagelab_bridge.models import Trouble
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.services.delivery.rounds import Rounds
from cagelab_bridge.services.lab_time import LabTime

MANY = 200


class Turns:
    """Counts the turns of the loop."""

    def __init__(self) -> None:
        self.count = 0
        self._loop = asyncio.get_running_loop()
        self._turn()

    def _turn(self) -> None:
        self.count += 1
        self._handle = self._loop.call_soon(self._turn)

    def stop(self) -> None:
        self._handle.cancel()


def rounds() -> Rounds:
    runtime = SystemRuntime()
    return Rounds(runtime, LabTime(runtime, ZoneInfo(str(UTC))))


async def test_steps_begin_one_by_one() -> None:
    """A start finds a thousand open transfers: between any two of them the loop turns."""
    turns, engine, began = Turns(), rounds(), list[int]()
    done = asyncio.Event()

    async def step() -> None:
        began.append(turns.count)
        if len(began) == MANY:
            done.set()

    for number in range(MANY):
        engine.rouse(str(number), step)
    await done.wait()
    turns.stop()
    await engine.stop()
    assert len(set(began)) == MANY


async def test_troubles_are_noted_one_by_one() -> None:
    """Each is a durable commit: when a thousand files are refused at the same moment, callers do not wait for all."""
    turns, engine, noted = Turns(), rounds(), list[int]()

    async def refused() -> None:
        raise NotLoggedIn("Nobody is logged in.")

    def note(_trouble: Trouble) -> None:
        noted.append(turns.count)

    await asyncio.gather(*(engine.attempt(str(number), refused(), note, Trouble) for number in range(MANY)))
    turns.stop()
    assert len(set(noted)) == MANY
