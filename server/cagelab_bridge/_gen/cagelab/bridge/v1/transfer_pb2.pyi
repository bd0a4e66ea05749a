from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FileState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FILE_STATE_UNSPECIFIED: _ClassVar[FileState]
    FILE_STATE_ACCEPTED: _ClassVar[FileState]
    FILE_STATE_HASHED: _ClassVar[FileState]
    FILE_STATE_REGISTERED: _ClassVar[FileState]
    FILE_STATE_STORED: _ClassVar[FileState]
    FILE_STATE_VERIFIED: _ClassVar[FileState]
    FILE_STATE_DONE: _ClassVar[FileState]
    FILE_STATE_DISMISSED: _ClassVar[FileState]

class TransferState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSFER_STATE_UNSPECIFIED: _ClassVar[TransferState]
    TRANSFER_STATE_LISTING: _ClassVar[TransferState]
    TRANSFER_STATE_ACTIVE: _ClassVar[TransferState]
    TRANSFER_STATE_BLOCKED: _ClassVar[TransferState]
    TRANSFER_STATE_DONE: _ClassVar[TransferState]
    TRANSFER_STATE_CANCELLED: _ClassVar[TransferState]

class TransferDirection(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSFER_DIRECTION_UNSPECIFIED: _ClassVar[TransferDirection]
    TRANSFER_DIRECTION_UPLOAD: _ClassVar[TransferDirection]
    TRANSFER_DIRECTION_DOWNLOAD: _ClassVar[TransferDirection]
FILE_STATE_UNSPECIFIED: FileState
FILE_STATE_ACCEPTED: FileState
FILE_STATE_HASHED: FileState
FILE_STATE_REGISTERED: FileState
FILE_STATE_STORED: FileState
FILE_STATE_VERIFIED: FileState
FILE_STATE_DONE: FileState
FILE_STATE_DISMISSED: FileState
TRANSFER_STATE_UNSPECIFIED: TransferState
TRANSFER_STATE_LISTING: TransferState
TRANSFER_STATE_ACTIVE: TransferState
TRANSFER_STATE_BLOCKED: TransferState
TRANSFER_STATE_DONE: TransferState
TRANSFER_STATE_CANCELLED: TransferState
TRANSFER_DIRECTION_UNSPECIFIED: TransferDirection
TRANSFER_DIRECTION_UPLOAD: TransferDirection
TRANSFER_DIRECTION_DOWNLOAD: TransferDirection

class TransferFile(_message.Message):
    __slots__ = ("file_id", "path", "relative_path", "size", "state", "blocked", "waiting_for_credentials", "reason", "hint", "md5", "sha256", "dataset_id", "bucket", "key", "bytes_sent", "verified_by", "trouble_since", "partial")
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_PATH_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_FIELD_NUMBER: _ClassVar[int]
    WAITING_FOR_CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    MD5_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    DATASET_ID_FIELD_NUMBER: _ClassVar[int]
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    BYTES_SENT_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_BY_FIELD_NUMBER: _ClassVar[int]
    TROUBLE_SINCE_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    file_id: str
    path: str
    relative_path: str
    size: int
    state: FileState
    blocked: bool
    waiting_for_credentials: bool
    reason: str
    hint: str
    md5: str
    sha256: str
    dataset_id: str
    bucket: str
    key: str
    bytes_sent: int
    verified_by: str
    trouble_since: str
    partial: bool
    def __init__(self, file_id: _Optional[str] = ..., path: _Optional[str] = ..., relative_path: _Optional[str] = ..., size: _Optional[int] = ..., state: _Optional[_Union[FileState, str]] = ..., blocked: _Optional[bool] = ..., waiting_for_credentials: _Optional[bool] = ..., reason: _Optional[str] = ..., hint: _Optional[str] = ..., md5: _Optional[str] = ..., sha256: _Optional[str] = ..., dataset_id: _Optional[str] = ..., bucket: _Optional[str] = ..., key: _Optional[str] = ..., bytes_sent: _Optional[int] = ..., verified_by: _Optional[str] = ..., trouble_since: _Optional[str] = ..., partial: _Optional[bool] = ...) -> None: ...

class Transfer(_message.Message):
    __slots__ = ("transfer_id", "session_id", "state", "repository", "accepted", "power_safe", "files_total", "files_done", "files_blocked", "files_dismissed", "bytes_total", "bytes_sent", "waiting_for_credentials", "reason", "hint", "accepted_at", "files", "trouble_since", "peer", "last_seen_at", "direction", "folder", "files_present")
    TRANSFER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    POWER_SAFE_FIELD_NUMBER: _ClassVar[int]
    FILES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    FILES_DONE_FIELD_NUMBER: _ClassVar[int]
    FILES_BLOCKED_FIELD_NUMBER: _ClassVar[int]
    FILES_DISMISSED_FIELD_NUMBER: _ClassVar[int]
    BYTES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    BYTES_SENT_FIELD_NUMBER: _ClassVar[int]
    WAITING_FOR_CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_AT_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    TROUBLE_SINCE_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_AT_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    FILES_PRESENT_FIELD_NUMBER: _ClassVar[int]
    transfer_id: str
    session_id: str
    state: TransferState
    repository: str
    accepted: bool
    power_safe: bool
    files_total: int
    files_done: int
    files_blocked: int
    files_dismissed: int
    bytes_total: int
    bytes_sent: int
    waiting_for_credentials: bool
    reason: str
    hint: str
    accepted_at: str
    files: _containers.RepeatedCompositeFieldContainer[TransferFile]
    trouble_since: str
    peer: str
    last_seen_at: str
    direction: TransferDirection
    folder: str
    files_present: int
    def __init__(self, transfer_id: _Optional[str] = ..., session_id: _Optional[str] = ..., state: _Optional[_Union[TransferState, str]] = ..., repository: _Optional[str] = ..., accepted: _Optional[bool] = ..., power_safe: _Optional[bool] = ..., files_total: _Optional[int] = ..., files_done: _Optional[int] = ..., files_blocked: _Optional[int] = ..., files_dismissed: _Optional[int] = ..., bytes_total: _Optional[int] = ..., bytes_sent: _Optional[int] = ..., waiting_for_credentials: _Optional[bool] = ..., reason: _Optional[str] = ..., hint: _Optional[str] = ..., accepted_at: _Optional[str] = ..., files: _Optional[_Iterable[_Union[TransferFile, _Mapping]]] = ..., trouble_since: _Optional[str] = ..., peer: _Optional[str] = ..., last_seen_at: _Optional[str] = ..., direction: _Optional[_Union[TransferDirection, str]] = ..., folder: _Optional[str] = ..., files_present: _Optional[int] = ...) -> None: ...

class UploadFilesRequest(_message.Message):
    __slots__ = ("request_id", "session_id", "paths", "repository")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    session_id: str
    paths: _containers.RepeatedScalarFieldContainer[str]
    repository: str
    def __init__(self, request_id: _Optional[str] = ..., session_id: _Optional[str] = ..., paths: _Optional[_Iterable[str]] = ..., repository: _Optional[str] = ...) -> None: ...

class UploadFilesResponse(_message.Message):
    __slots__ = ("transfer",)
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    transfer: Transfer
    def __init__(self, transfer: _Optional[_Union[Transfer, _Mapping]] = ...) -> None: ...

class DownloadFilesRequest(_message.Message):
    __slots__ = ("request_id", "session_ids", "subject", "lab", "first_date", "last_date", "task_protocol", "dataset_types", "names", "collections", "dataset_ids", "all_revisions", "folder", "alyx_url", "account")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_IDS_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    LAB_FIELD_NUMBER: _ClassVar[int]
    FIRST_DATE_FIELD_NUMBER: _ClassVar[int]
    LAST_DATE_FIELD_NUMBER: _ClassVar[int]
    TASK_PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    DATASET_TYPES_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    COLLECTIONS_FIELD_NUMBER: _ClassVar[int]
    DATASET_IDS_FIELD_NUMBER: _ClassVar[int]
    ALL_REVISIONS_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    session_ids: _containers.RepeatedScalarFieldContainer[str]
    subject: str
    lab: str
    first_date: str
    last_date: str
    task_protocol: str
    dataset_types: _containers.RepeatedScalarFieldContainer[str]
    names: _containers.RepeatedScalarFieldContainer[str]
    collections: _containers.RepeatedScalarFieldContainer[str]
    dataset_ids: _containers.RepeatedScalarFieldContainer[str]
    all_revisions: bool
    folder: str
    alyx_url: str
    account: str
    def __init__(self, request_id: _Optional[str] = ..., session_ids: _Optional[_Iterable[str]] = ..., subject: _Optional[str] = ..., lab: _Optional[str] = ..., first_date: _Optional[str] = ..., last_date: _Optional[str] = ..., task_protocol: _Optional[str] = ..., dataset_types: _Optional[_Iterable[str]] = ..., names: _Optional[_Iterable[str]] = ..., collections: _Optional[_Iterable[str]] = ..., dataset_ids: _Optional[_Iterable[str]] = ..., all_revisions: _Optional[bool] = ..., folder: _Optional[str] = ..., alyx_url: _Optional[str] = ..., account: _Optional[str] = ...) -> None: ...

class DownloadFilesResponse(_message.Message):
    __slots__ = ("transfer",)
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    transfer: Transfer
    def __init__(self, transfer: _Optional[_Union[Transfer, _Mapping]] = ...) -> None: ...

class GetTransferRequest(_message.Message):
    __slots__ = ("transfer_id", "summary_only", "only_blocked", "page_size", "page_token", "rig")
    TRANSFER_ID_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_ONLY_FIELD_NUMBER: _ClassVar[int]
    ONLY_BLOCKED_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    transfer_id: str
    summary_only: bool
    only_blocked: bool
    page_size: int
    page_token: str
    rig: str
    def __init__(self, transfer_id: _Optional[str] = ..., summary_only: _Optional[bool] = ..., only_blocked: _Optional[bool] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., rig: _Optional[str] = ...) -> None: ...

class GetTransferResponse(_message.Message):
    __slots__ = ("transfer", "next_page_token")
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    transfer: Transfer
    next_page_token: str
    def __init__(self, transfer: _Optional[_Union[Transfer, _Mapping]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListTransfersRequest(_message.Message):
    __slots__ = ("session_id", "only_unfinished", "limit", "rig")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    ONLY_UNFINISHED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    only_unfinished: bool
    limit: int
    rig: str
    def __init__(self, session_id: _Optional[str] = ..., only_unfinished: _Optional[bool] = ..., limit: _Optional[int] = ..., rig: _Optional[str] = ...) -> None: ...

class ListTransfersResponse(_message.Message):
    __slots__ = ("transfers",)
    TRANSFERS_FIELD_NUMBER: _ClassVar[int]
    transfers: _containers.RepeatedCompositeFieldContainer[Transfer]
    def __init__(self, transfers: _Optional[_Iterable[_Union[Transfer, _Mapping]]] = ...) -> None: ...

class RetryTransferRequest(_message.Message):
    __slots__ = ("transfer_id",)
    TRANSFER_ID_FIELD_NUMBER: _ClassVar[int]
    transfer_id: str
    def __init__(self, transfer_id: _Optional[str] = ...) -> None: ...

class RetryTransferResponse(_message.Message):
    __slots__ = ("files", "sessions")
    FILES_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    files: int
    sessions: int
    def __init__(self, files: _Optional[int] = ..., sessions: _Optional[int] = ...) -> None: ...

class CancelTransferRequest(_message.Message):
    __slots__ = ("transfer_id", "reason")
    TRANSFER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    transfer_id: str
    reason: str
    def __init__(self, transfer_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CancelTransferResponse(_message.Message):
    __slots__ = ("transfer",)
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    transfer: Transfer
    def __init__(self, transfer: _Optional[_Union[Transfer, _Mapping]] = ...) -> None: ...

class DismissFileRequest(_message.Message):
    __slots__ = ("file_id", "reason")
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    file_id: str
    reason: str
    def __init__(self, file_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class DismissFileResponse(_message.Message):
    __slots__ = ("file",)
    FILE_FIELD_NUMBER: _ClassVar[int]
    file: TransferFile
    def __init__(self, file: _Optional[_Union[TransferFile, _Mapping]] = ...) -> None: ...
