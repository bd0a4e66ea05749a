"""`leases`: lists what was lent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.options import bridge_options

if TYPE_CHECKING:
    from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2

EPILOG = """\b
Examples:
  cagelab-bridge leases
  cagelab-bridge leases --json | jq -r '.leases[].peer'

On a control PC: what it lent to its rigs. On a rig: what it was lent, and by whom. No secret is shown."""
TITLES = ("Id", "Peer", "Session", "Account", "Token", "Store", "Ends")


@click.command("leases", epilog=EPILOG)
@bridge_options
def command(*, as_json: bool, runtime: Path | None) -> None:
    """List what this control PC lent to its rigs, or what this rig was lent."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import print_json, say, table

    with connect(runtime) as client:
        answer = client.call(client.credentials.ListLeases, lending_pb2.ListLeasesRequest())
    if as_json:
        print_json(answer)
    elif answer.leases:
        table(TITLES, map(row, answer.leases))
    else:
        say("Nothing is lent.")


def row(lease: lending_pb2.Lease) -> tuple[object, ...]:
    """A lease below TITLES."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2
    from cagelab_bridge.cli.ids import short
    from cagelab_bridge.cli.output import moment

    grant = lending_pb2.StoreGrant.Name(lease.grant).removeprefix("STORE_GRANT_").lower()
    store = f"{grant}: {lease.endpoint}/{lease.bucket}/{lease.prefix}" if lease.grant else ""
    session = short(lease.session_id) if lease.session_id else "any"
    account = f"{lease.username} at {lease.alyx_url}"
    token = "yes" if lease.has_token else "follows"
    return (short(lease.id), lease.peer, session, account, token, store, moment(lease.expires_at))
