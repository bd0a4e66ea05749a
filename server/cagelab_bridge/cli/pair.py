"""`pair`: pairs this control PC with rigs, by way of ssh."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cagelab_bridge.cli.options import PORT, json_option
from cagelab_bridge.cli.own_identity import place_options

if TYPE_CHECKING:
    from cagelab_bridge.cli.own_identity import Own
    from cagelab_bridge.cli.pairing.asking import Paired, Wish
    from cagelab_bridge.errors import BridgeError

AT_ONCE = 8  # rigs that are asked at the same time

EPILOG = """\b
Examples:
  cagelab-bridge pair lab@rig7
  cagelab-bridge pair lab@192.168.3.22 --name pacman-002
  cagelab-bridge pair lab@rig7 --replace
  cagelab-bridge pair --inventory hosts.ini --group rigs

It needs an ssh login to the account that runs the rig's bridge, and a host key that ssh knows already. Both sides get
a file in `peers`; what is exchanged is public. If the rig's bridge runs, it is called at once over mutual TLS; if that
fails, nothing is kept on either side.

With --inventory, every host of an ansible inventory (INI or YAML) is paired, one line each; one that fails stops no
other."""


@click.command("pair", epilog=EPILOG)
@click.argument("target", default="", metavar="USER@RIG")
@click.option("--name", default="", help="What to call the rig; default: its name.")
@click.option("--address", default="", help="Where to call it; default: what ssh dials.")
@click.option("--port", type=PORT, default=0, help="Its port; default: as the rig says.")
@click.option("--ssh-port", type=PORT, default=0, help="Port of its ssh; default: as in ssh's settings.")
@click.option("--remote-command", default="cagelab-bridge", show_default=True, help="What cagelab-bridge is there.")
@click.option("--my-name", default="", help="What the rig shall call this computer; default: its name.")
@click.option("--replace", is_flag=True, help="Even if it had another certificate so far.")
@click.option("--init", "init_there", is_flag=True, help="Make it a rig first, if nobody has said yet what it is.")
@click.option(
    "--inventory", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Pair all hosts of this file."
)
@click.option("--group", default="all", show_default=True, help="Of the inventory.")
@place_options
@json_option
def command(*, target: str, inventory: Path | None, group: str, as_json: bool, **given: Any) -> None:
    """Pair this control PC with rigs, by way of ssh."""
    import socket

    from cagelab_bridge.cli.exits import TROUBLE
    from cagelab_bridge.cli.pairing.asking import plain_name

    if bool(target) == (inventory is not None):
        raise click.UsageError("Name one rig (user@rig), or --inventory with many.")
    own = _control(given["config"], given["state"])
    my_name = given["my_name"] or plain_name(socket.gethostname())
    if inventory is None:
        paired = asyncio.run(_pair(own, _wish(target, given), my_name))
        click.echo(json.dumps(_record(paired), indent=2) if as_json else _sentence(paired))
    elif not asyncio.run(_pair_all(own, _wishes(inventory, group, given), my_name, as_json=as_json)):
        click.get_current_context().exit(TROUBLE)


def _control(config: Path | None, state: Path | None) -> Own:
    from cagelab_bridge.cli.own_identity import own, settings_of
    from cagelab_bridge.errors import WrongState

    settings = settings_of(config, state)
    if settings.bridge_role != "control":
        raise WrongState(
            f"This bridge is a {settings.bridge_role}; pairing starts at the control PC.",
            about="role",
            hint="If this is the control PC: `cagelab-bridge init --role control`.",
        )
    return own(settings, make=True)


def _wish(target: str, given: dict[str, Any], **more: Any) -> Wish:
    from cagelab_bridge.cli.pairing.asking import Wish
    from cagelab_bridge.cli.pairing.ssh import Target

    ssh_port = more.pop("ssh_port", 0) or given["ssh_port"]
    values = {key: given[key] for key in ("name", "address", "port", "replace")} | more
    where = Target(text=target, port=ssh_port, command=given["remote_command"])
    return Wish(target=where, init=given["init_there"], **values)


def _wishes(inventory: Path, group: str, given: dict[str, Any]) -> list[tuple[str, Wish | BridgeError]]:
    """Every host by its name, with what to do or why it cannot be."""
    from cagelab_bridge.cli.pairing.inventory import hosts_of
    from cagelab_bridge.errors import BridgeError

    wishes: list[tuple[str, Wish | BridgeError]] = []
    for host in hosts_of(inventory, group):
        target = f"{host.user}@{host.address}" if host.user else host.address
        try:
            wishes.append((host.name, _wish(target, given, name=host.name, ssh_port=host.port)))
        except BridgeError as problem:
            wishes.append((host.name, problem))
    return wishes


async def _pair(own: Own, wish: Wish, my_name: str) -> Paired:
    from cagelab_bridge.cli.pairing.asking import pair

    return await pair(own, wish, my_name)


async def _pair_all(own: Own, wishes: list[tuple[str, Wish | BridgeError]], my_name: str, *, as_json: bool) -> bool:
    """True when all went well."""
    from cagelab_bridge.cli.output import say
    from cagelab_bridge.errors import BridgeError

    hands = asyncio.Semaphore(AT_ONCE)

    async def one(name: str, wish: Wish | BridgeError) -> bool:
        async with hands:
            try:
                if isinstance(wish, BridgeError):
                    raise wish
                paired = await _pair(own, wish, my_name)
            except BridgeError as problem:
                record = {"name": name, "error": problem.message, "reason": problem.reason, "hint": problem.hint}
                say(json.dumps(record) if as_json else f"{name}: {problem.message} {problem.hint}")
                return False
            click.echo(json.dumps(_record(paired)) if as_json else _sentence(paired))
            return True

    return all(await asyncio.gather(*(one(name, wish) for name, wish in wishes)))


def _record(paired: Paired) -> dict[str, Any]:
    from cagelab_bridge.identity.device_ids import device_id

    peer = paired.peer
    place = {"address": peer.address, "port": peer.port, "device_id": device_id(peer.fingerprint)}
    return {"name": peer.name, **place, "verified": paired.verified}


def _sentence(paired: Paired) -> str:
    shown = _record(paired)
    proof = "called over mutual TLS" if paired.verified else "not called yet: start the bridge there, anew if it runs"
    return f"{shown['name']}: paired, {shown['address']}:{shown['port']}, {proof}. Device id {shown['device_id']}"
