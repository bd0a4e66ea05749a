"""`end`: ends a session, and uploads its files if told so."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from cagelab_bridge.cli.options import bridge_options, facts_option, naive_time, request_option

QC = ("NOT_SET", "PASS", "WARNING", "FAIL", "CRITICAL")

EPILOG = """\b
Examples:
  cagelab-bridge end 7c1e2f --qc PASS --trials 240 --correct 198
  cagelab-bridge end 7c1e2f --upload --wait
  cagelab-bridge end 7c1e2f --upload-path events.table.2026-01-31-10-00-00_001_TestSubject.tsv

SESSION_ID may be shortened to its first 6 characters. With --wait: exit code 0 when every file is stored and verified,
20 when some are blocked."""


@click.command("end", epilog=EPILOG)
@click.argument("session")
@click.option("--qc", type=click.Choice(QC, case_sensitive=False), default="NOT_SET", help="Verdict on the session.")
@click.option("--narrative", default="", metavar="TEXT", help="Added to the narrative as a new line.")
@click.option("--trials", type=click.IntRange(min=0), default=None, help="Number of trials.")
@click.option("--correct", type=click.IntRange(min=0), default=None, help="Number of correct trials.")
@click.option("--end-time", default="", callback=naive_time, metavar="TIME", help="When it ended; default: now.")
@click.option("--upload", "upload_folder", is_flag=True, help="Upload everything in the session folder.")
@click.option("--upload-path", "upload_paths", multiple=True, metavar="PATH", help="Upload this; can be given again.")
@click.option("--repository", default="", metavar="NAME", help="Data repository to upload to.")
@click.option("--wait", "waits", is_flag=True, help="Wait for the upload.")
@facts_option
@request_option
@bridge_options
def command(*, session: str, as_json: bool, runtime: Path | None, **options: Any) -> None:
    """End the session SESSION, and upload its files if told so."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import session_id
    from cagelab_bridge.cli.output import facts, print_json
    from cagelab_bridge.cli.paths import to_upload
    from cagelab_bridge.cli.states import session_facts
    from cagelab_bridge.cli.uploads import follow

    with connect(runtime) as client:
        full = session_id(client, session)
        request = session_pb2.EndSessionRequest(
            request_id=options["request_id"] or str(uuid4()),
            session_id=full,
            qc=options["qc"],
            narrative=options["narrative"],
            n_trials=options["trials"],
            n_correct_trials=options["correct"],
            json=options["facts"] or "",
            end_time=options["end_time"],
            upload_paths=to_upload(client, full, options["upload_paths"]),
            upload_folder=options["upload_folder"],
            repository=options["repository"],
        )
        answer = client.call(client.bridge.EndSession, request)
        if as_json:
            print_json(answer)
        else:
            facts([*session_facts(answer.session), ("Upload", answer.transfer_id)])
        if answer.transfer_id and options["waits"]:
            follow(client, answer.transfer_id, as_json=as_json)
