"""`revoke`: takes back what was lent."""

from __future__ import annotations

from pathlib import Path

import click

from cagelab_bridge.cli.options import bridge_options

EPILOG = """\b
Example:
  cagelab-bridge revoke 3f9a1c

Work that needs it waits; nothing is lost. Said on a control PC, nothing is lent to that session again until
`cagelab-bridge forward`. Said on a rig, it ends there, but a control PC that may lend does so again at once. To stop
trusting a rig, or a control PC, altogether: `cagelab-bridge peers remove`."""


@click.command("revoke", epilog=EPILOG)
@click.argument("lease")
@bridge_options
def command(*, lease: str, as_json: bool, runtime: Path | None) -> None:
    """Take back what was lent under LEASE, by the start of its id."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2, status_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import lease_id
    from cagelab_bridge.cli.output import print_json, say

    with connect(runtime) as client:
        role = client.call(client.bridge.GetStatus, status_pb2.GetStatusRequest()).role
        request = lending_pb2.RevokeLeaseRequest(lease_id=lease_id(client, lease))
        answer = client.call(client.credentials.RevokeLease, request)
    if as_json:
        print_json(answer)
    elif role == "rig":
        say("Ended here. Where a session still needs it, a control PC lends again, unless it is revoked there.")
    else:
        say("Taken back. What waits for it goes on waiting.")
