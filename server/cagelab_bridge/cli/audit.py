"""`audit`: compares disk, Alyx and store, and mends what it may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cagelab_bridge.cli.options import account_options, bridge_options, chosen_sessions

EPILOG = """\b
Examples:
  cagelab-bridge audit --subject TestSubject
  cagelab-bridge audit --lab CogLab --from 2026-01-01 --to 2026-01-31 --report january.jsonl
  cagelab-bridge audit --subject TestSubject --repair
  cagelab-bridge audit 7c1e2f… --deep
  cagelab-bridge audit --lab CogLab --json | jq '.sessions[].findings[] | select(.severity == "SEVERITY_ERROR")'

It compares, session by session, the files on this computer, what Alyx says and what the store holds. Run it on the
computer that recorded the sessions: only there the files on disk are known, and delivered again where they are missing.
Then it looks for objects in the store, of that lab, subject and days, that belong to no session; not for one SESSION.

--repair mends what is certain, and asks about what decides something; without a terminal, and with --json, only what
is certain (--yes agrees to all). Each thing is looked at again before it is written. --deep reads every object whole.

It can be stopped at any time. With --report each session is one line of JSON in that file, written when it is done;
the same command with the same file goes on where it was stopped.

Exit code 0: nothing wrong, or all mended; 6: something is left."""

TITLES = ("", "Session", "What", "Finding", "What to do")


@click.command("audit", epilog=EPILOG)
@chosen_sessions
@click.option("--repair", is_flag=True, help="Mend what is certain; ask about the rest.")
@click.option("--yes", is_flag=True, help="With --repair: agree to everything that is asked.")
@click.option("--deep", is_flag=True, help="Read every object: compare its content, search it for secrets.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="File that keeps what was found, to go on later."
)
@account_options
@bridge_options
def command(*, as_json: bool, runtime: Path | None, **options: Any) -> None:
    """Compare disk, Alyx and store: the session SESSION, or all that fit the options."""
    from cagelab_bridge.cli.auditing.rounds import Rounds, Wanted
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.exits import TROUBLE

    wanted = Wanted(**options, asking=not as_json)
    if wanted.yes and not wanted.repair:
        raise click.UsageError("--yes belongs to --repair.")
    with connect(runtime) as client:
        rounds = Rounds(client, wanted)
        try:
            rounds.run()
        finally:
            _print(rounds, as_json=as_json)
    if rounds.left:
        click.get_current_context().exit(TROUBLE)


def _print(rounds: Any, *, as_json: bool) -> None:
    """Also what was found before it was stopped."""
    import json

    from cagelab_bridge.cli.auditing.report import row
    from cagelab_bridge.cli.output import say, table

    if as_json:
        store = rounds.store["findings"] if rounds.store else []
        document = {"sessions": rounds.told, "store": store, "left": rounds.left}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    told = [*rounds.told, *([rounds.store] if rounds.store else [])]
    rows = [row(one, finding) for one in told for finding in one["findings"]]
    if rows:
        table(TITLES, rows)
        say()
    say(rounds.summary())
