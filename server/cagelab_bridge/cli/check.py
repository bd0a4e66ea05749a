"""`check`: finds what is wrong with a session before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cagelab_bridge.cli.options import account_options, bridge_options
from cagelab_bridge.cli.spec import spec_of, spec_options

if TYPE_CHECKING:
    from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2

SECONDS = 60.0

EPILOG = """\b
Examples:
  cagelab-bridge check --subject TestSubject --project demo
  cagelab-bridge check --subject TestSubject --file opticka.raw.2026-01-31-10-00-00_001_TestSubject.mat
  cagelab-bridge check --subject TestSubject --data-url http://172.16.102.30:9000/coglab/

Exit code 0: the session can start (look at the warnings). Any other: it would be refused."""


@click.command("check", epilog=EPILOG)
@spec_options
@click.option("--file", "files", multiple=True, metavar="NAME", help="A file the task will write; can be given again.")
@click.option("--repository", default="", metavar="NAME", help="Default: the one an upload would take.")
@click.option("--data-url", default="", metavar="URL", help="Address of the data repository as you believe it to be.")
@account_options
@bridge_options
def command(*, as_json: bool, runtime: Path | None, **options: Any) -> None:
    """Find what is wrong with a session before it starts. Creates nothing."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.exits import REFUSED
    from cagelab_bridge.cli.output import print_json

    request = session_pb2.CheckSessionRequest(
        spec=session_pb2.SessionSpec(**spec_of(options)),
        files=options["files"],
        repository=options["repository"],
        data_url=options["data_url"],
        account=options["account"],
        alyx_url=options["alyx_url"],
    )
    with connect(runtime) as client:
        answer = client.call(client.bridge.CheckSession, request, SECONDS)
    if as_json:
        print_json(answer)
    else:
        _print(answer)
    if not answer.ok:
        click.get_current_context().exit(REFUSED)


def _print(answer: session_pb2.CheckSessionResponse) -> None:
    from cagelab_bridge.cli.findings import print_findings
    from cagelab_bridge.cli.output import say

    print_findings(answer.findings)
    source = "with Alyx itself" if answer.live else "with the cache only: Alyx was not reached"
    verdict = "The session can start" if answer.ok else "The session would be refused"
    say(f"{verdict} (names were compared {source}).")
