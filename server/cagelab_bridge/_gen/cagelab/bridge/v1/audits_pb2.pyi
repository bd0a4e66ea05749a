from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2 as _session_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Repair(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPAIR_UNSPECIFIED: _ClassVar[Repair]
    REPAIR_NONE: _ClassVar[Repair]
    REPAIR_SAFE: _ClassVar[Repair]
    REPAIR_ASK: _ClassVar[Repair]
REPAIR_UNSPECIFIED: Repair
REPAIR_NONE: Repair
REPAIR_SAFE: Repair
REPAIR_ASK: Repair

class AuditFinding(_message.Message):
    __slots__ = ("id", "severity", "kind", "what", "message", "hint", "repair", "repaired", "outcome")
    ID_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    REPAIR_FIELD_NUMBER: _ClassVar[int]
    REPAIRED_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    id: str
    severity: _session_pb2.Severity
    kind: str
    what: str
    message: str
    hint: str
    repair: Repair
    repaired: bool
    outcome: str
    def __init__(self, id: _Optional[str] = ..., severity: _Optional[_Union[_session_pb2.Severity, str]] = ..., kind: _Optional[str] = ..., what: _Optional[str] = ..., message: _Optional[str] = ..., hint: _Optional[str] = ..., repair: _Optional[_Union[Repair, str]] = ..., repaired: _Optional[bool] = ..., outcome: _Optional[str] = ...) -> None: ...

class AuditSessionRequest(_message.Message):
    __slots__ = ("session_id", "repair_safe", "repair", "dataset_id", "account", "alyx_url")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REPAIR_SAFE_FIELD_NUMBER: _ClassVar[int]
    REPAIR_FIELD_NUMBER: _ClassVar[int]
    DATASET_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    repair_safe: bool
    repair: _containers.RepeatedScalarFieldContainer[str]
    dataset_id: str
    account: str
    alyx_url: str
    def __init__(self, session_id: _Optional[str] = ..., repair_safe: _Optional[bool] = ..., repair: _Optional[_Iterable[str]] = ..., dataset_id: _Optional[str] = ..., account: _Optional[str] = ..., alyx_url: _Optional[str] = ...) -> None: ...

class AuditSessionResponse(_message.Message):
    __slots__ = ("session_id", "subject", "date", "number", "findings", "readable", "bytes_read")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    READABLE_FIELD_NUMBER: _ClassVar[int]
    BYTES_READ_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    subject: str
    date: str
    number: int
    findings: _containers.RepeatedCompositeFieldContainer[AuditFinding]
    readable: _containers.RepeatedScalarFieldContainer[str]
    bytes_read: int
    def __init__(self, session_id: _Optional[str] = ..., subject: _Optional[str] = ..., date: _Optional[str] = ..., number: _Optional[int] = ..., findings: _Optional[_Iterable[_Union[AuditFinding, _Mapping]]] = ..., readable: _Optional[_Iterable[str]] = ..., bytes_read: _Optional[int] = ...) -> None: ...

class AuditStoreRequest(_message.Message):
    __slots__ = ("lab", "subject", "first_date", "last_date", "account", "alyx_url")
    LAB_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    FIRST_DATE_FIELD_NUMBER: _ClassVar[int]
    LAST_DATE_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    lab: str
    subject: str
    first_date: str
    last_date: str
    account: str
    alyx_url: str
    def __init__(self, lab: _Optional[str] = ..., subject: _Optional[str] = ..., first_date: _Optional[str] = ..., last_date: _Optional[str] = ..., account: _Optional[str] = ..., alyx_url: _Optional[str] = ...) -> None: ...

class AuditStoreResponse(_message.Message):
    __slots__ = ("findings", "objects")
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    findings: _containers.RepeatedCompositeFieldContainer[AuditFinding]
    objects: int
    def __init__(self, findings: _Optional[_Iterable[_Union[AuditFinding, _Mapping]]] = ..., objects: _Optional[int] = ...) -> None: ...
