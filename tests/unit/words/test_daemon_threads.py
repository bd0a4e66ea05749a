"""Work in threads: its outcome reaches the one who waits, and what nobody waits for is not begun."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import weakref

import pytest

from cagelab_bridge.daemon_threads import DaemonThreads
from cagelab_bridge.runtime import SystemRuntime


class Odd(BaseException):
    """No Exception: like those that end a program."""


class Load:
    """Something large."""


async def test_what_work_returns_reaches_the_caller() -> None:
    """Done in another thread, in the caller's context."""
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name")
    name.set("mine")
    told = await SystemRuntime().in_thread(lambda: (name.get(), threading.get_ident()))
    assert told[0] == "mine"
    assert told[1] != threading.get_ident()


@pytest.mark.parametrize("problem", [OSError("full"), Odd(), asyncio.CancelledError()])
async def test_every_problem_reaches_the_caller(problem: BaseException) -> None:
    """As it is, whatever its kind; and the thread goes on."""
    runtime = SystemRuntime()

    def fail() -> None:
        raise problem

    with pytest.raises(type(problem)) as caught:
        await runtime.in_thread(fail)
    assert caught.value is problem
    assert await runtime.in_thread(lambda: 1) == 1


async def test_an_iterator_at_its_end_holds_nobody_up() -> None:
    """No future takes a StopIteration: it is told as asynchronous functions tell it."""
    with pytest.raises(RuntimeError, match="StopIteration") as caught:
        await SystemRuntime().in_thread(next, iter(()))
    assert isinstance(caught.value.__cause__, StopIteration)


async def test_work_whose_caller_is_gone_is_not_begun() -> None:
    """It waits for a thread while its caller gives up; what was under way ends."""
    threads, first, done, begun = DaemonThreads(1), threading.Event(), threading.Event(), []

    def hold() -> str:
        first.set()
        done.wait()
        return "ended"

    held = threads.run(hold)
    waiting = threads.run(lambda: begun.append("given up"))
    behind = threads.run(lambda: begun.append("wanted"))
    await SystemRuntime().in_thread(first.wait)
    waiting.cancel()
    done.set()
    assert await held == "ended"
    await behind
    assert begun == ["wanted"]


@pytest.mark.parametrize("problem", [None, OSError("nobody listens")])
async def test_work_that_is_given_up_while_it_goes_on_disturbs_nobody(problem: OSError | None) -> None:
    """Neither its result nor its problem is told to a future that is cancelled."""
    said: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(context))
    threads, begun, done = DaemonThreads(1), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        done.wait()
        if problem:
            raise problem

    given_up = threads.run(work)
    await SystemRuntime().in_thread(begun.wait)
    given_up.cancel()
    done.set()
    await threads.run(lambda: None)
    assert given_up.cancelled()
    assert said == []


def test_a_loop_that_ended_is_told_nothing() -> None:
    """The thread outlives it, and serves the next."""
    threads, done = DaemonThreads(1), threading.Event()

    async def leave() -> None:
        threads.run(done.wait)

    asyncio.run(leave())
    done.set()
    assert threads.submit(lambda: 1).result(10) == 1


async def test_a_problem_that_was_heard_is_forgotten() -> None:
    """With all that its frames hold, a part of a large file among them: memory is free without a search for garbage."""
    threads, gone = DaemonThreads(1), threading.Semaphore(0)
    kept: list[weakref.ref[Load]] = []

    def fail(load: Load) -> None:
        kept.append(weakref.ref(load, lambda _: gone.release()))
        raise OSError("broken")

    gc.disable()
    try:
        for begin in (threads.run, lambda work: asyncio.wrap_future(threads.submit(work))):
            with pytest.raises(OSError, match="broken"):
                await begin(lambda: fail(Load()))
            assert await SystemRuntime().in_thread(gone.acquire, True, 10.0)
    finally:
        gc.enable()


async def test_one_after_the_other_needs_one_thread() -> None:
    """A thread whose work is done is free before the caller hears of it."""
    threads = DaemonThreads(8)
    assert len({await threads.run(threading.get_ident) for _ in range(200)}) == 1


async def test_there_are_as_many_threads_as_work_but_no_more_than_allowed() -> None:
    """Three that wait for each other, where three are allowed; a fourth waits for its turn."""
    threads, meeting = DaemonThreads(3), threading.Barrier(3)
    together = [threads.run(meeting.wait) for _ in range(3)]
    fourth = threads.run(threading.get_ident)
    assert sorted(await asyncio.gather(*together)) == [0, 1, 2]
    assert await fourth
