"""`doctor`: looks for everything that could go wrong, most dangerous first."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.options import bridge_options
from cagelab_bridge.cli.own_identity import place_options
from cagelab_bridge.errors import Gravity

if TYPE_CHECKING:
    from cagelab_bridge.cli.doctoring.look import Look
    from cagelab_bridge.cli.doctoring.patient import Patient

EPILOG = """\b
Examples:
  cagelab-bridge doctor
  cagelab-bridge doctor --json | jq '.looks[] | select(.severity != "ok")'

It looks at this computer by itself, and asks the bridge where it runs; without one it says what it could not look at.
No secret is shown, only where one lies. Run it on the control PC and on each rig.

Exit code 0: nothing is wrong (an "info" is good to know, and not wrong); 6: something is."""

DANGER = {Gravity.ERROR: 0, Gravity.WARNING: 1, Gravity.INFO: 2, None: 3}


@click.command("doctor", epilog=EPILOG)
@place_options
@bridge_options
def command(*, as_json: bool, runtime: Path | None, config: Path | None, state: Path | None) -> None:
    """Look for everything that could go wrong, most dangerous first. Changes nothing."""
    from cagelab_bridge.cli.doctoring.patient import patient
    from cagelab_bridge.cli.exits import TROUBLE

    examined = patient(config, state, runtime, os.environ)
    looks = sorted(_looks(examined), key=lambda look: DANGER[look.gravity])
    healthy = all(look.gravity in (None, Gravity.INFO) for look in looks)
    if as_json:
        rows = [
            {"severity": _word(look), "about": look.about, "message": look.message, "hint": look.hint} for look in looks
        ]
        click.echo(json.dumps({"healthy": healthy, "role": examined.role, "looks": rows}, ensure_ascii=False, indent=2))
    else:
        _print(looks, healthy=healthy)
    if not healthy:
        click.get_current_context().exit(TROUBLE)


def _looks(examined: Patient) -> Iterator[Look]:
    """Everything, in order of danger: what loses data, what lets strangers in or secrets out, what does not work."""
    for group in _groups(examined):
        yield from group(examined)


def _groups(examined: Patient) -> Iterator[Callable[[Patient], Iterator[Look]]]:
    """A sandbox has no secrets, keyring or peers of this computer."""
    from cagelab_bridge.cli.doctoring import (
        bridge,
        environment,
        keyrings,
        leftovers,
        matlab,
        network,
        own_files,
        servers,
        service,
        tools,
        work,
    )

    real = not examined.is_sandbox
    yield from (bridge.look, work.journal, work.waiting)
    if real:
        yield from (bridge.others, own_files.who, own_files.folders, bridge.doors, own_files.settings)
        yield from (keyrings.look, environment.look, leftovers.plain)
        yield from (network.lan_door, own_files.peers, network.rigs, network.plain_http, bridge.memory)
    yield from (servers.stores, servers.repositories, servers.accounts, servers.clocks, servers.lent)
    if real:
        yield from (keyrings.sources, leftovers.old_data, matlab.look, service.look)
    yield from (work.notices, bridge.zone, tools.rclone)


def _word(look: Look) -> str:
    return look.gravity.value if look.gravity else "ok"


def _print(looks: list[Look], *, healthy: bool) -> None:
    from cagelab_bridge.cli.output import say, table

    table(("", "About", "What", "What to do"), [(_word(look), look.about, look.message, look.hint) for look in looks])
    say("Nothing is wrong." if healthy else "Something is wrong: begin with the first line.")
