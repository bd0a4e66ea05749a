"""`retry`: tries blocked files and sessions again."""

from __future__ import annotations

from pathlib import Path

import click

from cagelab_bridge.cli.options import bridge_options

EPILOG = """\b
Examples:
  cagelab-bridge retry
  cagelab-bridge retry 9b2f41 --wait

Mend the cause first; `cagelab-bridge transfers` says what it is. With --wait: exit code 0 when every file is stored and
verified, 20 when some are still blocked."""


@click.command("retry", epilog=EPILOG)
@click.argument("transfer", required=False)
@click.option("--wait", "waits", is_flag=True, help="With TRANSFER: wait until every file is delivered or blocked.")
@bridge_options
def command(*, transfer: str | None, waits: bool, as_json: bool, runtime: Path | None) -> None:
    """Try the blocked files of the upload TRANSFER again; without one, everything that is blocked."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import transfer_id
    from cagelab_bridge.cli.output import print_json, say
    from cagelab_bridge.cli.uploads import follow

    if waits and not transfer:
        raise click.UsageError("--wait needs TRANSFER: say which upload to wait for.")
    with connect(runtime) as client:
        full = transfer_id(client, transfer) if transfer else ""
        answer = client.call(client.bridge.RetryTransfer, transfer_pb2.RetryTransferRequest(transfer_id=full))
        if as_json and not waits:
            print_json(answer)
        elif not as_json:
            say(f"{answer.files} files and {answer.sessions} sessions are tried again.")
        if waits:
            follow(client, full, as_json=as_json)
