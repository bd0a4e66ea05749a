"""`amend`: corrects subject, projects or experimenters of a session."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import click

from cagelab_bridge.cli.options import bridge_options, request_option

EPILOG = """\b
Examples:
  cagelab-bridge amend 7c1e2f --subject TestSubject --reason "wrong animal chosen"
  cagelab-bridge amend 7c1e2f --project demo --project pilot
  cagelab-bridge amend 7c1e2f --experimenter anna

Works before and after Alyx has the session; one that is blocked goes on. What is named replaces what was there; what is
not named stays. The record keeps the old names, and amending back is the undo. Folder, date, number and names of files
stay as they are; files that Alyx has already keep their path in the store."""


@click.command("amend", epilog=EPILOG)
@click.argument("session")
@click.option("--subject", default="", metavar="NAME", help="The right subject.")
@click.option("--project", "projects", multiple=True, metavar="NAME", help="Project; can be given again.")
@click.option("--experimenter", "experimenters", multiple=True, metavar="USER", help="Alyx user; can be given again.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
@request_option
@bridge_options
def command(
    *,
    session: str,
    subject: str,
    projects: tuple[str, ...],
    experimenters: tuple[str, ...],
    reason: str,
    request_id: str,
    as_json: bool,
    runtime: Path | None,
) -> None:
    """Correct subject, projects or experimenters of the session SESSION."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import session_id
    from cagelab_bridge.cli.output import facts, print_json
    from cagelab_bridge.cli.states import session_facts

    if not (subject or projects or experimenters):
        raise click.UsageError("Say what to correct: --subject, --project or --experimenter.")
    with connect(runtime) as client:
        request = session_pb2.AmendSessionRequest(
            request_id=request_id or str(uuid4()),
            session_id=session_id(client, session),
            subject=subject,
            projects=projects,
            experimenters=experimenters,
            reason=reason,
        )
        found = client.call(client.bridge.AmendSession, request).session
    if as_json:
        print_json(found)
    else:
        facts(session_facts(found))
