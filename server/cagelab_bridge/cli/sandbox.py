"""`sandbox`: runs an Alyx stand-in and an object store to play with."""

from __future__ import annotations

from pathlib import Path

import click

from cagelab_bridge.cli.options import sandbox_options

EPILOG = """\b
Examples:
  cagelab-bridge sandbox
  cagelab-bridge sandbox --alyx-port 8000 --s3-port 9000 --keep ~/sandbox

`cagelab-bridge serve --sandbox` runs a bridge with it, logged in."""


@click.command("sandbox", epilog=EPILOG)
@sandbox_options
def command(*, alyx_port: int, s3_port: int, seed: Path | None, keep: Path | None) -> None:
    """Run an Alyx stand-in and an object store on this computer, and print their addresses and accounts.

    Nothing of it is real. Ctrl-C ends it; its data goes with it unless --keep names a folder.
    """
    from cagelab_bridge.sandbox.command import run

    click.get_current_context().exit(run(alyx_port, s3_port, seed, keep))
