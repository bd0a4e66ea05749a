"""The lock that goes to the largest."""

from __future__ import annotations

import asyncio

from cagelab_bridge.services.largest_first import LargestFirst


async def test_the_largest_that_waits_is_next_and_nobody_is_beside_it() -> None:
    """Among equals, who came first; one at a time; afterwards it is free."""
    lock, entered, inside = LargestFirst(), list[str](), 0

    async def pass_through(name: str, size: int) -> None:
        nonlocal inside
        async with lock.turn(size):
            inside += 1
            assert inside == 1
            entered.append(name)
            await asyncio.sleep(0)
            inside -= 1

    sizes = {"first": 1, "small": 2, "large": 9, "other": 2}
    await asyncio.gather(*(pass_through(name, size) for name, size in sizes.items()))
    await pass_through("late", 0)
    assert entered == ["first", "large", "small", "other", "late"]


async def test_who_is_cancelled_holds_nobody_up() -> None:
    """While it waits, and in the moment in which it is given the turn."""
    for given in (False, True):
        lock = LargestFirst()
        leave = asyncio.Event()

        async def hold(lock: LargestFirst, leave: asyncio.Event) -> None:
            async with lock.turn(1):
                await leave.wait()

        holder = asyncio.ensure_future(hold(lock, leave))
        await asyncio.sleep(0)
        waiter = asyncio.ensure_future(hold(lock, leave))
        await asyncio.sleep(0)
        leave.set()
        if given:
            await asyncio.sleep(0)  # the holder leaves; the waiter does not know yet
        waiter.cancel()
        await asyncio.gather(holder, waiter, return_exceptions=True)
        assert waiter.cancelled()
        async with asyncio.timeout(1), lock.turn(1):
            pass


async def test_a_mistake_inside_gives_the_turn_back() -> None:
    """What is raised comes out, and the next one enters."""
    lock = LargestFirst()
    try:
        async with lock.turn(1):
            raise ValueError
    except ValueError:
        pass
    async with asyncio.timeout(1), lock.turn(1):
        pass
