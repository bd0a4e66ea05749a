"""`watch`: shows sessions and uploads as they move."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.options import bridge_options, rig_option

if TYPE_CHECKING:
    from rich.progress import TaskID

    from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2

EPILOG = """\b
Examples:
  cagelab-bridge watch
  cagelab-bridge watch 7c1e2f
  cagelab-bridge watch --rig "*"
  cagelab-bridge watch --json | jq -c 'select(.transfer.files_blocked > 0)'

On a terminal: one bar per upload. Elsewhere: one line per change. With SESSION it ends when that session is complete;
without, Ctrl-C ends it."""


@click.command("watch", epilog=EPILOG)
@click.argument("session", required=False)
@rig_option
@bridge_options
def command(*, session: str | None, rig: str, as_json: bool, runtime: Path | None) -> None:
    """Watch sessions and uploads as they move; only those of SESSION when it is given."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.ids import session_id
    from cagelab_bridge.cli.output import print_json

    with connect(runtime) as client:
        full = session_id(client, session, rig) if session else ""
        answers = client.stream(client.bridge.Watch, status_pb2.WatchRequest(session_id=full, rig=rig))
        changes = _until_complete(answers, full)
        if as_json:
            for change in changes:
                print_json(change, line=True)
                sys.stdout.flush()
        elif sys.stdout.isatty():
            _bars(changes)
        else:
            _lines(changes)


def _until_complete(answers: Iterator[status_pb2.WatchResponse], session_id: str) -> Iterator[status_pb2.WatchResponse]:
    """The changes; those of one session end with its being complete."""
    for change in answers:
        yield change
        if session_id and change.session.session_id == session_id and change.session.complete:
            return


def _lines(changes: Iterator[status_pb2.WatchResponse]) -> None:
    from cagelab_bridge.cli.output import say
    from cagelab_bridge.cli.states import change_line

    for change in changes:
        say(change_line(change))
        sys.stdout.flush()


def _bars(changes: Iterator[status_pb2.WatchResponse]) -> None:
    """One bar per upload; what happens to sessions is printed above the bars."""
    from cagelab_bridge.cli.progress import bars
    from cagelab_bridge.cli.states import change_line, progress, transfer_word

    known: dict[str, TaskID] = {}
    with bars(on_stderr=False) as display:
        for change in changes:
            if not change.HasField("transfer"):
                display.console.print(change_line(change), markup=False)
                continue
            upload = change.transfer
            if upload.transfer_id not in known:
                known[upload.transfer_id] = display.add_task("", total=None)
            display.update(
                known[upload.transfer_id],
                description=f"{upload.transfer_id[:8]} {transfer_word(upload)} {progress(upload)}",
                total=upload.bytes_total or None,
                completed=upload.bytes_sent,
            )
