"""`reclaim`: frees this computer's disk of files that are stored and verified."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cagelab_bridge.cli.options import ChosenSessions, bridge_options, chosen_sessions

if TYPE_CHECKING:
    from cagelab_bridge.cli.reclaiming.rounds import Rounds

EPILOG = """\b
Examples:
  cagelab-bridge reclaim
  cagelab-bridge reclaim --subject TestSubject --to 2026-09-30 --files
  cagelab-bridge reclaim --to 2026-09-30 --delete
  cagelab-bridge reclaim --json | jq '[.sessions[].files[] | select(.state == "RECLAIM_STATE_READY").size] | add'

Without --delete nothing is deleted: it says which files could go, and why the others stay. Each object in the store is
verified once more on the way, and the journal remembers when.

A file can go when its session is complete, Alyx says PASS and exists, the store has proven its content twice, a day
apart at least, and it has been held for 30 days ([reclaim] hold_days and apart_hours in bridge.toml). With --delete all
of that is looked at again, the file is read once more from beginning to end, and one that is open anywhere, changed,
behind a link or outside the data root stays.

What was deleted stands in reclaimed.jsonl in the session's folder, with the place of each file in the store;
session.json stays. To have files back where they were: cagelab-bridge download --session ID --to <data root>.

Exit code 0; 6: a file that could go was not deleted after all, the table says why."""

TITLES = ("Session", "", ">Files", ">Size", "", "Why", "What to do")
EACH = ("Session", "", "File", ">Size", "", "Why", "What to do")


@click.command("reclaim", epilog=EPILOG)
@chosen_sessions
@click.option("--files", "each", is_flag=True, help="A row for each file.")
@click.option("--delete", is_flag=True, help="Delete from this computer what can go.")
@click.option("--yes", is_flag=True, help="With --delete: do not ask.")
@bridge_options
def command(*, each: bool, delete: bool, yes: bool, as_json: bool, runtime: Path | None, **options: Any) -> None:
    """Free this computer's disk: list the files that are stored, verified twice and held long enough, of SESSION or of
    all sessions that fit the options; with --delete, delete them here."""
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.exits import TROUBLE
    from cagelab_bridge.cli.reclaiming.rounds import Rounds

    if yes and not delete:
        raise click.UsageError("--yes belongs to --delete.")
    if delete and not yes and (as_json or not sys.stdin.isatty()):
        raise click.UsageError("Nobody can be asked here: --delete needs --yes.")
    with connect(runtime) as client:
        rounds = Rounds(client, ChosenSessions(**options))
        rounds.look()
        if delete and not yes and rounds.ready()[0] and not _agreed(rounds, each=each):
            click.echo("Nothing was deleted.", err=True)
            return
        freed = None
        try:
            if delete:
                freed = rounds.delete()
        finally:
            _print(rounds, freed, as_json=as_json, each=each)
    if rounds.refused:
        click.get_current_context().exit(TROUBLE)


def _agreed(rounds: Rounds, *, each: bool) -> bool:
    from cagelab_bridge.cli.output import size

    files, count = rounds.ready()
    _table(rounds, each=each)
    asked = f"Delete {files} file(s), {size(count)}, from this computer? They stay in the store."
    return click.confirm(asked, err=True)


def _print(rounds: Rounds, freed: tuple[int, int] | None, *, as_json: bool, each: bool) -> None:
    """Also what was done before it was stopped."""
    import json

    from cagelab_bridge.cli.output import say, size

    (ready, count), (gone, bytes_gone) = rounds.ready(), rounds.gone()
    if as_json:
        sums = {"ready_files": ready, "ready_bytes": count, "reclaimed_files": gone, "reclaimed_bytes": bytes_gone}
        document = {"sessions": rounds.told, **sums, "refused_files": rounds.refused}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    _table(rounds, each=each)
    if freed is not None:
        say(f"{freed[0]} file(s) deleted, {size(freed[1])} freed. {rounds.refused} stay after all.")
    elif ready:
        say(f"{ready} file(s), {size(count)}, can go: the same command with --delete deletes them here.")
    else:
        say("Nothing can go.")


def _table(rounds: Rounds, *, each: bool) -> None:
    from cagelab_bridge.cli.output import say, table
    from cagelab_bridge.cli.reclaiming.rounds import rows

    found = [row for told in rounds.told for row in rows(told, each=each)]
    if found:
        table(EACH if each else TITLES, found)
        say()
