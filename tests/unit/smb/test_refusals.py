"""From SMB's statuses to the errors of the bridge."""

from __future__ import annotations

import pytest
from smbprotocol.exceptions import (
    AccessDenied,
    SharingViolation,
    SMBAuthenticationError,
    SMBConnectionClosed,
    SMBException,
)

from cagelab_bridge.errors import (
    AnswerLost,
    BridgeError,
    Denied,
    NotYet,
    RecordMissing,
    Refused,
    ServerFailed,
    Unreachable,
)
from cagelab_bridge.smb.refusals import by_status, reached, told

ENDPOINT = "smb://nas.lab"


@pytest.mark.parametrize(
    ("status", "kind", "about"),
    [
        (0xC000006D, Denied, "denied"),
        (0xC0000234, Denied, "denied"),
        (0xC0000022, Denied, "denied"),
        (0xC00000CC, Refused, "bucket"),
        (0xC000007F, Refused, "full"),
        (0xC0000044, Refused, "full"),
        (0xC0000033, Refused, "name"),
        (0xC00000BA, Refused, "name"),
        (0xC0000034, RecordMissing, "record"),
        (0xC000003A, RecordMissing, "record"),
        (0xC0000043, NotYet, "notYet"),
        (0xC0000203, AnswerLost, "answerLost"),
        (0xC000035C, AnswerLost, "answerLost"),
        (0xC000009A, ServerFailed, "serverFailed"),
        (0xC0000001, ServerFailed, "serverFailed"),
    ],
)
def test_each_status_is_an_error_that_says_what_to_do(status: int, kind: type[BridgeError], about: str) -> None:
    """What a person must mend is not tried again for ever; what passes is."""
    error = by_status(status, "storing cogdata/x", ENDPOINT)
    assert (type(error), error.about) == (kind, about)
    assert error.hint
    assert error.retryable == (kind in (NotYet, AnswerLost, ServerFailed))


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (AccessDenied(), Denied),
        (SharingViolation(), NotYet),
        (SMBAuthenticationError("Failed to authenticate"), Denied),
        (SMBConnectionClosed("gone"), AnswerLost),
        (SMBException("SMB encryption is required but the connection does not support it"), Refused),
        (SMBException("required but session was authenticated as a guest"), Denied),
        (SMBException("Server message signature could not be verified"), AnswerLost),
        (TimeoutError(), AnswerLost),
        (BlockingIOError(), AnswerLost),
    ],
)
def test_the_librarys_mistakes_are_the_bridges_errors(problem: Exception, kind: type[BridgeError]) -> None:
    """No other ever leaves the folder."""
    with pytest.raises(kind), told("storing cogdata/x", ENDPOINT):
        raise problem


@pytest.mark.parametrize("problem", [ValueError("Failed to connect"), SMBConnectionClosed("gone"), OSError()])
def test_until_a_connection_stands_nobody_was_reached(problem: Exception) -> None:
    """Nothing was executed: there is no doubt to settle."""
    with pytest.raises(Unreachable), reached(ENDPOINT):
        raise problem
