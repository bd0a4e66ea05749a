"""`start`: starts a session."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from cagelab_bridge.cli.options import account_options, bridge_options, naive_time, request_option
from cagelab_bridge.cli.spec import spec_of, spec_options

EPILOG = """\b
Examples:
  cagelab-bridge start --subject TestSubject --project demo --experimenter anna --experimenter ben
  cagelab-bridge start --reservation 7c1e2f --protocol MatchToSample
  cagelab-bridge start --folder ~/OptickaFiles/SavedData/CogLab/Subjects/TestSubject/2026-01-31/001
  cagelab-bridge start --folder ~/old/TestSubject/2026-01-31/002 --began 2026-01-31T09:30:00
  echo '{"reward_ml": 0.2}' | cagelab-bridge start --subject TestSubject --facts -

The session is remembered first. If Alyx is away it is PENDING: the experiment may go on, the bridge goes on trying."""


@click.command("start", epilog=EPILOG)
@spec_options
@click.option("--reservation", default="", metavar="ID", help="A reservation made by `reserve`; its start is enough.")
@click.option("--folder", default="", metavar="DIR", help="An existing session folder …/<subject>/<YYYY-MM-DD>/<NNN>.")
@click.option("--began", default="", callback=naive_time, metavar="TIME", help="When it began; default: now.")
@click.option("--alyx-id", default="", metavar="ID", help="Complete this session, which another program made in Alyx.")
@click.option(
    "--pid",
    type=click.IntRange(min=1),
    default=None,
    help="Process that runs it: when it dies, the bridge ends the session.",
)
@account_options
@request_option
@bridge_options
def command(*, as_json: bool, runtime: Path | None, **options: Any) -> None:
    """Start a session. Without --reservation and --folder, the bridge takes the next free number of today."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import session_id
    from cagelab_bridge.cli.output import facts, print_json
    from cagelab_bridge.cli.states import session_facts

    if not (options["subject"] or options["reservation"] or options["folder"]):
        raise click.UsageError("Say which session: --subject, --reservation or --folder.")
    with connect(runtime) as client:
        reservation = session_id(client, options["reservation"]) if options["reservation"] else ""
        request = session_pb2.StartSessionRequest(
            request_id=options["request_id"] or str(uuid4()),
            spec=session_pb2.SessionSpec(**spec_of(options)),
            session_id=reservation,
            folder=str(Path(options["folder"]).expanduser().absolute()) if options["folder"] else "",
            account=options["account"],
            alyx_url=options["alyx_url"],
            client_pid=options["pid"] or 0,
            start_time=options["began"],
            alyx_id=options["alyx_id"],
        )
        session = client.call(client.bridge.StartSession, request).session
    if as_json:
        print_json(session)
    else:
        facts(session_facts(session))
