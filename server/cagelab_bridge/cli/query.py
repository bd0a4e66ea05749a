"""`query`: reads any record or list of Alyx."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from cagelab_bridge.cli.options import account_options, bridge_options

COLUMNS = 8
# Shown first where a record has them: what people know a record by.
FIRST = ("name", "nickname", "username", "subject", "date", "start_time", "number", "lab", "location", "users")
LAST = ("url", "id", "json", "narrative", "description", "hash", "data_url")  # long, and rarely asked for
SECONDS = 120.0  # a list of thousands takes Alyx its time; the bridge waits no longer

EPILOG = """\b
Examples:
  cagelab-bridge query subjects
  cagelab-bridge query 'sessions?subject=TestSubject&date_range=2026-01-01,2026-01-31'
  cagelab-bridge query subjects/TestSubject
  cagelab-bridge query weighings --json | jq '.[].weight'

The table shows the most telling columns; --json prints every field, exactly as Alyx wrote it."""


@click.command("query", epilog=EPILOG)
@click.argument("path")
@click.option("--limit", type=click.IntRange(min=0), default=0, help="At most so many records of a list; 0: 5,000.")
@account_options
@bridge_options
def command(*, path: str, limit: int, account: str, alyx_url: str, as_json: bool, runtime: Path | None) -> None:
    """Read any record or list of Alyx.

    PATH is what stands behind Alyx's address: a list ("subjects"), a list with a filter ("sessions?subject=…") or one
    record ("subjects/TestSubject"). All pages are read.
    """
    from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2
    from cagelab_bridge.cli.client import connect

    request = query_pb2.QueryRequest(path=path, limit=limit, account=account, alyx_url=alyx_url)
    with connect(runtime) as client:
        answer = client.call(client.bridge.Query, request, SECONDS)
    if as_json:
        click.echo(answer.json)
    else:
        _print(json.loads(answer.json), answer)
    if answer.truncated:
        click.echo(f"{answer.count} of {answer.total} records; raise --limit or narrow the question.", err=True)


def _print(found: Any, answer: Any) -> None:
    from cagelab_bridge.cli.output import facts, say, table

    if not answer.is_list:
        facts((name, _text(value)) for name, value in found.items())
        return
    records = [record if isinstance(record, dict) else {"value": record} for record in found]
    if not records:
        say("No records.")
        return
    names = columns(records)
    table(names, ([_text(record.get(name)) for name in names] for record in records))
    say(f"{answer.count} record{'s' if answer.count != 1 else ''}")


def columns(records: list[dict[str, Any]]) -> list[str]:
    """Choose at most eight columns that are short and filled in somewhere; what people know a record by first."""
    names = list(dict.fromkeys(name for record in records for name in record))
    telling = [name for name in names if any(_is_telling(record.get(name)) for record in records)] or names
    order = [name for name in FIRST if name in telling]
    order += [name for name in telling if name not in FIRST and name not in LAST]
    order += [name for name in LAST if name in telling]
    return order[:COLUMNS]


def _is_telling(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and not any(isinstance(part, (dict, list)) for part in value)
    return value not in (None, "") and not isinstance(value, dict)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and not any(isinstance(part, (dict, list)) for part in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False)
