"""`id`: shows who this bridge is to others."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cagelab_bridge.cli.options import json_option
from cagelab_bridge.cli.own_identity import place_options

EPILOG = """\b
Examples:
  cagelab-bridge id
  cagelab-bridge id --cert > rig7.pem

Both are public. Who carries the certificate to another computer by hand compares the device id there, whole."""


@click.command("id", epilog=EPILOG)
@click.option("--cert", is_flag=True, help="Print the certificate (PEM) instead.")
@place_options
@json_option
def command(*, cert: bool, config: Path | None, state: Path | None, as_json: bool) -> None:
    """Show the device id of this bridge; makes one where there is none."""
    from cagelab_bridge.cli.own_identity import own, settings_of

    known = own(settings_of(config, state), make=True).identity
    if as_json:
        click.echo(json.dumps({"device_id": known.device_id, "certificate": known.certificate_pem}, indent=2))
    else:
        click.echo(known.certificate_pem.strip() if cert else known.device_id)
