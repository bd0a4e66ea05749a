from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RunState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RUN_STATE_UNSPECIFIED: _ClassVar[RunState]
    RUN_STATE_RESERVED: _ClassVar[RunState]
    RUN_STATE_OPEN: _ClassVar[RunState]
    RUN_STATE_ENDED: _ClassVar[RunState]
    RUN_STATE_ABANDONED: _ClassVar[RunState]

class AlyxState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALYX_STATE_UNSPECIFIED: _ClassVar[AlyxState]
    ALYX_STATE_LOCAL: _ClassVar[AlyxState]
    ALYX_STATE_PENDING: _ClassVar[AlyxState]
    ALYX_STATE_OPEN: _ClassVar[AlyxState]
    ALYX_STATE_CLOSED: _ClassVar[AlyxState]

class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEVERITY_UNSPECIFIED: _ClassVar[Severity]
    SEVERITY_INFO: _ClassVar[Severity]
    SEVERITY_WARNING: _ClassVar[Severity]
    SEVERITY_ERROR: _ClassVar[Severity]
RUN_STATE_UNSPECIFIED: RunState
RUN_STATE_RESERVED: RunState
RUN_STATE_OPEN: RunState
RUN_STATE_ENDED: RunState
RUN_STATE_ABANDONED: RunState
ALYX_STATE_UNSPECIFIED: AlyxState
ALYX_STATE_LOCAL: AlyxState
ALYX_STATE_PENDING: AlyxState
ALYX_STATE_OPEN: AlyxState
ALYX_STATE_CLOSED: AlyxState
SEVERITY_UNSPECIFIED: Severity
SEVERITY_INFO: Severity
SEVERITY_WARNING: Severity
SEVERITY_ERROR: Severity

class Session(_message.Message):
    __slots__ = ("session_id", "subject", "lab", "location", "experimenters", "projects", "procedures", "task_protocol", "narrative", "brain_region", "rig", "alyx_url", "account", "date", "number", "folder", "start_time", "end_time", "run", "alyx", "complete", "alyx_id", "url", "alyx_number", "blocked", "waiting_for_credentials", "reason", "hint", "qc", "n_trials", "n_correct_trials", "json", "transfer_ids", "peer", "last_seen_at", "warnings", "trouble_since", "amendments")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    LAB_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    EXPERIMENTERS_FIELD_NUMBER: _ClassVar[int]
    PROJECTS_FIELD_NUMBER: _ClassVar[int]
    PROCEDURES_FIELD_NUMBER: _ClassVar[int]
    TASK_PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    NARRATIVE_FIELD_NUMBER: _ClassVar[int]
    BRAIN_REGION_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    ALYX_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    ALYX_ID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    ALYX_NUMBER_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_FIELD_NUMBER: _ClassVar[int]
    WAITING_FOR_CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    QC_FIELD_NUMBER: _ClassVar[int]
    N_TRIALS_FIELD_NUMBER: _ClassVar[int]
    N_CORRECT_TRIALS_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_IDS_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_AT_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    TROUBLE_SINCE_FIELD_NUMBER: _ClassVar[int]
    AMENDMENTS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    subject: str
    lab: str
    location: str
    experimenters: _containers.RepeatedScalarFieldContainer[str]
    projects: _containers.RepeatedScalarFieldContainer[str]
    procedures: _containers.RepeatedScalarFieldContainer[str]
    task_protocol: str
    narrative: str
    brain_region: str
    rig: str
    alyx_url: str
    account: str
    date: str
    number: int
    folder: str
    start_time: str
    end_time: str
    run: RunState
    alyx: AlyxState
    complete: bool
    alyx_id: str
    url: str
    alyx_number: int
    blocked: bool
    waiting_for_credentials: bool
    reason: str
    hint: str
    qc: str
    n_trials: int
    n_correct_trials: int
    json: str
    transfer_ids: _containers.RepeatedScalarFieldContainer[str]
    peer: str
    last_seen_at: str
    warnings: _containers.RepeatedScalarFieldContainer[str]
    trouble_since: str
    amendments: _containers.RepeatedCompositeFieldContainer[Amendment]
    def __init__(self, session_id: _Optional[str] = ..., subject: _Optional[str] = ..., lab: _Optional[str] = ..., location: _Optional[str] = ..., experimenters: _Optional[_Iterable[str]] = ..., projects: _Optional[_Iterable[str]] = ..., procedures: _Optional[_Iterable[str]] = ..., task_protocol: _Optional[str] = ..., narrative: _Optional[str] = ..., brain_region: _Optional[str] = ..., rig: _Optional[str] = ..., alyx_url: _Optional[str] = ..., account: _Optional[str] = ..., date: _Optional[str] = ..., number: _Optional[int] = ..., folder: _Optional[str] = ..., start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., run: _Optional[_Union[RunState, str]] = ..., alyx: _Optional[_Union[AlyxState, str]] = ..., complete: _Optional[bool] = ..., alyx_id: _Optional[str] = ..., url: _Optional[str] = ..., alyx_number: _Optional[int] = ..., blocked: _Optional[bool] = ..., waiting_for_credentials: _Optional[bool] = ..., reason: _Optional[str] = ..., hint: _Optional[str] = ..., qc: _Optional[str] = ..., n_trials: _Optional[int] = ..., n_correct_trials: _Optional[int] = ..., json: _Optional[str] = ..., transfer_ids: _Optional[_Iterable[str]] = ..., peer: _Optional[str] = ..., last_seen_at: _Optional[str] = ..., warnings: _Optional[_Iterable[str]] = ..., trouble_since: _Optional[str] = ..., amendments: _Optional[_Iterable[_Union[Amendment, _Mapping]]] = ...) -> None: ...

