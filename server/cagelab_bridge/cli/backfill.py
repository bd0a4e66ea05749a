"""`backfill`: brings sessions that were recorded before the bridge into Alyx and the store."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import click

from cagelab_bridge.cli.options import Day, account_options, bridge_options

EPILOG = """\b
Examples:
  cagelab-bridge backfill ~/OptickaFiles/SavedData --dry-run
  cagelab-bridge backfill ~/OptickaFiles/SavedData --subject TestSubject --from 2025-01-01 --to 2025-01-31
  cagelab-bridge backfill /mnt/archive --lab CogLab --experimenter anna --report archive.csv
  cagelab-bridge backfill /mnt/archive --at-once 1

ROOT is a folder with session folders …/<subject>/<YYYY-MM-DD>/<NNN> below it, with or without <Lab>/Subjects above.
Nothing in it is ever written, renamed or deleted; it may be mounted read-only.

The subject, day and number come from the path, the start from the names of the files, the end from their last change;
lab, experimenter, project, trials … from opticka.details (JSON), events.table, and the MAT file where it is readable
(pip install "cagelab-bridge[backfill]"). Options fill in what the files do not tell; --lab goes before what they tell.

A session that Alyx has already (same subject and day, same number, same start) is completed: no second one is made, and
files that are there are not sent again. The bridge does the work and remembers it. It can be stopped at any time; the
same command goes on, and finds what is done. A table of all folders is kept in the CSV file (not with --dry-run, unless
--report names one).

Exit code 0: all is delivered; 20: some sessions are blocked or still under way; 21: some folders were refused, left
out, or may still be recorded: the report says why."""

REPORT = "backfill.csv"


@click.command("backfill", epilog=EPILOG)
@click.argument("root", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--subject", default="", metavar="NAME", help="Only sessions of this subject.")
@click.option("--from", "first", type=Day(), default="", help="First day.")
@click.option("--to", "last", type=Day(), default="", help="Last day.")
@click.option("--lab", default="", metavar="NAME", help="Lab of all of them.")
@click.option("--location", default="", metavar="NAME", help="Location of all of them.")
@click.option("--experimenter", "experimenters", multiple=True, metavar="NAME", help="Where the files name nobody.")
@click.option("--project", "projects", multiple=True, metavar="NAME", help="Where the files name none.")
@click.option("--procedure", "procedures", multiple=True, metavar="NAME", help="Where the files name none.")
@click.option("--repository", default="", metavar="NAME", help="Data repository of Alyx; default: the lab's.")
@click.option(
    "--at-once", type=click.IntRange(1, 100), default=4, show_default=True, help="Sessions under way at a time."
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"CSV file for what became of each folder; default: {REPORT} in the current folder.",
)
@account_options
@bridge_options
def command(
    *, root: Path, dry_run: bool, report: Path | None, as_json: bool, runtime: Path | None, **options: Any
) -> None:
    """Bring sessions that were recorded before the bridge, in folders below ROOT, into Alyx and the store."""
    from cagelab_bridge.cli.backfilling.mat_reader import MatReader
    from cagelab_bridge.cli.backfilling.report import Report
    from cagelab_bridge.cli.backfilling.rounds import Rounds, Wanted
    from cagelab_bridge.cli.client import connect

    place = Path(os.path.realpath(root))
    kept = report or (None if dry_run else Path(REPORT))
    with connect(runtime) as client:
        demand_names(client, options)  # before there is a report
        with Report(kept, place) as rows, MatReader() as reader:
            rounds = Rounds(client, Wanted(root=place, dry_run=dry_run, **options), rows, reader)
            try:
                rounds.run()
            finally:
                _print(rows, place, kept, as_json=as_json, dry_run=dry_run)
    code = _exit_code(rows, dry_run=dry_run)
    if code:
        click.get_current_context().exit(code)


def demand_names(client: Any, options: dict[str, Any]) -> None:
    """What the options name must exist: a slip must not be told once for each of thousands of sessions. Raises
    InvalidInput."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2
    from cagelab_bridge.errors import InvalidInput

    given = {
        "labs": filter(None, [options["lab"]]),
        "locations": filter(None, [options["location"]]),
        "users": options["experimenters"],
        "projects": options["projects"],
        "procedures": options["procedures"],
        "repositories": filter(None, [options["repository"]]),
    }
    wanted = {kind: tuple(names) for kind, names in given.items()}
    kinds = [kind for kind, names in wanted.items() if names]
    if not kinds:
        return
    request = query_pb2.ListChoicesRequest(kinds=kinds, account=options["account"], alyx_url=options["alyx_url"])
    for choice in client.call(client.bridge.ListChoices, request).choices:
        for name in wanted[choice.kind]:
            if name not in choice.names:
                raise InvalidInput(
                    f"Alyx has no {choice.kind.removesuffix('s')} {name!r}.",
                    about=choice.kind,
                    hint=f"`cagelab-bridge choices {choice.kind}` lists what there is.",
                )


def _exit_code(rows: Any, *, dry_run: bool) -> int:
    from cagelab_bridge.cli.backfilling.report import STUCK, WELL
    from cagelab_bridge.cli.exits import BLOCKED, SET_ASIDE

    outcomes = {row.outcome for row in rows.rows}
    if outcomes & STUCK and not dry_run:
        return BLOCKED
    return SET_ASIDE if outcomes - WELL - STUCK else 0


def _print(rows: Any, root: Path, kept: Path | None, *, as_json: bool, dry_run: bool) -> None:
    """Also what was done before it was stopped."""
    from cagelab_bridge.cli.backfilling.report import KNOWN_ALREADY, TITLES, shown, summary
    from cagelab_bridge.cli.output import say, table

    if as_json:
        found = [dataclasses.asdict(row) for row in rows.rows]
        click.echo(json.dumps({"dry_run": dry_run, "folders": found}, ensure_ascii=False, indent=2))
        return
    # Of thousands that are done only the others are shown; the report has all.
    told = [row for row in rows.rows if dry_run or row.outcome not in KNOWN_ALREADY]
    told.sort(key=lambda row: row.folder)
    if told:
        table(TITLES, map(shown, told))
        say()
    say(f"Below {root}: {summary(rows.rows)}.{' Nothing was changed (--dry-run).' if dry_run else ''}")
    if kept is not None:
        say(f"Every folder stands in {kept}.")
