"""Telling each receiver what it is to be told, at least once, without holding up anybody else."""

from __future__ import annotations

import logging

from cagelab_bridge.errors import BridgeError, InternalError, JournalTrouble, Refused
from cagelab_bridge.event_models import EventDelivery, Receiver
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.accounts.pace import Pace
from cagelab_bridge.services.delivery.rounds import Rounds
from cagelab_bridge.services.events.events import Events
from cagelab_bridge.services.lab_time import LabTime

PARTIAL_POLL = 60.0  # seconds between looks for sessions whose rest stays blocked
PARTIAL, KEYS = "partial sessions", "keys of receivers"  # no names of receivers: those have no spaces
MOST_REFUSALS = 10  # a receiver that says no so often is not asked again by itself: about three hours
FIRST_PAUSE, LONGEST_PAUSE = 15.0, 3600.0  # seconds after a no
log = logging.getLogger(__name__)


class EventDeliveries:
    """One task per receiver. A start after a crash is the normal start: what was not told for certain is told again."""

    def __init__(self, journal: Journal, events: Events, runtime: Runtime, clock: LabTime) -> None:
        self._journal = journal
        self._events = events
        self._runtime = runtime
        self._clock = clock
        self._rounds = Rounds(runtime, clock)
        self._away = Pace(runtime)
        self._again: dict[tuple[str, str], float] = {}  # monotonic seconds, by event and receiver
        self._running = False
        events.on_news(self.wake)

    def start(self) -> None:
        """Carry on whatever is open."""
        if not self._events.receivers:
            return
        self._running = True
        for name in self._events.receivers:
            self.wake(name)
        self._rounds.rouse(PARTIAL, self._look_for_partial)
        self._rounds.rouse(KEYS, self._watch_keys)

    def wake(self, name: str, event_id: str = "") -> None:
        """Look at a receiver now; what kept it from that event before is forgotten."""
        self._again.pop((event_id, name), None)
        if self._running:
            self._rounds.rouse(name, lambda: self._carry(self._events.receivers[name]))

    async def stop(self) -> None:
        """Stop where it stands; a receiver that is being told is told again at the next start."""
        self._running = False
        await self._rounds.stop()

    async def _watch_keys(self) -> None:
        """Before the first event: files that are stored meanwhile are searched for them."""
        for receiver in self._events.receivers.values():
            try:
                await self._events.watch_key(receiver)
            except BridgeError as error:
                log.warning("%s cannot be told of events: %s", receiver.name, error)

    async def _look_for_partial(self) -> float:
        self._events.look_for_partial()
        return PARTIAL_POLL

    async def _carry(self, receiver: Receiver) -> float | None:
        """Tell it everything, what was tried least first. Nothing more is sent to one that is away."""
        pauses: list[float] = []
        for delivery in self._journal.events.pending(receiver.name):
            pause = self._wait(delivery) or await self._tell(receiver, delivery)
            if pause is not None:
                pauses.append(pause)
            if away := self._away.wait(receiver.name):
                return max(away, 0.1)
        return min(pauses, default=None)

    def _wait(self, delivery: EventDelivery) -> float | None:
        """Seconds until that event may be tried again; None for now."""
        away = self._away.wait(delivery.receiver)
        due = self._again.get((delivery.event_id, delivery.receiver), 0.0) - self._runtime.monotonic()
        return max(away, due) if max(away, due) > 0 else None

    async def _tell(self, receiver: Receiver, delivery: EventDelivery) -> float | None:
        event = self._journal.events.get(delivery.event_id)
        try:
            await self._events.tell(receiver, event)
        except JournalTrouble:
            raise
        except BridgeError as error:
            return self._failed(receiver, delivery, error)
        except Exception as problem:  # one receiver's mistake must not stop the others
            log.exception("telling %s failed", receiver.name)
            mistake = InternalError(f"The bridge made a mistake ({type(problem).__name__}).")
            return self._failed(receiver, delivery, mistake)
        self._away.succeeded(receiver.name)
        self._again.pop((event.id, receiver.name), None)
        self._journal.events.told(delivery, self._clock.stamp())
        log.info("%s was told of event %s", receiver.name, event.id)
        return None

    def _failed(self, receiver: Receiver, delivery: EventDelivery, error: BridgeError) -> float | None:
        said_no = isinstance(error, Refused | InternalError)
        given_up = said_no and delivery.attempts + 1 >= MOST_REFUSALS
        self._journal.events.failed(
            delivery, reason=error.message, hint=error.hint, at=self._clock.stamp(), given_up=given_up
        )
        log.info("%s was not told of event %s: %s", receiver.name, delivery.event_id, error)
        if not said_no:
            return self._away.failed(receiver.name, error)
        self._away.succeeded(receiver.name)  # it answers
        if given_up:
            return None
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**delivery.attempts)
        self._again[delivery.event_id, receiver.name] = self._runtime.monotonic() + pause
        return pause
