"""Messages of peers are looked at before they are read: two bytes must not become a kilobyte, millions of times."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError

from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2, session_pb2
from cagelab_bridge.peers.modesty import MOST_FIELDS, demand_modest

SESSIONS = session_pb2.ListSessionsResponse


def test_what_a_rig_really_says_passes() -> None:
    """The longest list that is asked for, each session with all it usually holds."""
    session = session_pb2.Session(
        session_id="s" * 36, subject="TestSubject", projects=["demo"] * 5, warnings=["w" * 200] * 5, n_trials=10**9
    )
    found = session_pb2.ListSessionsResponse(sessions=[session] * 500)
    demand_modest(found.SerializeToString(), SESSIONS)
    news = lending_pb2.WatchNeedsResponse(needs=[lending_pb2.Need(session_id="s", token_wanted=True)] * 1000)
    demand_modest(news.SerializeToString(), lending_pb2.WatchNeedsResponse)


@pytest.mark.parametrize("depth", [0, 1], ids=["at the top", "within a message"])
def test_a_message_of_messages_without_end_is_refused(depth: int) -> None:
    """Empty sessions, and empty texts in one session: each is two or three bytes on the wire."""
    if depth:
        data = session_pb2.ListSessionsResponse(
            sessions=[session_pb2.Session(warnings=[""] * (MOST_FIELDS + 1))]
        ).SerializeToString()
    else:
        data = session_pb2.ListSessionsResponse(
            sessions=[session_pb2.Session()] * (MOST_FIELDS + 1)
        ).SerializeToString()
    assert len(data) < 4 * MOST_FIELDS
    with pytest.raises(DecodeError):
        demand_modest(data, SESSIONS)


@pytest.mark.parametrize("data", [b"\x80" * 20, b"\x0a", b"\x0b\x0c", b"\x0a\x85"], ids=ascii)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    """Numbers that do not end, a length that is missing, groups."""
    with pytest.raises(DecodeError):
        demand_modest(data, SESSIONS)
