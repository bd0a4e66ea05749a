"""`status`: shows how the bridge is and what needs a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.options import bridge_options

if TYPE_CHECKING:
    from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2

EPILOG = """\b
Examples:
  cagelab-bridge status
  cagelab-bridge status --json | jq .files_waiting"""


@click.command("status", epilog=EPILOG)
@bridge_options
def command(*, as_json: bool, runtime: Path | None) -> None:
    """Show how the bridge is and what needs a person."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import print_json

    with connect(runtime) as client:
        status = client.call(client.bridge.GetStatus, status_pb2.GetStatusRequest())
    if as_json:
        print_json(status)
    else:
        _print(status)


def _print(status: status_pb2.GetStatusResponse) -> None:
    from cagelab_bridge.cli.findings import print_findings
    from cagelab_bridge.cli.output import facts, moment, say, size

    if status.sandbox:
        say("SANDBOX: nothing of this is real.")
    waiting = f"{status.files_waiting} ({size(status.bytes_waiting)})"
    facts(
        [
            ("Bridge", f"{status.version} on {status.host}, process {status.process_id}"),
            ("Running since", moment(status.started_at)),
            ("Role", status.role),
            ("Device id", status.device_id),
            ("Open to peers at", status.lan_address),
            ("Time zone", status.time_zone),
            ("Journal", status.journal),
            ("Sessions open", str(status.sessions_open)),
            ("Sessions pending", str(status.sessions_pending)),
            ("Sessions blocked", str(status.sessions_blocked)),
            ("Files waiting", waiting),
            ("Files blocked", str(status.files_blocked)),
            ("Oldest waits since", moment(status.oldest_waiting_since)),
        ]
    )
    _print_partners(status)
    print_findings(status.notices)


def _print_partners(status: status_pb2.GetStatusResponse) -> None:
    """Alyx accounts and stores."""
    from cagelab_bridge.cli.output import say, table

    say()
    rows = [("Alyx", one.alyx_url, one.username, _account_word(one), one.reason, one.hint) for one in status.accounts]
    rows += [
        ("Store", one.endpoint, _keys_word(one.source), _reach(one.reachable), one.reason, one.hint)
        for one in status.stores
    ]
    if rows:
        table(("", "Where", "Who", "State", "Why", "What to do"), rows)
    if status.role == "rig" and not (status.accounts and status.stores):
        say("What is missing here is lent by a control PC, once a session needs it.")
        return
    if not status.accounts:
        say("No Alyx account. `cagelab-bridge login` logs in.")
    if not status.stores:
        say("No key pair of a store. `cagelab-bridge login --store` hands it over.")


def _keys_word(source: str) -> str:
    if source in ("memory", "keyring", "environment"):
        return f"key pair in {source}"
    return f"key pair ({source})" if source in ("local", "systemd") else f"lent by {source}"


def _account_word(account: status_pb2.Account) -> str:
    login = "logged in" if account.logged_in else "logged out"
    if account.source not in ("", "local"):
        login = f"token lent by {account.source}"
    return login if account.reachable else f"{login}, {_reach(account.reachable)}"


def _reach(reachable: bool) -> str:
    return "reachable" if reachable else "not reached"
