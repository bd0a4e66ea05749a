from cagelab_bridge._gen.cagelab.bridge.v1 import rigs_pb2 as _rigs_pb2
from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2 as _session_pb2
from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2 as _transfer_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LoginRequest(_message.Message):
    __slots__ = ("alyx_url", "username", "password", "remember")
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    REMEMBER_FIELD_NUMBER: _ClassVar[int]
    alyx_url: str
    username: str
    password: str
    remember: bool
    def __init__(self, alyx_url: _Optional[str] = ..., username: _Optional[str] = ..., password: _Optional[str] = ..., remember: _Optional[bool] = ...) -> None: ...

class LoginResponse(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: Account
    def __init__(self, account: _Optional[_Union[Account, _Mapping]] = ...) -> None: ...

class LogoutRequest(_message.Message):
    __slots__ = ("alyx_url", "username")
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    alyx_url: str
    username: str
    def __init__(self, alyx_url: _Optional[str] = ..., username: _Optional[str] = ...) -> None: ...

class LogoutResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Account(_message.Message):
    __slots__ = ("alyx_url", "username", "logged_in", "reachable", "reason", "hint", "clock_ahead_seconds", "zone_offset_hours", "source")
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    LOGGED_IN_FIELD_NUMBER: _ClassVar[int]
    REACHABLE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    CLOCK_AHEAD_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ZONE_OFFSET_HOURS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    alyx_url: str
    username: str
    logged_in: bool
    reachable: bool
    reason: str
    hint: str
    clock_ahead_seconds: float
    zone_offset_hours: float
    source: str
    def __init__(self, alyx_url: _Optional[str] = ..., username: _Optional[str] = ..., logged_in: _Optional[bool] = ..., reachable: _Optional[bool] = ..., reason: _Optional[str] = ..., hint: _Optional[str] = ..., clock_ahead_seconds: _Optional[float] = ..., zone_offset_hours: _Optional[float] = ..., source: _Optional[str] = ...) -> None: ...

class StoreStatus(_message.Message):
    __slots__ = ("endpoint", "source", "reachable", "reason", "hint", "clock_ahead_seconds")
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    REACHABLE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    CLOCK_AHEAD_SECONDS_FIELD_NUMBER: _ClassVar[int]
    endpoint: str
    source: str
    reachable: bool
    reason: str
    hint: str
    clock_ahead_seconds: float
    def __init__(self, endpoint: _Optional[str] = ..., source: _Optional[str] = ..., reachable: _Optional[bool] = ..., reason: _Optional[str] = ..., hint: _Optional[str] = ..., clock_ahead_seconds: _Optional[float] = ...) -> None: ...

class KeyringStatus(_message.Message):
    __slots__ = ("state", "backend", "reason", "hint")
    STATE_FIELD_NUMBER: _ClassVar[int]
    BACKEND_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    state: str
    backend: str
    reason: str
    hint: str
    def __init__(self, state: _Optional[str] = ..., backend: _Optional[str] = ..., reason: _Optional[str] = ..., hint: _Optional[str] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("version", "sandbox", "started_at", "host", "accounts", "stores", "sessions_open", "sessions_pending", "sessions_blocked", "files_waiting", "files_blocked", "bytes_waiting", "oldest_waiting_since", "notices", "time_zone", "journal", "process_id", "role", "device_id", "lan_address", "keyring")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SANDBOX_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    STORES_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_OPEN_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_PENDING_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_BLOCKED_FIELD_NUMBER: _ClassVar[int]
    FILES_WAITING_FIELD_NUMBER: _ClassVar[int]
    FILES_BLOCKED_FIELD_NUMBER: _ClassVar[int]
    BYTES_WAITING_FIELD_NUMBER: _ClassVar[int]
    OLDEST_WAITING_SINCE_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_FIELD_NUMBER: _ClassVar[int]
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    LAN_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    KEYRING_FIELD_NUMBER: _ClassVar[int]
    version: str
    sandbox: bool
    started_at: str
    host: str
    accounts: _containers.RepeatedCompositeFieldContainer[Account]
    stores: _containers.RepeatedCompositeFieldContainer[StoreStatus]
    sessions_open: int
    sessions_pending: int
    sessions_blocked: int
    files_waiting: int
    files_blocked: int
    bytes_waiting: int
    oldest_waiting_since: str
    notices: _containers.RepeatedCompositeFieldContainer[_session_pb2.Finding]
    time_zone: str
    journal: str
    process_id: int
    role: str
    device_id: str
    lan_address: str
    keyring: KeyringStatus
    def __init__(self, version: _Optional[str] = ..., sandbox: _Optional[bool] = ..., started_at: _Optional[str] = ..., host: _Optional[str] = ..., accounts: _Optional[_Iterable[_Union[Account, _Mapping]]] = ..., stores: _Optional[_Iterable[_Union[StoreStatus, _Mapping]]] = ..., sessions_open: _Optional[int] = ..., sessions_pending: _Optional[int] = ..., sessions_blocked: _Optional[int] = ..., files_waiting: _Optional[int] = ..., files_blocked: _Optional[int] = ..., bytes_waiting: _Optional[int] = ..., oldest_waiting_since: _Optional[str] = ..., notices: _Optional[_Iterable[_Union[_session_pb2.Finding, _Mapping]]] = ..., time_zone: _Optional[str] = ..., journal: _Optional[str] = ..., process_id: _Optional[int] = ..., role: _Optional[str] = ..., device_id: _Optional[str] = ..., lan_address: _Optional[str] = ..., keyring: _Optional[_Union[KeyringStatus, _Mapping]] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("session_id", "rig")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    rig: str
    def __init__(self, session_id: _Optional[str] = ..., rig: _Optional[str] = ...) -> None: ...

class WatchResponse(_message.Message):
    __slots__ = ("session", "transfer", "rig")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    transfer: _transfer_pb2.Transfer
    rig: _rigs_pb2.Rig
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., transfer: _Optional[_Union[_transfer_pb2.Transfer, _Mapping]] = ..., rig: _Optional[_Union[_rigs_pb2.Rig, _Mapping]] = ...) -> None: ...
