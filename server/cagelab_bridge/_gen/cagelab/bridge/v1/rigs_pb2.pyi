from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2 as _lending_pb2
from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2 as _session_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Rig(_message.Message):
    __slots__ = ("name", "address", "device_id", "connected", "last_seen_at", "reason", "hint", "version", "sandbox", "clock_ahead_seconds", "needs", "leases", "sessions_open", "files_waiting", "files_blocked", "notices")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_AT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SANDBOX_FIELD_NUMBER: _ClassVar[int]
    CLOCK_AHEAD_SECONDS_FIELD_NUMBER: _ClassVar[int]
    NEEDS_FIELD_NUMBER: _ClassVar[int]
    LEASES_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_OPEN_FIELD_NUMBER: _ClassVar[int]
    FILES_WAITING_FIELD_NUMBER: _ClassVar[int]
    FILES_BLOCKED_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    name: str
    address: str
    device_id: str
    connected: bool
    last_seen_at: str
    reason: str
    hint: str
    version: str
    sandbox: bool
    clock_ahead_seconds: float
    needs: _containers.RepeatedCompositeFieldContainer[_lending_pb2.Need]
    leases: _containers.RepeatedCompositeFieldContainer[_lending_pb2.Lease]
    sessions_open: int
    files_waiting: int
    files_blocked: int
    notices: _containers.RepeatedCompositeFieldContainer[_session_pb2.Finding]
    def __init__(self, name: _Optional[str] = ..., address: _Optional[str] = ..., device_id: _Optional[str] = ..., connected: _Optional[bool] = ..., last_seen_at: _Optional[str] = ..., reason: _Optional[str] = ..., hint: _Optional[str] = ..., version: _Optional[str] = ..., sandbox: _Optional[bool] = ..., clock_ahead_seconds: _Optional[float] = ..., needs: _Optional[_Iterable[_Union[_lending_pb2.Need, _Mapping]]] = ..., leases: _Optional[_Iterable[_Union[_lending_pb2.Lease, _Mapping]]] = ..., sessions_open: _Optional[int] = ..., files_waiting: _Optional[int] = ..., files_blocked: _Optional[int] = ..., notices: _Optional[_Iterable[_Union[_session_pb2.Finding, _Mapping]]] = ...) -> None: ...

class ListRigsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRigsResponse(_message.Message):
    __slots__ = ("rigs",)
    RIGS_FIELD_NUMBER: _ClassVar[int]
    rigs: _containers.RepeatedCompositeFieldContainer[Rig]
    def __init__(self, rigs: _Optional[_Iterable[_Union[Rig, _Mapping]]] = ...) -> None: ...

class GetRigRequest(_message.Message):
    __slots__ = ("rig",)
    RIG_FIELD_NUMBER: _ClassVar[int]
    rig: str
    def __init__(self, rig: _Optional[str] = ...) -> None: ...

class GetRigResponse(_message.Message):
    __slots__ = ("rig",)
    RIG_FIELD_NUMBER: _ClassVar[int]
    rig: Rig
    def __init__(self, rig: _Optional[_Union[Rig, _Mapping]] = ...) -> None: ...
