"""`pair-answer`: the rig's side of `pair`, started there by ssh. Reads the control PC's lines, answers with its own."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.own_identity import place_options

if TYPE_CHECKING:
    from cagelab_bridge.cli.own_identity import Own


@click.command("pair-answer", hidden=True)
@place_options
def command(*, config: Path | None, state: Path | None) -> None:
    """Answer the `pair` of a control PC, on stdin and stdout."""
    from cagelab_bridge.cli.pairing.answering import Answering
    from cagelab_bridge.cli.pairing.asking import plain_name

    answering = Answering(sys.stdin.buffer, sys.stdout.buffer)
    peer = answering.pair(lambda init: _own(config, state, init=init), _place, plain_name(socket.gethostname()))
    click.echo(f"{peer.name} is trusted as {', '.join(sorted(peer.roles))}.", err=True)


def _own(config: Path | None, state: Path | None, *, init: bool) -> Own:
    """This bridge, which must be a rig. `init`: it becomes one if nobody has said yet what it is."""
    from cagelab_bridge.cli.bridge_role import give_role, role_in, settings_file
    from cagelab_bridge.cli.own_identity import own, settings_of
    from cagelab_bridge.errors import WrongState

    path = settings_file(config, os.environ)
    if init and not role_in(path) and "CAGELAB_BRIDGE_BRIDGE_ROLE" not in os.environ:
        give_role(path, "rig", change=False)
    settings = settings_of(config, state)
    if settings.bridge_role != "rig":
        raise WrongState(
            f"This bridge is a {settings.bridge_role}, not a rig.",
            about="role",
            hint="Run `cagelab-bridge init --role rig` there, or pair with --init.",
        )
    return own(settings, make=True)


def _place(mine: Own) -> tuple[int, bool]:
    """The port of the LAN door, and whether it is open."""
    from cagelab_bridge import endpoint
    from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.failure import CallFailed
    from cagelab_bridge.errors import BridgeError
    from cagelab_bridge.identity.peer_text import DEFAULT_PORT

    folder = mine.settings.runtime_folder
    try:
        endpoint.find([Path(folder)] if folder else None)
        with connect(Path(folder) if folder else None) as client:
            status = client.call(client.bridge.GetStatus, status_pb2.GetStatusRequest(), 5.0)
    except (BridgeError, CallFailed):  # it does not run, which is no obstacle
        return mine.settings.server_lan_port or DEFAULT_PORT, False
    port = status.lan_address.rpartition(":")[2]
    ours = status.device_id == mine.identity.device_id
    return (int(port), True) if port and ours else (mine.settings.server_lan_port or DEFAULT_PORT, False)
