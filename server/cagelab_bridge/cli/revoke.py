"""`revoke`: takes back what was lent."""

from __future__ import annotations

from pathlib import Path

import click

from cagelab_bridge.cli.options import bridge_options

EPILOG = """\b
Example:
  cagelab-bridge revoke 3f9a1c

Work that needs it waits; nothing is lost. On a control PC nothing is lent to that session again until
`cagelab-bridge forward`. To stop trusting a rig altogether: `cagelab-bridge peers remove`."""


@click.command("revoke", epilog=EPILOG)
@click.argument("lease")
@bridge_options
def command(*, lease: str, as_json: bool, runtime: Path | None) -> None:
    """Take back what was lent under LEASE, by the start of its id."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import lease_id
    from cagelab_bridge.cli.output import print_json, say

    with connect(runtime) as client:
        request = lending_pb2.RevokeLeaseRequest(lease_id=lease_id(client, lease))
        answer = client.call(client.credentials.RevokeLease, request)
    if as_json:
        print_json(answer)
    else:
        say("Taken back. What waits for it goes on waiting.")
