"""`forward`: lends credentials to a rig ahead of its sessions."""

from __future__ import annotations

from pathlib import Path

import click

from cagelab_bridge.cli.options import account_options, bridge_options

EPILOG = """\b
Examples:
  cagelab-bridge forward pacman-002
  cagelab-bridge forward 192.168.3.22 --hours 8
  cagelab-bridge forward "192.168.3.22  pacman-002" --account anna

The rig gets this control PC's Alyx token, in memory only; never a password. Files are stored by what is lent to each
session when it is there. Until it ends, the token serves every session of that account on the rig, also those that
`lend`, `subjects` or `projects` in the rig's peer file leave out. `cagelab-bridge leases` shows it, `cagelab-bridge
revoke` takes it back."""


@click.command("forward", epilog=EPILOG)
@click.argument("rig")
@click.option(
    "--hours",
    type=click.FloatRange(0, 12, min_open=True),
    default=None,
    help="How long, at most 12; default: that of the settings, 4.",
)
@account_options
@bridge_options
def command(*, rig: str, hours: float | None, account: str, alyx_url: str, as_json: bool, runtime: Path | None) -> None:
    """Lend credentials to RIG, by name or address, ahead of its sessions."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import moment, print_json, say

    request = lending_pb2.ForwardCredentialsRequest(
        rig=rig, seconds=(hours or 0.0) * 3600, alyx_url=alyx_url, username=account
    )
    with connect(runtime) as client:
        done = client.call(client.credentials.ForwardCredentials, request)
    if as_json:
        print_json(done)
        return
    say(f"{done.rig} has credentials until {moment(done.expires_at)}.")
    for warning in done.warnings:
        say(warning)
