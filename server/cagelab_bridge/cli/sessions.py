"""`sessions`: lists the sessions this bridge knows."""

from __future__ import annotations

from pathlib import Path

import click

from cagelab_bridge.cli.options import Day, bridge_options, rig_option

EPILOG = """\b
Examples:
  cagelab-bridge sessions
  cagelab-bridge sessions --unfinished
  cagelab-bridge sessions --subject TestSubject --first 2026-01-01 --last 2026-01-31 --json
  cagelab-bridge sessions --rig pacman-002
  cagelab-bridge sessions 7c1e2f"""


@click.command("sessions", epilog=EPILOG)
@click.argument("session", required=False)
@click.option("--subject", default="", metavar="NAME", help="Only this subject's.")
@click.option("--first", type=Day(), default="", help="First day.")
@click.option("--last", type=Day(), default="", help="Last day.")
@click.option("--unfinished", is_flag=True, help="Only sessions that are not complete.")
@click.option("--limit", type=click.IntRange(min=0), default=0, help="At most so many; 0: 100.")
@rig_option
@bridge_options
def command(
    *,
    session: str | None,
    subject: str,
    first: str,
    last: str,
    unfinished: bool,
    limit: int,
    rig: str,
    as_json: bool,
    runtime: Path | None,
) -> None:
    """List the sessions this bridge knows, newest first; or show the one SESSION, by the start of its id."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import print_json, say, table
    from cagelab_bridge.cli.states import SESSION_TITLES, session_row, with_rig

    if session:
        _one(session, rig, runtime, as_json=as_json)
        return
    request = session_pb2.ListSessionsRequest(
        subject=subject, first_date=first, last_date=last, only_unfinished=unfinished, limit=limit, rig=rig
    )
    with connect(runtime) as client:
        answer = client.call(client.bridge.ListSessions, request)
    if as_json:
        print_json(answer)
    elif answer.sessions:
        table(*with_rig(rig, SESSION_TITLES, answer.sessions, session_row))
    else:
        say("No sessions.")


def _one(session: str, rig: str, runtime: Path | None, *, as_json: bool) -> None:
    from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import session_id
    from cagelab_bridge.cli.output import facts, print_json
    from cagelab_bridge.cli.states import session_facts

    with connect(runtime) as client:
        request = session_pb2.GetSessionRequest(session_id=session_id(client, session, rig), rig=rig)
        found = client.call(client.bridge.GetSession, request).session
    if as_json:
        print_json(found)
    else:
        facts([*session_facts(found), *(("Upload", upload) for upload in found.transfer_ids)])
