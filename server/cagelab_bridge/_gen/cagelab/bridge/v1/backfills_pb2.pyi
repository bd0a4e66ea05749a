from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2 as _session_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BackfillOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BACKFILL_OUTCOME_UNSPECIFIED: _ClassVar[BackfillOutcome]
    BACKFILL_OUTCOME_ACCEPTED: _ClassVar[BackfillOutcome]
    BACKFILL_OUTCOME_ADDED: _ClassVar[BackfillOutcome]
    BACKFILL_OUTCOME_KNOWN: _ClassVar[BackfillOutcome]
    BACKFILL_OUTCOME_COPY: _ClassVar[BackfillOutcome]
    BACKFILL_OUTCOME_RECORDED: _ClassVar[BackfillOutcome]
BACKFILL_OUTCOME_UNSPECIFIED: BackfillOutcome
BACKFILL_OUTCOME_ACCEPTED: BackfillOutcome
BACKFILL_OUTCOME_ADDED: BackfillOutcome
BACKFILL_OUTCOME_KNOWN: BackfillOutcome
BACKFILL_OUTCOME_COPY: BackfillOutcome
BACKFILL_OUTCOME_RECORDED: BackfillOutcome

class BackfillSessionRequest(_message.Message):
    __slots__ = ("folder", "spec", "start_time", "end_time", "n_trials", "n_correct_trials", "repository", "check_only", "account", "alyx_url")
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    N_TRIALS_FIELD_NUMBER: _ClassVar[int]
    N_CORRECT_TRIALS_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    CHECK_ONLY_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    folder: str
    spec: _session_pb2.SessionSpec
    start_time: str
    end_time: str
    n_trials: int
    n_correct_trials: int
    repository: str
    check_only: bool
    account: str
    alyx_url: str
    def __init__(self, folder: _Optional[str] = ..., spec: _Optional[_Union[_session_pb2.SessionSpec, _Mapping]] = ..., start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., n_trials: _Optional[int] = ..., n_correct_trials: _Optional[int] = ..., repository: _Optional[str] = ..., check_only: _Optional[bool] = ..., account: _Optional[str] = ..., alyx_url: _Optional[str] = ...) -> None: ...

class BackfillSessionResponse(_message.Message):
    __slots__ = ("outcome", "session", "existing", "added")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    EXISTING_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    outcome: BackfillOutcome
    session: _session_pb2.Session
    existing: str
    added: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, outcome: _Optional[_Union[BackfillOutcome, str]] = ..., session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., existing: _Optional[str] = ..., added: _Optional[_Iterable[str]] = ...) -> None: ...
