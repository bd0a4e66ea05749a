"""How an error looks outside: one table from `errors.Code` to gRPC, HTTP, exit code and MATLAB; errors on the wire.

HTTP statuses are those of the Connect protocol (connectrpc.com/docs/protocol, "Error Codes"). Exit code 0 is success
and 2 is wrong usage, as everywhere; the others are ours and never change their meaning.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import grpc
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from google.rpc import status_pb2

from cagelab_bridge._gen.cagelab.bridge.v1 import error_pb2, session_pb2
from cagelab_bridge.errors import BridgeError, Code, Finding, Gravity

DETAILS_KEY = "grpc-status-details-bin"  # trailing metadata that carries google.rpc.Status, by gRPC's convention
_TYPE = error_pb2.ErrorDetail.DESCRIPTOR.full_name
_ABSENT_BRIDGE = "Start the bridge of this account: `cagelab-bridge serve`."


@dataclass(frozen=True)
class Row:
    """One code in every language: gRPC status, HTTP status, exit code of the command line."""

    grpc: grpc.StatusCode
    http: int
    exit: int


STATUS: Mapping[Code, Row] = MappingProxyType(
    {
        Code.INTERNAL: Row(grpc.StatusCode.INTERNAL, 500, 1),
        Code.INVALID_ARGUMENT: Row(grpc.StatusCode.INVALID_ARGUMENT, 400, 3),
        Code.NOT_FOUND: Row(grpc.StatusCode.NOT_FOUND, 404, 4),
        Code.ALREADY_EXISTS: Row(grpc.StatusCode.ALREADY_EXISTS, 409, 5),
        Code.FAILED_PRECONDITION: Row(grpc.StatusCode.FAILED_PRECONDITION, 400, 6),
        Code.UNAUTHENTICATED: Row(grpc.StatusCode.UNAUTHENTICATED, 401, 7),
        Code.PERMISSION_DENIED: Row(grpc.StatusCode.PERMISSION_DENIED, 403, 8),
        Code.DEADLINE_EXCEEDED: Row(grpc.StatusCode.DEADLINE_EXCEEDED, 504, 9),
        Code.RESOURCE_EXHAUSTED: Row(grpc.StatusCode.RESOURCE_EXHAUSTED, 429, 10),
        Code.UNAVAILABLE: Row(grpc.StatusCode.UNAVAILABLE, 503, 11),
        Code.UNIMPLEMENTED: Row(grpc.StatusCode.UNIMPLEMENTED, 501, 12),
        Code.CANCELED: Row(grpc.StatusCode.CANCELLED, 499, 13),
    }
)
_FROM_GRPC = {row.grpc: code for code, row in STATUS.items()}
_SEVERITY = {
    Gravity.INFO: session_pb2.SEVERITY_INFO,
    Gravity.WARNING: session_pb2.SEVERITY_WARNING,
    Gravity.ERROR: session_pb2.SEVERITY_ERROR,
}
_GRAVITY = {severity: gravity for gravity, severity in _SEVERITY.items()}


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An error as a client received it."""

    code: Code
    message: str
    reason: str
    hint: str
    retryable: bool
    findings: tuple[Finding, ...] = ()

    @property
    def exit_code(self) -> int:
        """What the command line exits with."""
        return STATUS[self.code].exit


def camel(code: Code) -> str:
    """The code as it begins every reason: "notFound"."""
    first, *rest = code.value.split("_")
    return first + "".join(part.capitalize() for part in rest)


def matlab_identifier(reason: str) -> str:
    """The identifier of the MATLAB exception: "clbridge:notFound:subject" for the reason "notFound:subject"."""
    return f"clbridge:{reason}"


def plain(text: str) -> str:
    """The text with what UTF-8 cannot say (half a surrogate pair, from an odd file name or JSON) written as escapes."""
    return text.encode(errors="backslashreplace").decode()


def error_detail(error: BridgeError) -> error_pb2.ErrorDetail:
    """What travels with an error besides its code and sentence."""
    findings = [
        session_pb2.Finding(
            severity=_SEVERITY[found.gravity],
            field=plain(found.field),
            value=plain(found.value),
            message=plain(found.message),
            hint=plain(found.hint),
            suggestions=[plain(name) for name in found.suggestions],
        )
        for found in error.findings
    ]
    return error_pb2.ErrorDetail(
        reason=error.reason, hint=plain(error.hint), retryable=error.retryable, findings=findings
    )


def connect_error(error: BridgeError) -> dict[str, Any]:
    """The error as the Connect protocol writes it in JSON; `debug` is the readable twin of `value`."""
    detail = error_detail(error)
    value = base64.b64encode(detail.SerializeToString()).decode("ascii").rstrip("=")
    debug = json_format.MessageToDict(
        detail, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    details = [{"type": _TYPE, "value": value, "debug": debug}]
    return {"code": error.code.value, "message": plain(error.message), "details": details}


def rich_status(error: BridgeError) -> bytes:
    """The error as a serialized google.rpc.Status, for the trailing metadata `grpc-status-details-bin`."""
    status = status_pb2.Status(code=STATUS[error.code].grpc.value[0], message=plain(error.message))
    status.details.add().Pack(error_detail(error))
    return bytes(status.SerializeToString())


def from_rpc_error(error: grpc.RpcError) -> Failure:
    """The error as a client shows it; also one that gRPC itself made (no bridge, time ran out), which has no detail."""
    code = _FROM_GRPC.get(_call(error, "code"), Code.INTERNAL)
    message = str(_call(error, "details") or "")
    detail = _detail(_call(error, "trailing_metadata") or ())
    if detail is None:
        return _without_detail(code, message)
    return Failure(
        code=code,
        message=message,
        reason=detail.reason,
        hint=detail.hint,
        retryable=detail.retryable,
        findings=tuple(_finding(found) for found in detail.findings),
    )


def _call(error: grpc.RpcError, name: str) -> Any:
    """A call's `code()`, `details()` … where the error has them: the base class promises none."""
    method = getattr(error, name, None)
    return method() if method is not None else None


def _detail(metadata: Any) -> error_pb2.ErrorDetail | None:
    """Our detail out of the trailing metadata; None where there is none (or somebody else's)."""
    for key, value in metadata:
        if key != DETAILS_KEY:
            continue
        detail = error_pb2.ErrorDetail()
        try:
            for packed in status_pb2.Status.FromString(value).details:
                if packed.Unpack(detail):
                    return detail
        except DecodeError:
            return None
    return None


def _without_detail(code: Code, message: str) -> Failure:
    absent = code is Code.UNAVAILABLE
    hint = _ABSENT_BRIDGE if absent else BridgeError.hint
    retryable = absent or code is Code.DEADLINE_EXCEEDED
    return Failure(code=code, message=message, reason=camel(code), hint=hint, retryable=retryable)


def _finding(found: session_pb2.Finding) -> Finding:
    return Finding(
        gravity=_GRAVITY.get(found.severity, Gravity.INFO),
        field=found.field,
        value=found.value,
        message=found.message,
        hint=found.hint,
        suggestions=tuple(found.suggestions),
    )
