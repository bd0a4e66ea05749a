"""`init`: makes this bridge a control PC, a rig or a workstation."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from cagelab_bridge.cli.options import json_option
from cagelab_bridge.cli.own_identity import place_options

ROLES = click.Choice(["control", "rig", "workstation"])

EPILOG = """\b
Examples:
  cagelab-bridge init --role control
  cagelab-bridge init --role rig
  cagelab-bridge init --role rig --change-role

It writes the role into bridge.toml, makes the identity of this bridge (a key that never leaves this computer, and a
certificate) and shows the device id. Run again, it changes nothing. A bridge that runs takes a new role when it is
started anew."""


@click.command("init", epilog=EPILOG)
@click.option("--role", type=ROLES, help="What this computer is in the lab; default: as it is.")
@click.option("--change-role", is_flag=True, help="Even if it was something else so far.")
@click.option("--same-computer", is_flag=True, help="This is no copied disk, but the same computer with new hardware.")
@place_options
@json_option
def command(
    *, role: str | None, change_role: bool, same_computer: bool, config: Path | None, state: Path | None, as_json: bool
) -> None:
    """Make this bridge a control PC, a rig or a workstation."""
    from cagelab_bridge.cli.bridge_role import give_role, settings_file
    from cagelab_bridge.cli.output import facts, say
    from cagelab_bridge.cli.own_identity import own, present_stamp, settings_of
    from cagelab_bridge.identity import identity

    path = settings_file(config, os.environ)
    changed = bool(role) and give_role(path, role or "", change=change_role)
    settings = settings_of(path if path.is_file() else None, state)
    left = identity.take_back(Path(settings.state_folder), present_stamp()) if same_computer else []
    mine = own(settings, make=True)
    if as_json:
        shown = {"role": settings.bridge_role, "device_id": mine.identity.device_id, "changed": changed}
        click.echo(json.dumps({**shown, "settings": str(path), "state": str(mine.state)}, indent=2))
        return
    facts(
        [
            ("Role", settings.bridge_role),
            ("Device id", mine.identity.device_id),
            ("Settings", str(path) if path.is_file() else ""),
            ("State", str(mine.state)),
        ]
    )
    for folder in left:
        say(f"What this bridge was meanwhile lies in {folder}. `cagelab-bridge recover` brings its sessions back.")
    say(_next(settings.bridge_role))


def _next(role: str) -> str:
    return {
        "control": "Next: `cagelab-bridge pair user@rig` for each rig.",
        "rig": "Next: start the bridge here, and pair it from the control PC.",
    }.get(role, "")
