"""One at a time; those who wait for their turn go together, the largest first."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cagelab_bridge.errors import BridgeError, NotYet

T = TypeVar("T")
Work = Callable[[Sequence[T]], Awaitable[Sequence[BridgeError | None]]]


@dataclass(order=True)
class _Waiting(Generic[T]):
    rank: tuple[int, int]  # the largest first; among equals, who came first
    item: T = field(compare=False)
    kind: Hashable = field(compare=False)
    leads: asyncio.Future[bool] = field(compare=False)  # True: it is its turn; False: it went with another


class Together(Generic[T]):
    """A lock whose turn goes to the largest file, because what takes longest afterwards should not begin last; the next
    largest of its kind go along, as one call for several is cheaper than several."""

    def __init__(self, most: int) -> None:
        """`most`: how many go at once."""
        self._most = most
        self._held = False
        self._waiting: list[_Waiting[T]] = []
        self._order = itertools.count()

    async def join(self, item: T, size: int, kind: Hashable, work: Work[T]) -> None:
        """Have `work` done for the item, perhaps together with others of its kind, while nothing else is worked on.

        `size`: bytes. `work` gets the items, and answers what went wrong with each, None for nothing: that is raised
        here for the item's own part. What `work` raises is raised for all that went together.
        """
        if self._held and not await self._turn(item, size, kind):
            return
        self._held = True
        others = self._company(kind)
        try:
            problems = await work([item, *(other.item for other in others)])
        except BaseException as problem:
            # A turn that is cancelled with its own transfer says nothing about the files of another.
            told = problem if isinstance(problem, Exception) else NotYet("The call was given up.", seconds=1.0)
            for other in others:
                _tell(other, told)
            raise
        finally:
            self._pass_on()
        for other, found in zip(others, problems[1:], strict=True):
            _tell(other, found)
        if problems[0] is not None:
            raise problems[0]

    async def _turn(self, item: T, size: int, kind: Hashable) -> bool:
        """Wait; True when the item leads, False when it went with another."""
        mine = _Waiting(
            rank=(-size, next(self._order)), item=item, kind=kind, leads=asyncio.get_running_loop().create_future()
        )
        heapq.heappush(self._waiting, mine)
        try:
            return await mine.leads
        except asyncio.CancelledError:
            if not mine.leads.cancelled() and mine.leads.exception() is None and mine.leads.result():
                self._pass_on()  # it had the turn already
            raise

    def _company(self, kind: Hashable) -> list[_Waiting[T]]:
        """Those who go along."""
        found = [other for other in sorted(self._waiting) if other.kind == kind and not other.leads.done()]
        found = found[: self._most - 1]
        self._waiting = [other for other in self._waiting if not any(other is one for one in found)]
        heapq.heapify(self._waiting)
        return found

    def _pass_on(self) -> None:
        while self._waiting:
            following = heapq.heappop(self._waiting).leads
            if not following.done():  # else it was cancelled
                following.set_result(True)
                return
        self._held = False


def _tell(waiting: _Waiting[T], problem: Exception | None) -> None:
    if waiting.leads.done():
        return  # it was cancelled meanwhile
    if problem is None:
        waiting.leads.set_result(False)
    else:
        waiting.leads.set_exception(problem)
