from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2 as _session_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorDetail(_message.Message):
    __slots__ = ("reason", "hint", "retryable", "findings")
    REASON_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    reason: str
    hint: str
    retryable: bool
    findings: _containers.RepeatedCompositeFieldContainer[_session_pb2.Finding]
    def __init__(self, reason: _Optional[str] = ..., hint: _Optional[str] = ..., retryable: _Optional[bool] = ..., findings: _Optional[_Iterable[_Union[_session_pb2.Finding, _Mapping]]] = ...) -> None: ...
