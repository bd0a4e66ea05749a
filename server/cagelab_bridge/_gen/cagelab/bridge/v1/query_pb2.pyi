from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SubmitMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUBMIT_METHOD_UNSPECIFIED: _ClassVar[SubmitMethod]
    SUBMIT_METHOD_CREATE: _ClassVar[SubmitMethod]
    SUBMIT_METHOD_CHANGE: _ClassVar[SubmitMethod]
SUBMIT_METHOD_UNSPECIFIED: SubmitMethod
SUBMIT_METHOD_CREATE: SubmitMethod
SUBMIT_METHOD_CHANGE: SubmitMethod

class QueryRequest(_message.Message):
    __slots__ = ("path", "limit", "account", "alyx_url")
    PATH_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    path: str
    limit: int
    account: str
    alyx_url: str
    def __init__(self, path: _Optional[str] = ..., limit: _Optional[int] = ..., account: _Optional[str] = ..., alyx_url: _Optional[str] = ...) -> None: ...

class QueryResponse(_message.Message):
    __slots__ = ("json", "is_list", "count", "total", "truncated")
    JSON_FIELD_NUMBER: _ClassVar[int]
    IS_LIST_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    json: str
    is_list: bool
    count: int
    total: int
    truncated: bool
    def __init__(self, json: _Optional[str] = ..., is_list: _Optional[bool] = ..., count: _Optional[int] = ..., total: _Optional[int] = ..., truncated: _Optional[bool] = ...) -> None: ...

class SubmitRequest(_message.Message):
    __slots__ = ("request_id", "method", "path", "json", "account", "alyx_url")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    method: SubmitMethod
    path: str
    json: str
    account: str
    alyx_url: str
    def __init__(self, request_id: _Optional[str] = ..., method: _Optional[_Union[SubmitMethod, str]] = ..., path: _Optional[str] = ..., json: _Optional[str] = ..., account: _Optional[str] = ..., alyx_url: _Optional[str] = ...) -> None: ...

class SubmitResponse(_message.Message):
    __slots__ = ("delivered", "json", "reason", "submission_id")
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SUBMISSION_ID_FIELD_NUMBER: _ClassVar[int]
    delivered: bool
    json: str
    reason: str
    submission_id: str
    def __init__(self, delivered: _Optional[bool] = ..., json: _Optional[str] = ..., reason: _Optional[str] = ..., submission_id: _Optional[str] = ...) -> None: ...

class ListChoicesRequest(_message.Message):
    __slots__ = ("kinds", "account", "alyx_url")
    KINDS_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    kinds: _containers.RepeatedScalarFieldContainer[str]
    account: str
    alyx_url: str
    def __init__(self, kinds: _Optional[_Iterable[str]] = ..., account: _Optional[str] = ..., alyx_url: _Optional[str] = ...) -> None: ...

class Choices(_message.Message):
    __slots__ = ("kind", "names", "read_at")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    READ_AT_FIELD_NUMBER: _ClassVar[int]
    kind: str
    names: _containers.RepeatedScalarFieldContainer[str]
    read_at: str
    def __init__(self, kind: _Optional[str] = ..., names: _Optional[_Iterable[str]] = ..., read_at: _Optional[str] = ...) -> None: ...

class ListChoicesResponse(_message.Message):
    __slots__ = ("choices",)
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    choices: _containers.RepeatedCompositeFieldContainer[Choices]
    def __init__(self, choices: _Optional[_Iterable[_Union[Choices, _Mapping]]] = ...) -> None: ...
