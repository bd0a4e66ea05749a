"""Errors outside the bridge: one table, and nothing lost on the way."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from google.rpc import status_pb2

from cagelab_bridge import errors
from cagelab_bridge._gen.cagelab.bridge.v1 import error_pb2, session_pb2
from cagelab_bridge.api.status import (
    DETAILS_KEY,
    STATUS,
    camel,
    connect_error,
    from_rpc_error,
    matlab_identifier,
    rich_status,
)
from cagelab_bridge.errors import BridgeError, Code, Finding, Gravity, NotFound, UnknownNames

EXPECTED = {
    Code.INTERNAL: ("INTERNAL", 500, 1, "clbridge:internal"),
    Code.INVALID_ARGUMENT: ("INVALID_ARGUMENT", 400, 3, "clbridge:invalidArgument"),
    Code.NOT_FOUND: ("NOT_FOUND", 404, 4, "clbridge:notFound"),
    Code.ALREADY_EXISTS: ("ALREADY_EXISTS", 409, 5, "clbridge:alreadyExists"),
    Code.FAILED_PRECONDITION: ("FAILED_PRECONDITION", 400, 6, "clbridge:failedPrecondition"),
    Code.UNAUTHENTICATED: ("UNAUTHENTICATED", 401, 7, "clbridge:unauthenticated"),
    Code.PERMISSION_DENIED: ("PERMISSION_DENIED", 403, 8, "clbridge:permissionDenied"),
    Code.DEADLINE_EXCEEDED: ("DEADLINE_EXCEEDED", 504, 9, "clbridge:deadlineExceeded"),
    Code.RESOURCE_EXHAUSTED: ("RESOURCE_EXHAUSTED", 429, 10, "clbridge:resourceExhausted"),
    Code.UNAVAILABLE: ("UNAVAILABLE", 503, 11, "clbridge:unavailable"),
    Code.UNIMPLEMENTED: ("UNIMPLEMENTED", 501, 12, "clbridge:unimplemented"),
    Code.CANCELED: ("CANCELLED", 499, 13, "clbridge:canceled"),
}
FINDING = Finding(
    gravity=Gravity.ERROR, field="subject", message="No “Moue”.", value="Moue", hint="Look.", suggestions=("Mouse",)
)


class Broken(grpc.RpcError):
    """What grpc raises at a client, with the given trailing metadata."""

    def __init__(self, code: grpc.StatusCode, details: str, metadata: tuple[tuple[str, bytes], ...]) -> None:
        super().__init__()
        self._said = (code, details, metadata)

    def code(self) -> grpc.StatusCode:
        return self._said[0]

    def details(self) -> str:
        return self._said[1]

    def trailing_metadata(self) -> Any:
        return self._said[2]


def every_error() -> Iterator[type[BridgeError]]:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, BridgeError):
            yield kind


@pytest.mark.parametrize("code", Code)
def test_every_code_has_its_status_in_every_language(code: Code) -> None:
    """A code means the same in gRPC, HTTP (Connect's mapping), on the command line and in MATLAB."""
    row = STATUS[code]
    assert (row.grpc.name, row.http, row.exit, matlab_identifier(camel(code))) == EXPECTED[code]


def test_exit_codes_are_distinct_and_leave_success_and_usage_alone() -> None:
    """A script can tell every code apart; 0 is success and 2 is click's wrong usage."""
    codes = [row.exit for row in STATUS.values()]
    assert len(set(codes)) == len(codes)
    assert not {0, 2} & set(codes)


def test_the_matlab_identifier_says_what_it_is_about() -> None:
    """MATLAB programs can catch "clbridge:notFound:subject"."""
    assert matlab_identifier(NotFound(about="subject").reason) == "clbridge:notFound:subject"


@pytest.mark.parametrize("kind", list(every_error()), ids=lambda kind: kind.__name__)
def test_a_grpc_client_reads_what_the_bridge_raised(kind: type[BridgeError]) -> None:
    """Code, sentence, reason, hint, retryable and findings survive the wire, for every class of the tree."""
    error = kind.__new__(kind)
    BridgeError.__init__(error, "A sentence … about “Größe”.")  # some classes want more arguments, which do not travel
    error.findings = (FINDING,)
    received = from_rpc_error(Broken(STATUS[error.code].grpc, error.message, ((DETAILS_KEY, rich_status(error)),)))
    assert (received.code, received.message) == (error.code, "A sentence … about “Größe”.")
    assert (received.reason, received.hint) == (error.reason, error.hint)
    assert received.retryable == error.retryable
    assert received.findings == (FINDING,)
    assert received.exit_code == STATUS[error.code].exit


def test_text_that_utf8_cannot_say_does_not_break_the_error() -> None:
    """A file name that is not UTF-8 arrives as half a surrogate pair; the error about it must still arrive."""
    error = NotFound("No file a\udcff.", hint="Rename a\udcff.", findings=[FINDING, replace(FINDING, value="\ud800")])
    received = from_rpc_error(Broken(STATUS[error.code].grpc, "", ((DETAILS_KEY, rich_status(error)),)))
    assert received.hint == "Rename a\\udcff."
    assert received.findings[1].value == "\\ud800"
    assert connect_error(error)["message"] == "No file a\\udcff."


def test_the_rich_status_is_googles() -> None:
    """Clients in other languages decode it with their own google.rpc.Status."""
    status = status_pb2.Status.FromString(rich_status(NotFound("Gone.")))
    assert (status.code, status.message) == (5, "Gone.")
    assert [detail.type_url for detail in status.details] == ["type.googleapis.com/cagelab.bridge.v1.ErrorDetail"]


def test_the_connect_error_carries_the_detail_twice() -> None:
    """`value` is the protobuf message in unpadded base64, `debug` the same, readable, with every field."""
    written = connect_error(UnknownNames("Unknown names.", findings=[FINDING]))
    (detail,) = written["details"]
    value = base64.b64decode(detail["value"] + "=" * (-len(detail["value"]) % 4))
    assert (written["code"], written["message"]) == ("invalid_argument", "Unknown names.")
    assert detail["type"] == "cagelab.bridge.v1.ErrorDetail"
    assert error_pb2.ErrorDetail.FromString(value).findings[0].severity == session_pb2.SEVERITY_ERROR
    assert detail["debug"] == {
        "reason": "invalidArgument:names",
        "hint": UnknownNames.hint,
        "retryable": False,
        "findings": [
            {
                "severity": "SEVERITY_ERROR",
                "field": "subject",
                "value": "Moue",
                "message": "No “Moue”.",
                "hint": "Look.",
                "suggestions": ["Mouse"],
            }
        ],
    }


def test_an_absent_bridge_is_told_from_a_failing_one() -> None:
    """UNAVAILABLE without our detail means that nothing listens: the hint says how to start it."""
    received = from_rpc_error(Broken(grpc.StatusCode.UNAVAILABLE, "failed to connect", ()))
    assert (received.code, received.retryable) == (Code.UNAVAILABLE, True)
    assert "cagelab-bridge serve" in received.hint


@pytest.mark.parametrize("metadata", [((DETAILS_KEY, b"\xff\xff"),), (("other", b""),), ((DETAILS_KEY, b""),)])
def test_a_foreign_status_still_becomes_a_failure(metadata: tuple[tuple[str, bytes], ...]) -> None:
    """A code that is not ours and details that are garbage become an internal error with a hint, not an exception."""
    received = from_rpc_error(Broken(grpc.StatusCode.DATA_LOSS, "odd", metadata))
    assert (received.code, received.reason, received.message) == (Code.INTERNAL, "internal", "odd")
    assert received.hint


def test_an_error_without_a_call_becomes_a_failure() -> None:
    """grpc.RpcError itself promises no code()."""
    assert from_rpc_error(grpc.RpcError()).code is Code.INTERNAL
