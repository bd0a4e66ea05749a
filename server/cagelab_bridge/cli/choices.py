"""`choices`: lists the names that exist in Alyx."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.options import account_options, bridge_options

if TYPE_CHECKING:
    from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2

KINDS = (
    "subjects",
    "users",
    "labs",
    "locations",
    "projects",
    "procedures",
    "brain_regions",
    "dataset_types",
    "repositories",
)
SHOWN = 12  # names of a kind in the overview

EPILOG = f"""\b
Kinds: {" ".join(KINDS[:5])}
       {" ".join(KINDS[5:])}

\b
Examples:
  cagelab-bridge choices
  cagelab-bridge choices subjects
  cagelab-bridge choices brain_regions | grep VIS

One kind is printed one name per line. The names come from a cache that works offline."""


@click.command("choices", epilog=EPILOG)
@click.argument("kinds", nargs=-1, type=click.Choice(KINDS), metavar="[KIND]…")
@account_options
@bridge_options
def command(*, kinds: tuple[str, ...], account: str, alyx_url: str, as_json: bool, runtime: Path | None) -> None:
    """List the names that exist in Alyx, offline too."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import print_json, say

    request = query_pb2.ListChoicesRequest(kinds=kinds, account=account, alyx_url=alyx_url)
    with connect(runtime) as client:
        answer = client.call(client.bridge.ListChoices, request)
    if as_json:
        print_json(answer)
    elif len(kinds) == 1:
        for name in (name for choices in answer.choices for name in choices.names):
            say(name)
    else:
        _overview(answer)


def _overview(answer: query_pb2.ListChoicesResponse) -> None:
    from cagelab_bridge.cli.output import moment, table

    rows = []
    for choices in answer.choices:
        more = len(choices.names) - SHOWN
        names = ", ".join(choices.names[:SHOWN]) + (f" … and {more} more" if more > 0 else "")
        rows.append((choices.kind, len(choices.names), moment(choices.read_at) or "never", names))
    table(("Kind", ">Names", "Read from Alyx", ""), rows)
