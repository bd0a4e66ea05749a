"""`logout`: stops using an Alyx account."""

from __future__ import annotations

from pathlib import Path

import click

from cagelab_bridge.cli.options import bridge_options

EPILOG = """\b
Example:
  cagelab-bridge logout --user anna

What was accepted before is still delivered. A remembered password stays in the keyring until `credentials remove`."""


@click.command("logout", epilog=EPILOG)
@click.option("--url", default="", metavar="URL", help="Address of Alyx; default: the only one.")
@click.option("--user", default="", metavar="NAME", help="Alyx user; default: the only one.")
@bridge_options
def command(*, url: str, user: str, as_json: bool, runtime: Path | None) -> None:
    """Stop using an Alyx account."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import print_json, say

    with connect(runtime) as client:
        answer = client.call(client.bridge.Logout, status_pb2.LogoutRequest(alyx_url=url, username=user))
    if as_json:
        print_json(answer)
    else:
        say("Logged out. What was accepted before is still delivered.")
