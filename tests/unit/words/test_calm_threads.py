"""Long work steps back for everybody else, and holds up nothing that is short."""

from __future__ import annotations

import asyncio
import ctypes
import os
import platform
import sys
import threading

import pytest

from cagelab_bridge.daemon_threads import HAND_OVER, IOPRIO_SET, LAST, NICE, ONE_THREAD, hand_over_soon
from cagelab_bridge.runtime import SystemRuntime

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of single threads")


def nice() -> int:
    """Of the calling thread."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def disk_class() -> int:
    """The calling thread's, as ioprio_get tells it: the number of that call follows the one of ioprio_set."""
    return int(ctypes.CDLL(None).syscall(IOPRIO_SET[platform.machine()] + 1, ONE_THREAD, 0))


@linux
async def test_reading_and_sending_step_back() -> None:
    """Threads that hash and send have processor and disk after all others; the rest of the bridge stays as it was."""
    runtime, usual = SystemRuntime(), nice()
    assert await runtime.in_calm_thread(nice) == max(usual, NICE)
    assert await runtime.in_thread(nice) == usual
    assert nice() == usual


@linux
@pytest.mark.skipif(platform.machine() not in IOPRIO_SET, reason="the call's number is not known here")
async def test_they_have_the_disk_last() -> None:
    """Best effort, level 7."""
    runtime, usual = SystemRuntime(), disk_class()
    assert await runtime.in_calm_thread(disk_class) == LAST
    assert await runtime.in_thread(disk_class) == usual


async def test_a_thread_that_sends_holds_up_nobody() -> None:
    """Short work has threads of its own: making a folder never waits for a store."""
    runtime, done = SystemRuntime(), threading.Event()
    waiting = [runtime.in_calm_thread(done.wait) for _ in range(40)]
    tasks = [asyncio.ensure_future(one) for one in waiting]
    try:
        assert await runtime.in_thread(lambda: "made") == "made"
    finally:
        done.set()
        await asyncio.gather(*tasks)


def test_a_thread_that_computes_gives_way_in_half_a_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own five are what a caller would wait, each time the loop comes back from the journal."""
    asked: list[float] = []
    monkeypatch.setattr(sys, "setswitchinterval", asked.append)
    hand_over_soon()
    assert asked == [HAND_OVER] == [0.0005]
