from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2 as _lending_pb2
from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CredentialKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CREDENTIAL_KIND_UNSPECIFIED: _ClassVar[CredentialKind]
    CREDENTIAL_KIND_STORE: _ClassVar[CredentialKind]
    CREDENTIAL_KIND_ALYX: _ClassVar[CredentialKind]

class Keep(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KEEP_UNSPECIFIED: _ClassVar[Keep]
    KEEP_MEMORY: _ClassVar[Keep]
    KEEP_KEYRING: _ClassVar[Keep]
CREDENTIAL_KIND_UNSPECIFIED: CredentialKind
CREDENTIAL_KIND_STORE: CredentialKind
CREDENTIAL_KIND_ALYX: CredentialKind
KEEP_UNSPECIFIED: Keep
KEEP_MEMORY: Keep
KEEP_KEYRING: Keep

class CredentialInfo(_message.Message):
    __slots__ = ("kind", "endpoint", "identity", "source")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    kind: CredentialKind
    endpoint: str
    identity: str
    source: str
    def __init__(self, kind: _Optional[_Union[CredentialKind, str]] = ..., endpoint: _Optional[str] = ..., identity: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...

class PutCredentialsRequest(_message.Message):
    __slots__ = ("kind", "endpoint", "identity", "secret", "keep")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    kind: CredentialKind
    endpoint: str
    identity: str
    secret: str
    keep: Keep
    def __init__(self, kind: _Optional[_Union[CredentialKind, str]] = ..., endpoint: _Optional[str] = ..., identity: _Optional[str] = ..., secret: _Optional[str] = ..., keep: _Optional[_Union[Keep, str]] = ...) -> None: ...

class PutCredentialsResponse(_message.Message):
    __slots__ = ("credential",)
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    credential: CredentialInfo
    def __init__(self, credential: _Optional[_Union[CredentialInfo, _Mapping]] = ...) -> None: ...

class ListCredentialsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListCredentialsResponse(_message.Message):
    __slots__ = ("credentials", "keyring")
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    KEYRING_FIELD_NUMBER: _ClassVar[int]
    credentials: _containers.RepeatedCompositeFieldContainer[CredentialInfo]
    keyring: _status_pb2.KeyringStatus
    def __init__(self, credentials: _Optional[_Iterable[_Union[CredentialInfo, _Mapping]]] = ..., keyring: _Optional[_Union[_status_pb2.KeyringStatus, _Mapping]] = ...) -> None: ...

class RemoveCredentialsRequest(_message.Message):
    __slots__ = ("kind", "endpoint", "identity")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    kind: CredentialKind
    endpoint: str
    identity: str
    def __init__(self, kind: _Optional[_Union[CredentialKind, str]] = ..., endpoint: _Optional[str] = ..., identity: _Optional[str] = ...) -> None: ...

class RemoveCredentialsResponse(_message.Message):
    __slots__ = ("removed",)
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    removed: bool
    def __init__(self, removed: _Optional[bool] = ...) -> None: ...