class Amendment(_message.Message):
    __slots__ = ("amended_at", "field", "old_values", "new_values", "reason")
    AMENDED_AT_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    OLD_VALUES_FIELD_NUMBER: _ClassVar[int]
    NEW_VALUES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    amended_at: str
    field: str
    old_values: _containers.RepeatedScalarFieldContainer[str]
    new_values: _containers.RepeatedScalarFieldContainer[str]
    reason: str
    def __init__(self, amended_at: _Optional[str] = ..., field: _Optional[str] = ..., old_values: _Optional[_Iterable[str]] = ..., new_values: _Optional[_Iterable[str]] = ..., reason: _Optional[str] = ...) -> None: ...

class AmendSessionRequest(_message.Message):
    __slots__ = ("request_id", "session_id", "subject", "projects", "experimenters", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    PROJECTS_FIELD_NUMBER: _ClassVar[int]
    EXPERIMENTERS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    session_id: str
    subject: str
    projects: _containers.RepeatedScalarFieldContainer[str]
    experimenters: _containers.RepeatedScalarFieldContainer[str]
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., session_id: _Optional[str] = ..., subject: _Optional[str] = ..., projects: _Optional[_Iterable[str]] = ..., experimenters: _Optional[_Iterable[str]] = ..., reason: _Optional[str] = ...) -> None: ...

class AmendSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: Session
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ...) -> None: ...

class SessionSpec(_message.Message):
    __slots__ = ("subject", "lab", "location", "experimenters", "projects", "procedures", "task_protocol", "narrative", "brain_region", "rig", "json")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    LAB_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    EXPERIMENTERS_FIELD_NUMBER: _ClassVar[int]
    PROJECTS_FIELD_NUMBER: _ClassVar[int]
    PROCEDURES_FIELD_NUMBER: _ClassVar[int]
    TASK_PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    NARRATIVE_FIELD_NUMBER: _ClassVar[int]
    BRAIN_REGION_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    subject: str
    lab: str
    location: str
    experimenters: _containers.RepeatedScalarFieldContainer[str]
    projects: _containers.RepeatedScalarFieldContainer[str]
    procedures: _containers.RepeatedScalarFieldContainer[str]
    task_protocol: str
    narrative: str
    brain_region: str
    rig: str
    json: str
    def __init__(self, subject: _Optional[str] = ..., lab: _Optional[str] = ..., location: _Optional[str] = ..., experimenters: _Optional[_Iterable[str]] = ..., projects: _Optional[_Iterable[str]] = ..., procedures: _Optional[_Iterable[str]] = ..., task_protocol: _Optional[str] = ..., narrative: _Optional[str] = ..., brain_region: _Optional[str] = ..., rig: _Optional[str] = ..., json: _Optional[str] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("severity", "field", "value", "message", "hint", "suggestions")
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    SUGGESTIONS_FIELD_NUMBER: _ClassVar[int]
    severity: Severity
    field: str
    value: str
    message: str
    hint: str
    suggestions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, severity: _Optional[_Union[Severity, str]] = ..., field: _Optional[str] = ..., value: _Optional[str] = ..., message: _Optional[str] = ..., hint: _Optional[str] = ..., suggestions: _Optional[_Iterable[str]] = ...) -> None: ...

class CheckSessionRequest(_message.Message):
    __slots__ = ("spec", "files", "repository", "data_url", "account", "alyx_url", "lending")
    SPEC_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    DATA_URL_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    LENDING_FIELD_NUMBER: _ClassVar[int]
    spec: SessionSpec
    files: _containers.RepeatedScalarFieldContainer[str]
    repository: str
    data_url: str
    account: str
    alyx_url: str
    lending: bool
    def __init__(self, spec: _Optional[_Union[SessionSpec, _Mapping]] = ..., files: _Optional[_Iterable[str]] = ..., repository: _Optional[str] = ..., data_url: _Optional[str] = ..., account: _Optional[str] = ..., alyx_url: _Optional[str] = ..., lending: _Optional[bool] = ...) -> None: ...

