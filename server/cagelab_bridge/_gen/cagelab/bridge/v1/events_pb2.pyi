from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_KIND_UNSPECIFIED: _ClassVar[EventKind]
    EVENT_KIND_COMPLETE: _ClassVar[EventKind]
    EVENT_KIND_PARTIAL: _ClassVar[EventKind]

class EventState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_STATE_UNSPECIFIED: _ClassVar[EventState]
    EVENT_STATE_PENDING: _ClassVar[EventState]
    EVENT_STATE_DELIVERED: _ClassVar[EventState]
    EVENT_STATE_GIVEN_UP: _ClassVar[EventState]
EVENT_KIND_UNSPECIFIED: EventKind
EVENT_KIND_COMPLETE: EventKind
EVENT_KIND_PARTIAL: EventKind
EVENT_STATE_UNSPECIFIED: EventState
EVENT_STATE_PENDING: EventState
EVENT_STATE_DELIVERED: EventState
EVENT_STATE_GIVEN_UP: EventState

class EventDelivery(_message.Message):
    __slots__ = ("event_id", "session_id", "kind", "occurred_at", "receiver", "state", "attempts", "reason", "hint", "since", "told_at", "in_settings")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    TOLD_AT_FIELD_NUMBER: _ClassVar[int]
    IN_SETTINGS_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    session_id: str
    kind: EventKind
    occurred_at: str
    receiver: str
    state: EventState
    attempts: int
    reason: str
    hint: str
    since: str
    told_at: str
    in_settings: bool
    def __init__(self, event_id: _Optional[str] = ..., session_id: _Optional[str] = ..., kind: _Optional[_Union[EventKind, str]] = ..., occurred_at: _Optional[str] = ..., receiver: _Optional[str] = ..., state: _Optional[_Union[EventState, str]] = ..., attempts: _Optional[int] = ..., reason: _Optional[str] = ..., hint: _Optional[str] = ..., since: _Optional[str] = ..., told_at: _Optional[str] = ..., in_settings: _Optional[bool] = ...) -> None: ...

class ListEventsRequest(_message.Message):
    __slots__ = ("session_id", "receiver", "only_unfinished", "limit")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    ONLY_UNFINISHED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    receiver: str
    only_unfinished: bool
    limit: int
    def __init__(self, session_id: _Optional[str] = ..., receiver: _Optional[str] = ..., only_unfinished: _Optional[bool] = ..., limit: _Optional[int] = ...) -> None: ...

class ListEventsResponse(_message.Message):
    __slots__ = ("deliveries", "receivers")
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    RECEIVERS_FIELD_NUMBER: _ClassVar[int]
    deliveries: _containers.RepeatedCompositeFieldContainer[EventDelivery]
    receivers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, deliveries: _Optional[_Iterable[_Union[EventDelivery, _Mapping]]] = ..., receivers: _Optional[_Iterable[str]] = ...) -> None: ...

class ResendEventRequest(_message.Message):
    __slots__ = ("event_id", "receiver")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    receiver: str
    def __init__(self, event_id: _Optional[str] = ..., receiver: _Optional[str] = ...) -> None: ...

class ResendEventResponse(_message.Message):
    __slots__ = ("receivers",)
    RECEIVERS_FIELD_NUMBER: _ClassVar[int]
    receivers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, receivers: _Optional[_Iterable[str]] = ...) -> None: ...

class TestEventRequest(_message.Message):
    __slots__ = ("receiver",)
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    receiver: str
    def __init__(self, receiver: _Optional[str] = ...) -> None: ...

class TestEventResponse(_message.Message):
    __slots__ = ("event_id",)
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    def __init__(self, event_id: _Optional[str] = ...) -> None: ...
