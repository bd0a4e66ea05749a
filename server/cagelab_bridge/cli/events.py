"""`events`: lists what receivers were told, tells them again, or tries one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.options import bridge_options

if TYPE_CHECKING:
    from cagelab_bridge._gen.cagelab.bridge.v1 import events_pb2

EPILOG = """\b
Examples:
  cagelab-bridge events list --unfinished
  cagelab-bridge events test analysis
  cagelab-bridge events resend 3f9a01
  cagelab-bridge events resend 3f9a01 --receiver analysis

Who is told of which sessions stands in the [[event]] tables of bridge.toml. An event keeps its id however often it is
told: a receiver that has seen the id has nothing to do."""
TITLES = ("Event", "What", "When", "Session", "Receiver", "State", ">Tried", "Reason")
PATIENCE = 120.0  # seconds for `test`; the bridge waits no longer for any call


@click.group("events", epilog=EPILOG)
def command() -> None:
    """List what receivers were told of sessions, tell them again, or try one."""


@command.command("list")
@click.option("--session", default="", metavar="ID", help="Only those of this session.")
@click.option("--receiver", default="", metavar="NAME", help="Only those for this receiver.")
@click.option("--unfinished", is_flag=True, help="Only what is not delivered.")
@click.option("--limit", type=click.IntRange(min=0), default=0, help="At most so many; 0: 100.")
@bridge_options
def list_them(
    *, session: str, receiver: str, unfinished: bool, limit: int, as_json: bool, runtime: Path | None
) -> None:
    """List events and how far each receiver is, newest first."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import events_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import session_id
    from cagelab_bridge.cli.output import print_json, say, table

    with connect(runtime) as client:
        request = events_pb2.ListEventsRequest(
            session_id=session_id(client, session) if session else "",
            receiver=receiver,
            only_unfinished=unfinished,
            limit=limit,
        )
        answer = client.call(client.events.ListEvents, request)
    if as_json:
        print_json(answer)
    elif answer.deliveries:
        table(TITLES, map(row, answer.deliveries))
    else:
        named = f"Receivers: {', '.join(answer.receivers)}." if answer.receivers else "bridge.toml names no receivers."
        say(f"No events. {named}")


@command.command("resend")
@click.argument("event")
@click.option("--receiver", default="", metavar="NAME", help="Only to this one; it may be a new one.")
@bridge_options
def resend(*, event: str, receiver: str, as_json: bool, runtime: Path | None) -> None:
    """Tell the receivers of EVENT once more, with the same id."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import events_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import event_id
    from cagelab_bridge.cli.output import print_json, say

    with connect(runtime) as client:
        request = events_pb2.ResendEventRequest(event_id=event_id(client, event), receiver=receiver)
        answer = client.call(client.events.ResendEvent, request)
    if as_json:
        print_json(answer)
    else:
        say(f"Told again: {', '.join(answer.receivers)}. `cagelab-bridge events list` shows how far they are.")


@command.command("test")
@click.argument("receiver")
@bridge_options
def test(*, receiver: str, as_json: bool, runtime: Path | None) -> None:
    """Tell RECEIVER of an event of type cagelab.bridge.test, now and once."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import events_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import print_json, say

    with connect(runtime) as client:
        answer = client.call(client.events.TestEvent, events_pb2.TestEventRequest(receiver=receiver), PATIENCE)
    if as_json:
        print_json(answer)
    else:
        say(f"{receiver} took the event {answer.event_id}.")


def row(one: events_pb2.EventDelivery) -> tuple[object, ...]:
    """One event and receiver below TITLES."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import events_pb2
    from cagelab_bridge.cli.ids import short
    from cagelab_bridge.cli.output import moment

    kind = events_pb2.EventKind.Name(one.kind).removeprefix("EVENT_KIND_").lower()
    state = events_pb2.EventState.Name(one.state).removeprefix("EVENT_STATE_")
    reason = one.reason if one.in_settings else "The settings name no such receiver any more."
    when = moment(one.occurred_at)
    return (short(one.event_id), kind, when, short(one.session_id), one.receiver, state, one.attempts, reason)