class CheckSessionResponse(_message.Message):
    __slots__ = ("ok", "findings", "live")
    OK_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    ok: bool
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    live: bool
    def __init__(self, ok: _Optional[bool] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., live: _Optional[bool] = ...) -> None: ...

class ReserveFolderRequest(_message.Message):
    __slots__ = ("request_id", "subject", "lab", "date", "root")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    LAB_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    subject: str
    lab: str
    date: str
    root: str
    def __init__(self, request_id: _Optional[str] = ..., subject: _Optional[str] = ..., lab: _Optional[str] = ..., date: _Optional[str] = ..., root: _Optional[str] = ...) -> None: ...

class ReserveFolderResponse(_message.Message):
    __slots__ = ("session_id", "folder", "date", "number", "lab", "warnings")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    LAB_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    folder: str
    date: str
    number: int
    lab: str
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, session_id: _Optional[str] = ..., folder: _Optional[str] = ..., date: _Optional[str] = ..., number: _Optional[int] = ..., lab: _Optional[str] = ..., warnings: _Optional[_Iterable[str]] = ...) -> None: ...

class StartSessionRequest(_message.Message):
    __slots__ = ("request_id", "spec", "session_id", "folder", "account", "alyx_url", "client_pid", "start_time", "alyx_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    CLIENT_PID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    ALYX_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    spec: SessionSpec
    session_id: str
    folder: str
    account: str
    alyx_url: str
    client_pid: int
    start_time: str
    alyx_id: str
    def __init__(self, request_id: _Optional[str] = ..., spec: _Optional[_Union[SessionSpec, _Mapping]] = ..., session_id: _Optional[str] = ..., folder: _Optional[str] = ..., account: _Optional[str] = ..., alyx_url: _Optional[str] = ..., client_pid: _Optional[int] = ..., start_time: _Optional[str] = ..., alyx_id: _Optional[str] = ...) -> None: ...

class StartSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: Session
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ...) -> None: ...

class EndSessionRequest(_message.Message):
    __slots__ = ("request_id", "session_id", "qc", "narrative", "n_trials", "n_correct_trials", "json", "end_time", "upload_paths", "upload_folder", "repository")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    QC_FIELD_NUMBER: _ClassVar[int]
    NARRATIVE_FIELD_NUMBER: _ClassVar[int]
    N_TRIALS_FIELD_NUMBER: _ClassVar[int]
    N_CORRECT_TRIALS_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_PATHS_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_FOLDER_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    session_id: str
    qc: str
    narrative: str
    n_trials: int
    n_correct_trials: int
    json: str
    end_time: str
    upload_paths: _containers.RepeatedScalarFieldContainer[str]
    upload_folder: bool
    repository: str
    def __init__(self, request_id: _Optional[str] = ..., session_id: _Optional[str] = ..., qc: _Optional[str] = ..., narrative: _Optional[str] = ..., n_trials: _Optional[int] = ..., n_correct_trials: _Optional[int] = ..., json: _Optional[str] = ..., end_time: _Optional[str] = ..., upload_paths: _Optional[_Iterable[str]] = ..., upload_folder: _Optional[bool] = ..., repository: _Optional[str] = ...) -> None: ...

class EndSessionResponse(_message.Message):
    __slots__ = ("session", "transfer_id")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_ID_FIELD_NUMBER: _ClassVar[int]
    session: Session
    transfer_id: str
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ..., transfer_id: _Optional[str] = ...) -> None: ...

class GetSessionRequest(_message.Message):
    __slots__ = ("session_id", "heartbeat", "rig")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    heartbeat: bool
    rig: str
    def __init__(self, session_id: _Optional[str] = ..., heartbeat: _Optional[bool] = ..., rig: _Optional[str] = ...) -> None: ...

class GetSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: Session
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ...) -> None: ...

class ListSessionsRequest(_message.Message):
    __slots__ = ("subject", "first_date", "last_date", "only_unfinished", "limit", "rig")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    FIRST_DATE_FIELD_NUMBER: _ClassVar[int]
    LAST_DATE_FIELD_NUMBER: _ClassVar[int]
    ONLY_UNFINISHED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    subject: str
    first_date: str
    last_date: str
    only_unfinished: bool
    limit: int
    rig: str
    def __init__(self, subject: _Optional[str] = ..., first_date: _Optional[str] = ..., last_date: _Optional[str] = ..., only_unfinished: _Optional[bool] = ..., limit: _Optional[int] = ..., rig: _Optional[str] = ...) -> None: ...

class ListSessionsResponse(_message.Message):
    __slots__ = ("sessions",)
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    sessions: _containers.RepeatedCompositeFieldContainer[Session]
    def __init__(self, sessions: _Optional[_Iterable[_Union[Session, _Mapping]]] = ...) -> None: ...
