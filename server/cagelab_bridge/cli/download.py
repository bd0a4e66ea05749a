"""`download`: brings files of recorded sessions to this computer."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from cagelab_bridge.cli.options import bridge_options, request_option

EPILOG = """\b
Examples:
  cagelab-bridge download --subject TestSubject --from 2026-11-01
  cagelab-bridge download --session 0b1c… --name '*.mat' --to ~/analysis
  cagelab-bridge download --subject TestSubject --type events.table --paths | xargs ls -l

Files lie in <folder>/<Lab>/Subjects/<subject>/<date>/<NNN>/, checked against Alyx's size and hash. Those that are there
already are not fetched again, those that broke off go on; nothing is ever replaced. Exit code 0 when every file is
there, 20 when some are blocked."""


@click.command("download", epilog=EPILOG)
@click.option(
    "--session", "session_ids", multiple=True, metavar="ID", help="Alyx's id of a session, or the start of ours."
)
@click.option("--subject", default="", help="Nickname of the subject.")
@click.option("--lab", default="", help="Name of the lab.")
@click.option("--from", "first_date", default="", metavar="DAY", help="First day, YYYY-MM-DD.")
@click.option("--to-day", "last_date", default="", metavar="DAY", help="Last day, YYYY-MM-DD.")
@click.option("--protocol", "task_protocol", default="", help="Part of the task protocol.")
@click.option("--type", "dataset_types", multiple=True, metavar="NAME", help="Dataset type; may be given again.")
@click.option("--name", "names", multiple=True, metavar="PATTERN", help="File name, with * and ?; may be given again.")
@click.option("--collection", "collections", multiple=True, metavar="PATTERN", help="Collection, with * and ?.")
@click.option("--dataset", "dataset_ids", multiple=True, metavar="ID", help="Alyx's id of a dataset.")
@click.option("--all-revisions", is_flag=True, help="Older revisions too, not only the default one.")
@click.option(
    "--to", "folder", default="", metavar="FOLDER", help="Where to; default: download.folder of the settings."
)
@click.option("--paths", "only_paths", is_flag=True, help="Print nothing but the files' paths, one a line.")
@click.option("--no-wait", is_flag=True, help="Do not wait: the bridge goes on by itself.")
@click.option("--timeout", type=click.FloatRange(min=0), default=None, help="Wait at most so many seconds.")
@request_option
@bridge_options
def command(
    *,
    folder: str,
    only_paths: bool,
    no_wait: bool,
    timeout: float | None,
    request_id: str,
    as_json: bool,
    runtime: Path | None,
    **wanted: Any,
) -> None:
    """Find datasets in Alyx and bring their files here, verified."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import session_id
    from cagelab_bridge.cli.output import print_json, say
    from cagelab_bridge.cli.progress import wait
    from cagelab_bridge.cli.uploads import follow, with_files

    with connect(runtime) as client:
        wanted["session_ids"] = [session_id(client, text) for text in wanted["session_ids"]]
        request = transfer_pb2.DownloadFilesRequest(
            request_id=request_id or str(uuid4()),
            **wanted,
            folder=str(Path(folder).expanduser().absolute()) if folder else "",
        )
        transfer = client.call(client.bridge.DownloadFiles, request).transfer
        if no_wait:
            print_json(transfer) if as_json else say(f"Accepted as download {transfer.transfer_id}.")
            return
        if only_paths:
            wait(client, transfer.transfer_id, seconds=timeout, quiet=True)
            for file in with_files(client, transfer.transfer_id).files:
                if file.state == transfer_pb2.FILE_STATE_DONE:
                    click.echo(file.path)
        follow(client, transfer.transfer_id, as_json=as_json, seconds=timeout, quiet=only_paths)
