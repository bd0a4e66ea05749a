"""What `events` asks and shows."""

from __future__ import annotations

from cagelab_bridge._gen.cagelab.bridge.v1 import events_pb2
from cagelab_bridge.errors import Unreachable
from tests.unit.cli.conftest import FakeBridge, Run

EVENT = "3f9a0100-0000-4000-8000-000000000001"
FAILING = events_pb2.EventDelivery(
    event_id=EVENT,
    session_id="7c1e2f00-0000-4000-8000-000000000001",
    kind=events_pb2.EVENT_KIND_PARTIAL,
    occurred_at="2026-01-31T10:00:00Z",
    receiver="analysis",
    state=events_pb2.EVENT_STATE_PENDING,
    attempts=3,
    reason="analysis answered 500.",
    in_settings=True,
)


def test_the_list_says_who_was_not_told_and_why(bridge: FakeBridge, run: Run) -> None:
    """One line for each event and receiver; one that the settings forgot is told nothing, and that is said."""
    gone = events_pb2.EventDelivery()
    gone.CopyFrom(FAILING)
    gone.receiver, gone.in_settings = "old", False
    bridge.answers["ListEvents"] = [events_pb2.ListEventsResponse(deliveries=[FAILING, gone])]
    shown = run("events", "list", "--unfinished", "--receiver", "analysis").stdout.splitlines()
    assert "3f9a0100 partial" in " ".join(shown[1].split())
    assert " ".join(shown[1].split()).endswith("7c1e2f00 analysis PENDING 3 analysis answered 500.")
    assert shown[2].endswith("The settings name no such receiver any more.")
    assert (bridge.requests[0].only_unfinished, bridge.requests[0].receiver) == (True, "analysis")


def test_no_events_say_who_would_be_told(bridge: FakeBridge, run: Run) -> None:
    """Or that nobody would."""
    bridge.answers["ListEvents"] = [
        events_pb2.ListEventsResponse(receivers=["analysis"]),
        events_pb2.ListEventsResponse(),
    ]
    assert run("events", "list").stdout == "No events. Receivers: analysis.\n"
    assert run("events", "list").stdout == "No events. bridge.toml names no receivers.\n"


def test_an_event_is_told_again_by_the_start_of_its_id(bridge: FakeBridge, run: Run) -> None:
    """To all it was for, or to one."""
    bridge.answers["ListEvents"] = [events_pb2.ListEventsResponse(deliveries=[FAILING])]
    bridge.answers["ResendEvent"] = [events_pb2.ResendEventResponse(receivers=["analysis"])]
    assert "Told again: analysis." in run("events", "resend", "3f9a01", "--receiver", "analysis").stdout
    assert (bridge.requests[-1].event_id, bridge.requests[-1].receiver) == (EVENT, "analysis")


def test_a_test_that_fails_has_the_exit_code_of_its_mistake(bridge: FakeBridge, run: Run) -> None:
    """11: away."""
    bridge.answers["TestEvent"] = [Unreachable("analysis cannot be reached.")]
    told = run("events", "test", "analysis")
    assert told.exit_code == 11
    assert "analysis cannot be reached." in told.stderr
