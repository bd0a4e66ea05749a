"""`reserve`: sets a session number aside and makes its folder."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import click

from cagelab_bridge.cli.options import Day, bridge_options, request_option

EPILOG = """\b
Examples:
  cagelab-bridge reserve TestSubject
  cagelab-bridge reserve TestSubject --lab CogLab --date 2026-01-31
  cagelab-bridge start --reservation 7c1e2f --project demo"""


@click.command("reserve", epilog=EPILOG)
@click.argument("subject")
@click.option("--lab", default="", metavar="NAME", help="Default: the lab of the settings, else the subject's own.")
@click.option("--date", "day", type=Day(), default="", help="Default: today in the lab's time zone.")
@click.option("--root", default="", metavar="DIR", help="Folder that holds the labs' folders; default: the settings'.")
@request_option
@bridge_options
def command(
    *, subject: str, lab: str, day: str, root: str, request_id: str, as_json: bool, runtime: Path | None
) -> None:
    """Set a session number of SUBJECT aside and make its folder.

    The number is taken once, whether or not the session is ever started.
    """
    from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import facts, print_json

    request = session_pb2.ReserveFolderRequest(
        request_id=request_id or str(uuid4()),
        subject=subject,
        lab=lab,
        date=day,
        root=str(Path(root).expanduser().absolute()) if root else "",
    )
    with connect(runtime) as client:
        answer = client.call(client.bridge.ReserveFolder, request)
    if as_json:
        print_json(answer)
        return
    facts(
        [
            ("Session", answer.session_id),
            ("Folder", answer.folder),
            ("Day and number", f"{answer.date} {answer.number:03d}"),
            ("Lab", answer.lab),
            ("Look at", "; ".join(answer.warnings)),
        ]
    )
