"""`cancel`: gives up what an upload has not delivered yet."""

from __future__ import annotations

from pathlib import Path

import click

from cagelab_bridge.cli.options import bridge_options

EPILOG = """\b
Example:
  cagelab-bridge cancel 9b2f41 --reason "wrong animal"

Files on disk are left alone; files that were delivered stay in Alyx and the store."""


@click.command("cancel", epilog=EPILOG)
@click.argument("transfer")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
@bridge_options
def command(*, transfer: str, reason: str, as_json: bool, runtime: Path | None) -> None:
    """Give up what the upload TRANSFER has not delivered yet."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import transfer_id
    from cagelab_bridge.cli.output import print_json, say

    with connect(runtime) as client:
        request = transfer_pb2.CancelTransferRequest(transfer_id=transfer_id(client, transfer), reason=reason)
        found = client.call(client.bridge.CancelTransfer, request).transfer
    if as_json:
        print_json(found)
    else:
        say(f"Cancelled; {found.files_done} of {found.files_total} files had been delivered.")
