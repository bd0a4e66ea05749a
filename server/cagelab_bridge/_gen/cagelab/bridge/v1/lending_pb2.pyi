from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2 as _session_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StoreGrant(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STORE_GRANT_UNSPECIFIED: _ClassVar[StoreGrant]
    STORE_GRANT_SCOPED: _ClassVar[StoreGrant]
    STORE_GRANT_SIGNED: _ClassVar[StoreGrant]
    STORE_GRANT_RAW: _ClassVar[StoreGrant]
STORE_GRANT_UNSPECIFIED: StoreGrant
STORE_GRANT_SCOPED: StoreGrant
STORE_GRANT_SIGNED: StoreGrant
STORE_GRANT_RAW: StoreGrant

class Need(_message.Message):
    __slots__ = ("session_id", "subject", "lab", "projects", "alyx_url", "username", "alyx_id", "repository", "endpoint", "token_wanted", "store_wanted", "lease_id")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    LAB_FIELD_NUMBER: _ClassVar[int]
    PROJECTS_FIELD_NUMBER: _ClassVar[int]
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    ALYX_ID_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_WANTED_FIELD_NUMBER: _ClassVar[int]
    STORE_WANTED_FIELD_NUMBER: _ClassVar[int]
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    subject: str
    lab: str
    projects: _containers.RepeatedScalarFieldContainer[str]
    alyx_url: str
    username: str
    alyx_id: str
    repository: str
    endpoint: str
    token_wanted: bool
    store_wanted: bool
    lease_id: str
    def __init__(self, session_id: _Optional[str] = ..., subject: _Optional[str] = ..., lab: _Optional[str] = ..., projects: _Optional[_Iterable[str]] = ..., alyx_url: _Optional[str] = ..., username: _Optional[str] = ..., alyx_id: _Optional[str] = ..., repository: _Optional[str] = ..., endpoint: _Optional[str] = ..., token_wanted: _Optional[bool] = ..., store_wanted: _Optional[bool] = ..., lease_id: _Optional[str] = ...) -> None: ...

class SignatureRequest(_message.Message):
    __slots__ = ("id", "session_id", "lease_id", "method", "bucket", "key", "query", "headers", "content_sha256", "moment")
    class QueryEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    CONTENT_SHA256_FIELD_NUMBER: _ClassVar[int]
    MOMENT_FIELD_NUMBER: _ClassVar[int]
    id: str
    session_id: str
    lease_id: str
    method: str
    bucket: str
    key: str
    query: _containers.ScalarMap[str, str]
    headers: _containers.ScalarMap[str, str]
    content_sha256: str
    moment: str
    def __init__(self, id: _Optional[str] = ..., session_id: _Optional[str] = ..., lease_id: _Optional[str] = ..., method: _Optional[str] = ..., bucket: _Optional[str] = ..., key: _Optional[str] = ..., query: _Optional[_Mapping[str, str]] = ..., headers: _Optional[_Mapping[str, str]] = ..., content_sha256: _Optional[str] = ..., moment: _Optional[str] = ...) -> None: ...

class Signature(_message.Message):
    __slots__ = ("id", "headers", "refusal")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    id: str
    headers: _containers.ScalarMap[str, str]
    refusal: str
    def __init__(self, id: _Optional[str] = ..., headers: _Optional[_Mapping[str, str]] = ..., refusal: _Optional[str] = ...) -> None: ...

class WatchNeedsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchNeedsResponse(_message.Message):
    __slots__ = ("needs", "to_sign", "is_snapshot")
    NEEDS_FIELD_NUMBER: _ClassVar[int]
    TO_SIGN_FIELD_NUMBER: _ClassVar[int]
    IS_SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    needs: _containers.RepeatedCompositeFieldContainer[Need]
    to_sign: _containers.RepeatedCompositeFieldContainer[SignatureRequest]
    is_snapshot: bool
    def __init__(self, needs: _Optional[_Iterable[_Union[Need, _Mapping]]] = ..., to_sign: _Optional[_Iterable[_Union[SignatureRequest, _Mapping]]] = ..., is_snapshot: _Optional[bool] = ...) -> None: ...

class ListNeedsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListNeedsResponse(_message.Message):
    __slots__ = ("needs",)
    NEEDS_FIELD_NUMBER: _ClassVar[int]
    needs: _containers.RepeatedCompositeFieldContainer[Need]
    def __init__(self, needs: _Optional[_Iterable[_Union[Need, _Mapping]]] = ...) -> None: ...

class LentStore(_message.Message):
    __slots__ = ("grant", "endpoint", "bucket", "prefix", "access_key", "secret_key", "session_token", "region")
    GRANT_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    ACCESS_KEY_FIELD_NUMBER: _ClassVar[int]
    SECRET_KEY_FIELD_NUMBER: _ClassVar[int]
    SESSION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    grant: StoreGrant
    endpoint: str
    bucket: str
    prefix: str
    access_key: str
    secret_key: str
    session_token: str
    region: str
    def __init__(self, grant: _Optional[_Union[StoreGrant, str]] = ..., endpoint: _Optional[str] = ..., bucket: _Optional[str] = ..., prefix: _Optional[str] = ..., access_key: _Optional[str] = ..., secret_key: _Optional[str] = ..., session_token: _Optional[str] = ..., region: _Optional[str] = ...) -> None: ...

class LentAccount(_message.Message):
    __slots__ = ("alyx_url", "username", "token")
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    alyx_url: str
    username: str
    token: str
    def __init__(self, alyx_url: _Optional[str] = ..., username: _Optional[str] = ..., token: _Optional[str] = ...) -> None: ...

class PushCredentialsRequest(_message.Message):
    __slots__ = ("lease_id", "session_id", "seconds", "account", "store", "refusal")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    STORE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    session_id: str
    seconds: float
    account: LentAccount
    store: LentStore
    refusal: _session_pb2.Finding
    def __init__(self, lease_id: _Optional[str] = ..., session_id: _Optional[str] = ..., seconds: _Optional[float] = ..., account: _Optional[_Union[LentAccount, _Mapping]] = ..., store: _Optional[_Union[LentStore, _Mapping]] = ..., refusal: _Optional[_Union[_session_pb2.Finding, _Mapping]] = ...) -> None: ...

class PushCredentialsResponse(_message.Message):
    __slots__ = ("lease_id",)
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    def __init__(self, lease_id: _Optional[str] = ...) -> None: ...

class PushSignaturesRequest(_message.Message):
    __slots__ = ("signatures",)
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    signatures: _containers.RepeatedCompositeFieldContainer[Signature]
    def __init__(self, signatures: _Optional[_Iterable[_Union[Signature, _Mapping]]] = ...) -> None: ...

class PushSignaturesResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RevokeLeaseRequest(_message.Message):
    __slots__ = ("lease_id",)
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    def __init__(self, lease_id: _Optional[str] = ...) -> None: ...

class RevokeLeaseResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ForwardCredentialsRequest(_message.Message):
    __slots__ = ("rig", "seconds", "alyx_url", "username")
    RIG_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    rig: str
    seconds: float
    alyx_url: str
    username: str
    def __init__(self, rig: _Optional[str] = ..., seconds: _Optional[float] = ..., alyx_url: _Optional[str] = ..., username: _Optional[str] = ...) -> None: ...

class ForwardCredentialsResponse(_message.Message):
    __slots__ = ("rig", "lease_id", "expires_at", "warnings")
    RIG_FIELD_NUMBER: _ClassVar[int]
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    rig: str
    lease_id: str
    expires_at: str
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rig: _Optional[str] = ..., lease_id: _Optional[str] = ..., expires_at: _Optional[str] = ..., warnings: _Optional[_Iterable[str]] = ...) -> None: ...

class Lease(_message.Message):
    __slots__ = ("id", "peer", "session_id", "alyx_url", "username", "has_token", "grant", "endpoint", "bucket", "prefix", "expires_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    ALYX_URL_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    HAS_TOKEN_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    peer: str
    session_id: str
    alyx_url: str
    username: str
    has_token: bool
    grant: StoreGrant
    endpoint: str
    bucket: str
    prefix: str
    expires_at: str
    def __init__(self, id: _Optional[str] = ..., peer: _Optional[str] = ..., session_id: _Optional[str] = ..., alyx_url: _Optional[str] = ..., username: _Optional[str] = ..., has_token: _Optional[bool] = ..., grant: _Optional[_Union[StoreGrant, str]] = ..., endpoint: _Optional[str] = ..., bucket: _Optional[str] = ..., prefix: _Optional[str] = ..., expires_at: _Optional[str] = ...) -> None: ...

class ListLeasesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListLeasesResponse(_message.Message):
    __slots__ = ("leases",)
    LEASES_FIELD_NUMBER: _ClassVar[int]
    leases: _containers.RepeatedCompositeFieldContainer[Lease]
    def __init__(self, leases: _Optional[_Iterable[_Union[Lease, _Mapping]]] = ...) -> None: ...
