"""`doctor`: looks for everything that could go wrong, most dangerous first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.options import bridge_options
from cagelab_bridge.errors import BridgeError, Gravity

if TYPE_CHECKING:
    from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2
    from cagelab_bridge.cli.checkup import Look
    from cagelab_bridge.cli.failure import CallFailed

EPILOG = """\b
Examples:
  cagelab-bridge doctor
  cagelab-bridge doctor --json | jq '.looks[] | select(.severity != "ok")'

Exit code 0: nothing is wrong (an "info" is good to know, and not wrong); 6: something is."""

DANGER = {Gravity.ERROR: 0, Gravity.WARNING: 1, Gravity.INFO: 2, None: 3}


@click.command("doctor", epilog=EPILOG)
@bridge_options
def command(*, as_json: bool, runtime: Path | None) -> None:
    """Look for everything that could go wrong, most dangerous first. Changes nothing."""
    from cagelab_bridge.cli.exits import TROUBLE

    looks = sorted(_looks(runtime), key=lambda look: DANGER[look.gravity])
    healthy = all(look.gravity in (None, Gravity.INFO) for look in looks)
    if as_json:
        rows = [
            {"severity": _word(look), "about": look.about, "message": look.message, "hint": look.hint} for look in looks
        ]
        click.echo(json.dumps({"healthy": healthy, "looks": rows}, ensure_ascii=False, indent=2))
    else:
        _print(looks, healthy=healthy)
    if not healthy:
        click.get_current_context().exit(TROUBLE)


def _looks(runtime: Path | None) -> Iterator[Look]:
    """Everything, in order of danger: what loses data first, what is merely awkward last."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2
    from cagelab_bridge.cli import checkup
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.failure import CallFailed

    sandbox = False
    try:
        with connect(runtime) as client:
            status = client.call(client.bridge.GetStatus, status_pb2.GetStatusRequest())
            asked = list(checkup.ask(client, status))
    except (BridgeError, CallFailed) as error:
        yield _no_bridge(error)
    else:
        sandbox = status.sandbox
        yield from _at_the_bridge(status, asked)
    if not sandbox:  # which never touches it
        yield from checkup.keyring()
    yield from checkup.rclone()


def _at_the_bridge(status: status_pb2.GetStatusResponse, asked: list[Look]) -> Iterator[Look]:
    from cagelab_bridge.cli import checkup

    kind = ", on the SANDBOX" if status.sandbox else ""
    yield checkup.Look(about="bridge", message=f"The bridge {status.version} runs{kind}.")
    for look in (checkup.journal, checkup.waiting, checkup.stores):
        yield from look(status)
    yield from asked
    for look in (checkup.accounts, checkup.clock, checkup.notices):
        yield from look(status)
    # `endpoint.read` refuses a file that others could have read; having come here says that it is ours alone.
    yield checkup.Look(about="token", message="Only this account can read the access token.")
    yield from checkup.zone(status)


def _no_bridge(error: BridgeError | CallFailed) -> Look:
    from cagelab_bridge.cli.checkup import Look
    from cagelab_bridge.cli.failure import failure_of

    failure = failure_of(error)
    return Look(about="bridge", message=failure.message, hint=failure.hint, gravity=Gravity.ERROR)


def _word(look: Look) -> str:
    return look.gravity.value if look.gravity else "ok"


def _print(looks: list[Look], *, healthy: bool) -> None:
    from cagelab_bridge.cli.output import say, table

    table(("", "About", "What", "What to do"), [(_word(look), look.about, look.message, look.hint) for look in looks])
    say("Nothing is wrong." if healthy else "Something is wrong: begin with the first line.")
