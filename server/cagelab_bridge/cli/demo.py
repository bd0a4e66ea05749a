"""`demo`: shows a whole session on the sandbox, and checks all of it."""

from __future__ import annotations

from pathlib import Path

import click

EPILOG = """\b
Examples:
  cagelab-bridge demo
  cagelab-bridge demo --keep-files ~/demo

It starts a bridge of its own beside the one that may run, on loopback, and stops it at the end. Exit code 0: everything
that the bridge said was found to be true in Alyx and in the store, by a check that does not use the bridge."""


@click.command("demo", epilog=EPILOG)
@click.option(
    "--keep-files",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the session's files below this folder; default: they are removed.",
)
def command(*, keep_files: Path | None) -> None:
    """Show a whole session on the sandbox, and check all of it.

    Log in, look things up, start a session, end it, upload its files (one of them of a type that Alyx does not know, so
    that it is blocked, mended and tried again), and compare the disk with Alyx and the store.
    """
    from cagelab_bridge.cli.rehearsal.story import rehearse

    if not rehearse(keep_files.absolute() if keep_files else None):
        click.get_current_context().exit(1)
