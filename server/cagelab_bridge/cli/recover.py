"""`recover`: rebuilds a lost journal from the second records beside the data."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.options import json_option

if TYPE_CHECKING:
    from cagelab_bridge.services.records.recovery import Found

EPILOG = """\b
Examples:
  cagelab-bridge recover ~/OptickaFiles/SavedData --dry-run
  cagelab-bridge recover ~/OptickaFiles/SavedData
  cagelab-bridge recover /mnt/rescued --json | jq '.found[] | select(.outcome == "set aside")'

The bridge keeps a readable record of each session in its folder, session.json. When the journal is lost or damaged:
stop the bridge, set the state folder aside, recover, start the bridge, log in. What was not finished is finished then;
Alyx and the store are asked first what they have already, so nothing is made twice.

What the journal knows already stays as it is, so it may be run again at any time. A folder that was moved is found in
its new place if …/<subject>/<date>/<NNN> is still the end of its path. Of two copies the one where it belongs counts.

Not recoverable, as only the journal has them: writes such as weighings that were not delivered yet, and the request_ids
of calls (do not repeat a StartSession from before the loss: it would start a new session).

Exit code 0: everything that was found is in the journal (copies, and files of other programs, do not count); 21: some
records could not be used, the table says why; 6: the bridge is running."""

TITLES = ("Session", "Subject", "Date", ">No.", "Outcome", ">Uploads", ">Files", "Where", "Note")


@click.command("recover", epilog=EPILOG)
@click.argument("root", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), help="Settings file; default: bridge.toml of this account.")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), help="Folder of the journal.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@json_option
def command(*, root: Path, config: Path | None, state: Path | None, dry_run: bool, as_json: bool) -> None:
    """Rebuild a lost journal from the session.json files below the folder ROOT, while the bridge is stopped."""
    from cagelab_bridge import app
    from cagelab_bridge import config as settings
    from cagelab_bridge.cli.exits import SET_ASIDE
    from cagelab_bridge.services.records.recovery import NOT_KEPT, Outcome

    overrides = {"state_folder": None if state is None else str(state.absolute())}
    found = app.recover(
        settings.load(config, os.environ, overrides), Path(os.path.normpath(root.absolute())), dry_run=dry_run
    )
    if as_json:
        rows = [dataclasses.asdict(one) for one in found]
        document = {"dry_run": dry_run, "found": rows, "not_recoverable": NOT_KEPT}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        _print(found, root, dry_run=dry_run)
    if any(one.outcome is Outcome.SET_ASIDE for one in found):
        click.get_current_context().exit(SET_ASIDE)


def _print(found: Sequence[Found], root: Path, *, dry_run: bool) -> None:
    from cagelab_bridge.cli.output import say, table
    from cagelab_bridge.services.records.recovery import NOT_KEPT, Outcome

    if not found:
        say(f"There is no session.json below {root}.")
        return
    table(TITLES, map(_row, found))
    counts = {outcome: sum(one.outcome is outcome for one in found) for outcome in Outcome}
    say()
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    say(f"{said}. {'Nothing was changed (--dry-run).' if dry_run else ''}".rstrip())
    if not dry_run and counts[Outcome.RECOVERED] + counts[Outcome.ADDED]:
        say("Now start the bridge and log in: it finishes what was not finished.")
        say(NOT_KEPT)


def _row(one: Found) -> tuple[object, ...]:
    from cagelab_bridge.cli.ids import short

    return (
        short(one.session_id),
        one.subject,
        one.date,
        f"{one.number:03d}" if one.number else "",
        one.outcome,
        one.transfers or "",
        one.files or "",
        os.path.dirname(one.path) if one.session_id else one.path,
        one.why,
    )
