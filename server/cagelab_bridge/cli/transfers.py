"""`transfers`: lists uploads and downloads, or shows the files of one."""

from __future__ import annotations

from pathlib import Path

import click

from cagelab_bridge.cli.options import bridge_options, rig_option

EPILOG = """\b
Examples:
  cagelab-bridge transfers --unfinished
  cagelab-bridge transfers 9b2f41
  cagelab-bridge transfers 9b2f41 --blocked
  cagelab-bridge transfers --json | jq '.transfers[] | select(.files_blocked > 0)'"""


@click.command("transfers", epilog=EPILOG)
@click.argument("transfer", required=False)
@click.option("--session", default="", metavar="ID", help="Only those of this session.")
@click.option("--unfinished", is_flag=True, help="Only those that are not done or cancelled.")
@click.option("--blocked", is_flag=True, help="With TRANSFER: only files that need somebody.")
@click.option("--limit", type=click.IntRange(min=0), default=0, help="At most so many; 0: 100.")
@rig_option
@bridge_options
def command(
    *,
    transfer: str | None,
    session: str,
    unfinished: bool,
    blocked: bool,
    limit: int,
    rig: str,
    as_json: bool,
    runtime: Path | None,
) -> None:
    """List uploads and downloads, newest first; or show the files of the one TRANSFER, with reasons."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import session_id, transfer_id
    from cagelab_bridge.cli.output import print_json, say, table
    from cagelab_bridge.cli.states import TRANSFER_TITLES, transfer_row, with_rig
    from cagelab_bridge.cli.uploads import print_transfer, with_files

    with connect(runtime) as client:
        if transfer:
            found = with_files(client, transfer_id(client, transfer, rig), only_blocked=blocked, rig=rig)
            print_json(found) if as_json else print_transfer(found)
            return
        request = transfer_pb2.ListTransfersRequest(
            session_id=session_id(client, session, rig) if session else "",
            only_unfinished=unfinished,
            limit=limit,
            rig=rig,
        )
        answer = client.call(client.bridge.ListTransfers, request)
    if as_json:
        print_json(answer)
    elif answer.transfers:
        table(*with_rig(rig, TRANSFER_TITLES, answer.transfers, transfer_row))
    else:
        say("No transfers.")
