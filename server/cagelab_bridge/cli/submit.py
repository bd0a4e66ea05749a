"""`submit`: writes a record to Alyx."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import click

from cagelab_bridge.cli.options import account_options, bridge_options, facts_option, request_option

SECONDS = 60.0

EPILOG = """\b
Examples:
  cagelab-bridge submit weighings subject=TestSubject weight=5.2
  cagelab-bridge submit dataset-types name=touch.samples filename_pattern='touch.samples.*.csv'
  cagelab-bridge submit sessions/2f0c… --change n_trials=240 qc=PASS
  cagelab-bridge submit notes --facts note.json

A value that reads as JSON (5.2, true, ["a"]) is taken as such, anything else as text. A new record is remembered and
delivered later if Alyx is away; a change needs Alyx now."""


@click.command("submit", epilog=EPILOG)
@click.argument("path")
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]…")
@click.option("--change", is_flag=True, help="Change the record PATH; else a new one is made in the list PATH.")
@facts_option
@account_options
@request_option
@bridge_options
def command(
    *,
    path: str,
    fields: tuple[str, ...],
    change: bool,
    facts: str | None,
    account: str,
    alyx_url: str,
    request_id: str,
    as_json: bool,
    runtime: Path | None,
) -> None:
    """Write a record to Alyx: weighings, water-administrations, notes, dataset-types, or a change of a record."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import print_json, say

    body = json.loads(facts or "{}") | dict(_field(field) for field in fields)
    if not body:
        raise click.UsageError("Say what to write: FIELD=VALUE, or --facts FILE.")
    request = query_pb2.SubmitRequest(
        request_id=request_id or str(uuid4()),
        method=query_pb2.SUBMIT_METHOD_CHANGE if change else query_pb2.SUBMIT_METHOD_CREATE,
        path=path,
        json=json.dumps(body, ensure_ascii=False),
        account=account,
        alyx_url=alyx_url,
    )
    with connect(runtime) as client:
        answer = client.call(client.bridge.Submit, request, SECONDS)
    if as_json:
        print_json(answer)
    elif answer.delivered:
        say(f"Alyx has it: {answer.json}")
    else:
        say(f"Accepted, and delivered later: {answer.reason}")


def _field(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.UsageError(f"{text!r} is not FIELD=VALUE.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
