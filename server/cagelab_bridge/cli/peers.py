"""`peers`: lists, shows, removes, exports or imports the bridges that this one trusts."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cagelab_bridge.cli.options import PORT, json_option
from cagelab_bridge.cli.own_identity import place_options

if TYPE_CHECKING:
    from cagelab_bridge.models import Peer

EPILOG = """\b
Examples:
  cagelab-bridge peers list
  cagelab-bridge peers show pacman-002
  cagelab-bridge peers remove pacman-002
  cagelab-bridge peers export pacman-002 > pacman-002.toml
  cagelab-bridge peers import rig7 rig7.pem --role rig --address 10.0.0.17 --id FPIY-F556-…

Each peer is one file in the folder `peers` of the state folder; a running bridge follows the files, and ends the calls
of a peer whose file is gone. `pair` makes both files by way of ssh; without ssh, export or carry the certificate
(`cagelab-bridge id --cert`) and import it, comparing the device id."""


@click.group("peers", epilog=EPILOG)
def command() -> None:
    """List, show, remove, export or import the bridges that this one trusts."""


@command.command("list")
@place_options
@json_option
def list_them(*, config: Path | None, state: Path | None, as_json: bool) -> None:
    """List them, and name files that are not believed."""
    from cagelab_bridge.cli.output import say, table
    from cagelab_bridge.cli.own_identity import own, settings_of

    found = own(settings_of(config, state)).files.read()
    if as_json:
        bad = [{"file": one.field, "message": one.message, "hint": one.hint} for one in found.findings]
        click.echo(json.dumps({"peers": [_record(peer) for peer in found.peers], "not_believed": bad}, indent=2))
        return
    if found.peers:
        rows = [(peer.name, ", ".join(sorted(peer.roles)), _place(peer), _lent(peer)) for peer in found.peers]
        table(("Name", "Role", "Where", "Lent to it"), rows)
    else:
        say("There are no peers. On the control PC, `cagelab-bridge pair user@rig` makes one.")
    if found.findings:
        table(("Not believed", "Why", "What to do"), [(one.field, one.message, one.hint) for one in found.findings])


@command.command("show")
@click.argument("name")
@place_options
@json_option
def show(*, name: str, config: Path | None, state: Path | None, as_json: bool) -> None:
    """Show one peer and its device id."""
    from cagelab_bridge.cli.output import facts
    from cagelab_bridge.cli.own_identity import own, settings_of

    peer = _named(own(settings_of(config, state)).files.read().peers, name)
    if as_json:
        click.echo(json.dumps(_record(peer), indent=2))
        return
    facts(
        [
            ("Name", peer.name),
            ("Role", ", ".join(sorted(peer.roles))),
            ("Where", _place(peer)),
            ("Device id", _record(peer)["device_id"]),
            ("Lent to it", _lent(peer)),
        ]
    )


@command.command("remove")
@click.argument("name")
@place_options
def remove(*, name: str, config: Path | None, state: Path | None) -> None:
    """Trust a peer no more. A bridge that runs ends its calls within a second."""
    from cagelab_bridge.cli.output import say
    from cagelab_bridge.cli.own_identity import own, settings_of
    from cagelab_bridge.errors import PeerUnknown

    if not own(settings_of(config, state)).files.remove(name):  # also a file that is not believed
        raise PeerUnknown(f"No peer “{name}” is paired.")
    say(f"{name} is trusted no more.")


@command.command("export")
@click.argument("name")
@place_options
def export(*, name: str, config: Path | None, state: Path | None) -> None:
    """Print the file of a peer, for another control PC. It holds no secret."""
    from cagelab_bridge.cli.own_identity import own, settings_of
    from cagelab_bridge.identity.peer_text import peer_text

    click.echo(peer_text(_named(own(settings_of(config, state)).files.read().peers, name)), nl=False)


@command.command("import")
@click.argument("name")
@click.argument("file", type=click.File("rb"))
@click.option("--id", "device", required=True, metavar="ID", help="Its device id, read whole from its own screen.")
@click.option("--role", "roles", type=click.Choice(["control", "rig", "client"]), multiple=True, help="What it may be.")
@click.option("--address", help="Where it is, if this bridge calls it.")
@click.option("--port", type=PORT, help="Its port; default: 7461.")
@click.option("--replace", is_flag=True, help="Even if the peer of that name had another certificate.")
@place_options
def take_in(
    *, name: str, device: str, roles: tuple[str, ...], config: Path | None, state: Path | None, **given: Any
) -> None:
    """Trust the bridge whose certificate, or exported file, is FILE ("-": stdin), under that NAME."""
    from cagelab_bridge.cli.output import say
    from cagelab_bridge.cli.own_identity import own, settings_of
    from cagelab_bridge.cli.taking_in import as_before, check, described, is_exported
    from cagelab_bridge.identity.device_ids import fingerprint_of

    wanted = fingerprint_of(device)
    mine = own(settings_of(config, state), make=True)
    data = given["file"].read(1 << 20)
    peer = described(name, data, mine.identity.fingerprint, roles)
    before = check(mine.files, peer, replace=given["replace"], wanted=wanted)
    if not is_exported(data):
        peer = as_before(peer, before)
    peer = dataclasses.replace(peer, **{key: given[key] for key in ("address", "port") if given[key]})
    mine.files.write(peer)
    say(f"{peer.name} is trusted as {', '.join(sorted(peer.roles))}.")
    if "rig" in peer.roles and not peer.address:
        say("It has no address, so nobody calls it. If it is a rig of this control PC, import it again with --address.")


def _named(peers: tuple[Peer, ...], name: str) -> Peer:
    from cagelab_bridge.errors import PeerUnknown

    for peer in peers:
        if peer.name == name:
            return peer
    raise PeerUnknown(f"No peer “{name}” is paired.")


def _record(peer: Peer) -> dict[str, Any]:
    from cagelab_bridge.identity.device_ids import device_id

    shown = dataclasses.asdict(peer)
    return {**shown, "roles": sorted(peer.roles), "device_id": device_id(peer.fingerprint)}


def _place(peer: Peer) -> str:
    return f"{peer.address}:{peer.port}" if peer.address else ""


def _lent(peer: Peer) -> str:
    if "rig" not in peer.roles:
        return ""
    only = [*peer.lending.subjects, *peer.lending.projects]
    return peer.lending.lend.value + (f", only {', '.join(only)}" if only else "")
