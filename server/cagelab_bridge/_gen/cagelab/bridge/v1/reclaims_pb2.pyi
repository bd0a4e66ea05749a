from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReclaimState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECLAIM_STATE_UNSPECIFIED: _ClassVar[ReclaimState]
    RECLAIM_STATE_STAYS: _ClassVar[ReclaimState]
    RECLAIM_STATE_READY: _ClassVar[ReclaimState]
    RECLAIM_STATE_RECLAIMED: _ClassVar[ReclaimState]
    RECLAIM_STATE_ABSENT: _ClassVar[ReclaimState]
RECLAIM_STATE_UNSPECIFIED: ReclaimState
RECLAIM_STATE_STAYS: ReclaimState
RECLAIM_STATE_READY: ReclaimState
RECLAIM_STATE_RECLAIMED: ReclaimState
RECLAIM_STATE_ABSENT: ReclaimState

class ReclaimableFile(_message.Message):
    __slots__ = ("file_id", "relative_path", "size", "md5", "dataset_id", "endpoint", "bucket", "key", "verified_at", "verified_by", "verified_again_at", "verified_again_by", "state", "reason", "hint", "reclaimed_at")
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_PATH_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    MD5_FIELD_NUMBER: _ClassVar[int]
    DATASET_ID_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_AT_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_BY_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_AGAIN_AT_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_AGAIN_BY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    RECLAIMED_AT_FIELD_NUMBER: _ClassVar[int]
    file_id: str
    relative_path: str
    size: int
    md5: str
    dataset_id: str
    endpoint: str
    bucket: str
    key: str
    verified_at: str
    verified_by: str
    verified_again_at: str
    verified_again_by: str
    state: ReclaimState
    reason: str
    hint: str
    reclaimed_at: str
    def __init__(self, file_id: _Optional[str] = ..., relative_path: _Optional[str] = ..., size: _Optional[int] = ..., md5: _Optional[str] = ..., dataset_id: _Optional[str] = ..., endpoint: _Optional[str] = ..., bucket: _Optional[str] = ..., key: _Optional[str] = ..., verified_at: _Optional[str] = ..., verified_by: _Optional[str] = ..., verified_again_at: _Optional[str] = ..., verified_again_by: _Optional[str] = ..., state: _Optional[_Union[ReclaimState, str]] = ..., reason: _Optional[str] = ..., hint: _Optional[str] = ..., reclaimed_at: _Optional[str] = ...) -> None: ...

class ListReclaimableRequest(_message.Message):
    __slots__ = ("session_id", "page_token")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    page_token: str
    def __init__(self, session_id: _Optional[str] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListReclaimableResponse(_message.Message):
    __slots__ = ("files", "next_page_token", "reason", "hint")
    FILES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[ReclaimableFile]
    next_page_token: str
    reason: str
    hint: str
    def __init__(self, files: _Optional[_Iterable[_Union[ReclaimableFile, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., reason: _Optional[str] = ..., hint: _Optional[str] = ...) -> None: ...

class ReclaimOrder(_message.Message):
    __slots__ = ("file_id", "md5")
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    MD5_FIELD_NUMBER: _ClassVar[int]
    file_id: str
    md5: str
    def __init__(self, file_id: _Optional[str] = ..., md5: _Optional[str] = ...) -> None: ...

class ReclaimFilesRequest(_message.Message):
    __slots__ = ("session_id", "files")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    files: _containers.RepeatedCompositeFieldContainer[ReclaimOrder]
    def __init__(self, session_id: _Optional[str] = ..., files: _Optional[_Iterable[_Union[ReclaimOrder, _Mapping]]] = ...) -> None: ...

class ReclaimFilesResponse(_message.Message):
    __slots__ = ("files",)
    FILES_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[ReclaimableFile]
    def __init__(self, files: _Optional[_Iterable[_Union[ReclaimableFile, _Mapping]]] = ...) -> None: ...
