"""The turn that those who wait take together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from cagelab_bridge.errors import BridgeError, NotYet
from cagelab_bridge.services.delivery.together import Together, Work

Calls = list[list[str]]


def noting(calls: Calls) -> Work[str]:
    async def work(items: Sequence[str]) -> list[BridgeError | None]:
        calls.append(list(items))
        await asyncio.sleep(0)
        return [None for _ in items]

    return work


async def test_who_waits_goes_together_the_largest_first() -> None:
    """One call at a time; as many as may go at once, of one kind; among equals, who came first; then it is free."""
    turn, calls = Together[str](3), Calls()
    sizes = {"first": 1, "small": 2, "large": 9, "other": 2, "last": 1}
    waiting = [turn.join(name, size, "usual", noting(calls)) for name, size in sizes.items()]
    await asyncio.gather(*waiting, turn.join("odd", 10, "odd", noting(calls)))
    await turn.join("late", 0, "usual", noting(calls))
    assert calls == [["first"], ["odd"], ["large", "small", "other"], ["last"], ["late"]]


async def test_each_is_told_its_own_mistake() -> None:
    """What is wrong with one is raised for that one alone."""
    turn, wrong = Together[str](3), NotYet("wrong", seconds=1.0)

    async def work(items: Sequence[str]) -> list[BridgeError | None]:
        await asyncio.sleep(0)
        return [wrong if item == "bad" else None for item in items]

    names = ["first", "bad", "good"]
    found = await asyncio.gather(*(turn.join(name, 1, "", work) for name in names), return_exceptions=True)
    assert found == [None, wrong, None]


async def test_what_breaks_the_call_breaks_it_for_all_who_went_along() -> None:
    """And the turn is given back."""
    turn, calls = Together[str](3), Calls()

    async def work(items: Sequence[str]) -> list[BridgeError | None]:
        await asyncio.sleep(0)
        raise ValueError(items[0])

    found = await asyncio.gather(*(turn.join(name, 1, "", work) for name in "abc"), return_exceptions=True)
    assert [str(problem) for problem in found] == ["a", "b", "b"]
    async with asyncio.timeout(1):
        await turn.join("late", 0, "", noting(calls))


@pytest.mark.parametrize("given", [False, True])
async def test_who_is_cancelled_holds_nobody_up(given: bool) -> None:
    """While it waits, and in the moment in which it is given the turn."""
    turn, calls, leave = Together[str](1), Calls(), asyncio.Event()

    async def hold(items: Sequence[str]) -> list[BridgeError | None]:
        await leave.wait()
        return [None for _ in items]

    holder = asyncio.ensure_future(turn.join("holder", 1, "", hold))
    await asyncio.sleep(0)
    waiter = asyncio.ensure_future(turn.join("waiter", 1, "", hold))
    await asyncio.sleep(0)
    leave.set()
    if given:
        await asyncio.sleep(0)  # the holder leaves; the waiter does not know yet
    waiter.cancel()
    await asyncio.gather(holder, waiter, return_exceptions=True)
    assert waiter.cancelled()
    async with asyncio.timeout(1):
        await turn.join("late", 0, "", noting(calls))


async def test_who_leads_and_is_cancelled_leaves_the_others_to_try_again() -> None:
    """A transfer that is stopped says nothing about the files of another that went along."""
    turn, calls, leave = Together[str](2), Calls(), asyncio.Event()

    async def hold(items: Sequence[str]) -> list[BridgeError | None]:
        calls.append(list(items))
        await leave.wait()
        return [None for _ in items]

    first = asyncio.ensure_future(turn.join("first", 1, "", noting(calls)))
    leader = asyncio.ensure_future(turn.join("leader", 1, "", hold))
    other = asyncio.ensure_future(turn.join("other", 1, "", hold))
    await first
    await asyncio.sleep(0)
    assert calls == [["first"], ["leader", "other"]]
    leader.cancel()
    with pytest.raises(NotYet):
        async with asyncio.timeout(1):
            await other
