"""`setup`: makes an Alyx database ready for CageLab."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.options import account_options, bridge_options

if TYPE_CHECKING:
    from cagelab_bridge.cli.setting_up.step import Step

EPILOG = """\b
Examples:
  cagelab-bridge setup --dry-run
  cagelab-bridge setup
  cagelab-bridge setup --share smb://nas.lab/cogdata/CogLab/Subjects/
  cagelab-bridge setup --yes --json | jq '.steps[] | select(.word == "error")'

It makes the dataset types and data formats of CageLab's files that are missing (opticka's initDatabase makes some of
them), tries the bucket or share of each data repository, and looks at labs, users, subjects, locations and projects.
What is wrong in the records of repositories it offers to repair, and the record aws_cortexlab that ONE needs it offers
to make, and one for a --share: you are asked, one by one; --yes agrees to all. What only a person can do is told with
the address of Alyx's admin page.

Nothing that is right is touched: run it as often as you like.

Exit code 0: all is ready, or was made so; 6: an error is left, or something that was offered."""

TITLES = ("", "About", "Name", "What", "What to do")
SHOWN = {"create": "to make", "offer": "to repair"}
LEFT = frozenset({"error", "left", "create", "offer"})


@click.command("setup", epilog=EPILOG)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Agree to every repair that is offered.")
@click.option("--share", default="", metavar="URL", help="A folder of a file server where files are to go.")
@click.option("--repository", default="", metavar="NAME", help="With --share: name of its record; default: smb_<lab>.")
@account_options
@bridge_options
def command(
    *,
    dry_run: bool,
    yes: bool,
    share: str,
    repository: str,
    account: str,
    alyx_url: str,
    as_json: bool,
    runtime: Path | None,
) -> None:
    """Make an Alyx database ready for CageLab, and say what is missing."""
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.exits import TROUBLE
    from cagelab_bridge.cli.setting_up.work import Work, settle

    if repository and not share:
        raise click.UsageError("--repository names the record of a --share.")

    def agrees(step: Step) -> bool:
        if yes or as_json or not sys.stdin.isatty():
            return yes
        return click.confirm(f"{step.about} {step.name}: {step.message} {step.hint} Shall it be done?", err=True)

    with connect(runtime) as client:
        work = Work(client, account, alyx_url, share=share, repository=repository)
        steps = work.look() if dry_run else settle(work.look, work.do, agrees)
    changed = sum(step.word == "done" for step in steps)
    if as_json:
        rows = [
            {"word": one.word, "about": one.about, "name": one.name, "message": one.message, "hint": one.hint}
            for one in steps
        ]
        click.echo(json.dumps({"dry_run": dry_run, "changed": changed, "steps": rows}, ensure_ascii=False, indent=2))
    else:
        _print(steps, dry_run=dry_run, changed=changed)
    if any(step.word in LEFT for step in steps):
        click.get_current_context().exit(TROUBLE)


def _print(steps: list[Step], *, dry_run: bool, changed: int) -> None:
    from cagelab_bridge.cli.output import say, table

    rows = [(SHOWN.get(one.word, one.word), one.about, one.name, one.message, one.hint) for one in steps]
    table(TITLES, rows)
    say()
    left = sum(one.word in LEFT for one in steps)
    said = "Nothing was changed (--dry-run)" if dry_run else f"{changed} record(s) written"
    say(f"{said}. {f'{left} thing(s) are left to do.' if left else 'All is ready.'}")
