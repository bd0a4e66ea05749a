"""Events: what receivers were told, and telling them again."""

from __future__ import annotations

from cagelab_bridge._gen.cagelab.bridge.v1 import events_pb2
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.house import House
from cagelab_bridge.event_models import EventDelivery, EventKind, Telling

SERVICE = "/cagelab.bridge.v1.Events/"
KINDS = {EventKind.COMPLETE: events_pb2.EVENT_KIND_COMPLETE, EventKind.PARTIAL: events_pb2.EVENT_KIND_PARTIAL}
STATES = {
    Telling.PENDING: events_pb2.EVENT_STATE_PENDING,
    Telling.DELIVERED: events_pb2.EVENT_STATE_DELIVERED,
    Telling.GIVEN_UP: events_pb2.EVENT_STATE_GIVEN_UP,
}


class EventHandlers:
    """ListEvents, ResendEvent, TestEvent."""

    def __init__(self, house: House) -> None:
        self._events = house.events

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        return {
            SERVICE + "ListEvents": self.list_events,
            SERVICE + "ResendEvent": self.resend_event,
            SERVICE + "TestEvent": self.try_receiver,
        }

    async def list_events(self, request: events_pb2.ListEventsRequest, _: Caller) -> events_pb2.ListEventsResponse:
        """Newest first."""
        found = self._events.listed(
            session_id=request.session_id,
            receiver=request.receiver,
            only_unfinished=request.only_unfinished,
            limit=request.limit,
        )
        return events_pb2.ListEventsResponse(
            deliveries=map(self._message, found), receivers=sorted(self._events.receivers)
        )

    async def resend_event(self, request: events_pb2.ResendEventRequest, _: Caller) -> events_pb2.ResendEventResponse:
        """With the same id."""
        told = self._events.resend(request.event_id, request.receiver)
        return events_pb2.ResendEventResponse(receivers=told)

    async def try_receiver(self, request: events_pb2.TestEventRequest, _: Caller) -> events_pb2.TestEventResponse:
        """Now and once."""
        return events_pb2.TestEventResponse(event_id=await self._events.test(request.receiver))

    def _message(self, delivery: EventDelivery) -> events_pb2.EventDelivery:
        return events_pb2.EventDelivery(
            event_id=delivery.event_id,
            session_id=delivery.session_id,
            kind=KINDS[delivery.kind],
            occurred_at=delivery.occurred_at,
            receiver=delivery.receiver,
            state=STATES[delivery.state],
            attempts=delivery.attempts,
            reason=delivery.reason,
            hint=delivery.hint,
            since=delivery.since,
            told_at=delivery.told_at,
            in_settings=delivery.receiver in self._events.receivers,
        )
