"""`upload`: uploads files of a session."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import click

from cagelab_bridge.cli.options import bridge_options, request_option

EPILOG = """\b
Examples:
  cagelab-bridge upload 7c1e2f
  cagelab-bridge upload 7c1e2f video eyetracking/left.mp4 --wait
  cagelab-bridge upload 7c1e2f --wait --timeout 600 || cagelab-bridge transfers

SESSION may be shortened to its first 6 characters. With --wait: exit code 0 when every file is stored and verified,
20 when some are blocked. Without it the bridge has accepted the files, and delivers them."""


@click.command("upload", epilog=EPILOG)
@click.argument("session")
@click.argument("paths", nargs=-1)
@click.option("--repository", default="", metavar="NAME", help="Data repository of Alyx; default: the lab's.")
@click.option("--wait", "waits", is_flag=True, help="Wait until every file is delivered or blocked.")
@click.option("--timeout", type=click.FloatRange(min=0), default=None, help="Wait at most so many seconds.")
@request_option
@bridge_options
def command(
    *,
    session: str,
    paths: tuple[str, ...],
    repository: str,
    waits: bool,
    timeout: float | None,
    request_id: str,
    as_json: bool,
    runtime: Path | None,
) -> None:
    """Upload files of the session SESSION: PATHS in its folder, or the whole folder."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import session_id
    from cagelab_bridge.cli.output import print_json, say
    from cagelab_bridge.cli.paths import to_upload
    from cagelab_bridge.cli.uploads import follow

    with connect(runtime) as client:
        full = session_id(client, session)
        request = transfer_pb2.UploadFilesRequest(
            request_id=request_id or str(uuid4()),
            session_id=full,
            paths=to_upload(client, full, paths),
            repository=repository,
        )
        transfer = client.call(client.bridge.UploadFiles, request).transfer
        if not waits and as_json:
            print_json(transfer)
        elif not as_json:
            say(f"Accepted as upload {transfer.transfer_id}.")
        if waits or timeout is not None:
            follow(client, transfer.transfer_id, as_json=as_json, seconds=timeout)
