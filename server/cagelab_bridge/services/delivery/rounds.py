"""Tasks by name that repeat their step until nothing is left to do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from cagelab_bridge.errors import BridgeError, InternalError, JournalTrouble, NotYet
from cagelab_bridge.models import Trouble
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.accounts.pace import Pace
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.troubles import trouble_of

CREDENTIALS_POLL = 60.0  # seconds between looks at the keyring; a login or new credentials are noticed at once
JOURNAL_POLL = 15.0  # seconds until a journal that could not be written is tried again
log = logging.getLogger(__name__)

Step = Callable[[], Awaitable[float | None]]


class Rounds:
    """Runs one task per name. A step does what can be done now and returns the seconds until it wants to look again,
    None when nothing is left to do; whoever has news of a name rouses it."""

    def __init__(self, runtime: Runtime, clock: LabTime) -> None:
        self._runtime = runtime
        self._clock = clock
        self.pace = Pace(runtime)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        # A thousand transfers that wait must not keep a caller waiting: others are heard between any two of these.
        self._beginning, self._noting = asyncio.Lock(), asyncio.Lock()

    @property
    def idle(self) -> bool:
        """True when nothing is under way and nothing waits for its time."""
        return not self._tasks

    async def stop(self) -> None:
        """Cancel every task where it stands."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def rouse(self, name: str, step: Step, *, after: float = 0.0) -> None:
        """Take the step now, and again after the one that is under way. `after`: seconds until a first step."""
        if name in self._tasks:
            self._wakes[name].set()
        else:
            self._wakes[name] = asyncio.Event()
            self._tasks[name] = asyncio.ensure_future(self._keep(name, step, after))

    async def _keep(self, name: str, step: Step, after: float) -> None:
        """Repeat `step` until it has nothing left to do; it returns the seconds until it wants to look again."""
        wake = self._wakes[name]
        try:
            if after:
                await self._runtime.sleep(after)
            while True:
                await self._let_others(self._beginning)
                wake.clear()
                pause = await self._guarded(name, step)
                if pause is None and not wake.is_set():
                    return
                await self._nap(wake, pause or 0.0)
        finally:
            del self._tasks[name], self._wakes[name]

    async def _let_others(self, turns: asyncio.Lock) -> None:
        """Wait for one's turn; the loop looks at everything else before the next one's."""
        async with turns:
            await self._runtime.sleep(0)

    async def _nap(self, wake: asyncio.Event, seconds: float) -> None:
        try:
            await self._runtime.wait_for(wake.wait(), seconds)
        except TimeoutError:
            return

    async def _guarded(self, name: str, step: Step) -> float | None:
        """A journal that cannot be written stops this round, not the delivery."""
        try:
            return await step()
        except JournalTrouble as error:
            log.error("%s waits: %s", name, error)  # noqa: TRY400  # the sentence says it; a trace would not help
            return JOURNAL_POLL

    async def attempt(
        self, name: str, work: Awaitable[None], note: Callable[[Trouble], None], known: Callable[[], Trouble]
    ) -> float | None:
        """Do `work`; on a mistake note the trouble (once) and return the seconds to wait, None for blocked or done."""
        try:
            await work
        except JournalTrouble:
            raise
        except BridgeError as error:
            return await self._noted(name, error, note, known)
        except Exception as problem:  # one session's mistake must not stop the others
            log.exception("%s failed", name)
            mistake = InternalError(f"The bridge made a mistake ({type(problem).__name__}).")
            return await self._noted(name, mistake, note, known)
        self.pace.succeeded(name)
        if known() != Trouble():
            note(Trouble())
        return None

    async def _noted(
        self, name: str, error: BridgeError, note: Callable[[Trouble], None], known: Callable[[], Trouble]
    ) -> float | None:
        if isinstance(error, NotYet):
            return error.seconds
        await self._let_others(self._noting)
        before = known()
        trouble = trouble_of(error, since=before.since or self._clock.stamp())
        if trouble != before:
            note(trouble)
            log.info("%s: %s", name, error)
        if trouble.waiting:
            return CREDENTIALS_POLL
        return None if trouble.blocked else self.pace.failed(name, error)
