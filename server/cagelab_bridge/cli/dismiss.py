"""`dismiss`: gives up one file, with a reason."""

from __future__ import annotations

from pathlib import Path

import click

from cagelab_bridge.cli.options import bridge_options

EPILOG = """\b
Examples:
  cagelab-bridge dismiss 3f0a9c --reason "recorded with the lens cap on"
  cagelab-bridge dismiss 9b2f41 raw_video/left.mp4 --reason "not part of the experiment"

`cagelab-bridge transfers UPLOAD` shows the ids of files. The file on disk is left alone, and a file that was delivered
already is refused: judge it in Alyx. Where Alyx has a record of the file, it goes on to say that it does not exist."""


@click.command("dismiss", epilog=EPILOG)
@click.argument("file")
@click.argument("path", required=False)
@click.option("--reason", required=True, metavar="TEXT", help="Why it shall not be delivered, for the record.")
@bridge_options
def command(*, file: str, path: str | None, reason: str, as_json: bool, runtime: Path | None) -> None:
    """Give up the file FILE, by the start of its id; or the one at PATH of an upload: TRANSFER PATH."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import file_id, file_of
    from cagelab_bridge.cli.output import print_json, say

    with connect(runtime) as client:
        full = file_of(client, file, path) if path else file_id(client, file)
        request = transfer_pb2.DismissFileRequest(file_id=full, reason=reason)
        found = client.call(client.bridge.DismissFile, request).file
    if as_json:
        print_json(found)
    else:
        say(f"{found.relative_path}: {found.reason}")
